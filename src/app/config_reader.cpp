#include "app/config_reader.hpp"

#include "app/env_expansion.hpp"
#include "taskgate/core/json_guard.hpp"
#include "taskgate/core/suggest.hpp"
#include "taskgate/observe/redact.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace taskgate::app {
namespace {

using nlohmann::json;

constexpr std::size_t kLargestFile = 1U << 20;
constexpr std::string_view kVariablePrefix = "TASKGATE_";

// The names that may stand directly under `path` in a table.
template <class Owner>
std::vector<std::string_view> children_of(std::span<const Setting<Owner>> settings,
                                          std::string_view path) {
  std::vector<std::string_view> names;
  const std::string prefix = path.empty() ? "" : std::string(path) + "/";
  for (const auto& setting : settings) {
    if (!setting.path.starts_with(prefix)) continue;
    std::string_view name = setting.path.substr(prefix.size());
    name = name.substr(0, name.find('/'));
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return names;
}

// The same of the whole document, with the sections that are tables of named things.
std::vector<std::string_view> config_children(std::string_view path) {
  auto names = children_of(config_settings(), path);
  if (path.empty()) {
    names.insert(names.end(), {"providers", "tools", "mcp_servers", "prices", "$schema"});
  }
  return names;
}

template <class Owner>
const Setting<Owner>* find_setting(std::span<const Setting<Owner>> settings,
                                   std::string_view path) {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&](const auto& setting) { return setting.path == path; });
  return found == settings.end() ? nullptr : &*found;
}

std::vector<std::string_view> provider_keys() {
  std::vector<std::string_view> names;
  for (const auto& setting : provider_settings()) names.push_back(setting.path);
  return names;
}

std::string known_names(const std::vector<std::string_view>& names) {
  std::string list = "known here:";
  for (const auto name : names) {
    if (name != "$schema") list.append(list.back() == ':' ? " " : ", ").append(name);
  }
  return list;
}

// The prefix of a model's name, "openai/gpt-…": letters that need no escaping anywhere.
bool is_provider_name(std::string_view name) {
  if (name.empty() || name.size() > 32 || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string_view last_step(std::string_view pointer) {
  const auto slash = pointer.rfind('/');
  return slash == std::string_view::npos ? pointer : pointer.substr(slash + 1);
}

// A value that is nothing but `${NAME}` or `${NAME:-}` gives no secret away.
bool is_bare_reference(std::string_view raw) {
  if (!raw.starts_with("\"${") || !raw.ends_with("}\"")) return false;
  const std::string_view inside = raw.substr(3, raw.size() - 5);
  const std::string_view name =
      inside.ends_with(":-") ? inside.substr(0, inside.size() - 2) : inside;
  return name.find_first_of(":}$") == std::string_view::npos;
}

}  // namespace

void ConfigReader::read_file(const std::string& name) {
  file_ = name;
  std::ifstream file(name, std::ios::binary);
  text_.assign(std::istreambuf_iterator<char>(file), {});
  ConfigProblem problem;
  problem.source = name;
  if (!file.is_open() || file.bad()) {
    problem.message = std::string("cannot be read: ") + std::strerror(errno);
  } else if (const auto fault = guard_json(text_, JsonLimits{kLargestFile, kLargestFile})) {
    problem.message = to_string(*fault);
  } else {
    read_text();
    return;
  }
  loaded_.problems.push_back(std::move(problem));
}

void ConfigReader::read_text() {
  document_ = parse_json_document(text_);
  for (const auto& fault : document_.faults)
    complain_at(fault.span, fault.pointer, fault.message, fault.hint);
  if (!document_.complete) return;
  if (!document_.root.is_object()) {
    complain_at(document_.values[""], "", "expected an object of settings", "");
    return;
  }
  expand_texts(document_.root, "");
  read_section(document_.root, "", "");
}

void ConfigReader::expand_texts(json& value, const std::string& pointer) {
  if (value.is_object()) {
    for (auto& [key, child] : value.items()) expand_texts(child, pointer_child(pointer, key));
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      expand_texts(value[i], pointer_child(pointer, std::to_string(i)));
  } else if (value.is_string()) {
    auto expansion = expand_environment(value.get_ref<const std::string&>(), sources_.environment);
    if (expansion.fault.empty()) {
      value = std::move(expansion.text);
    } else {
      complain(pointer, expansion.fault, expansion.hint);
    }
  }
}

void ConfigReader::read_section(const json& object,
                                const std::string& pointer,
                                const std::string& path) {
  const auto known = config_children(path);
  for (const auto& [key, value] : object.items()) {
    const std::string child = pointer_child(pointer, key);
    std::string child_path = path;
    if (!path.empty()) child_path += '/';
    child_path += key;
    if (path.empty() && key == "$schema") continue;
    if (path.empty() && key == "providers") {
      read_providers(value);
    } else if (path.empty() && (key == "tools" || key == "mcp_servers" || key == "prices")) {
      read_named(key, value);
    } else if (const auto* setting = find_setting(config_settings(), child_path)) {
      put(loaded_.config, *setting, value, child, "");
    } else if (std::find(known.begin(), known.end(), key) == known.end()) {
      complain_at(document_.keys[child], pointer,
                  "unknown key \"" + key + "\"" + did_you_mean(key, known), known_names(known));
    } else if (value.is_object()) {
      read_section(value, child, child_path);
    } else {
      complain_at(document_.values[child], child,
                  std::string("expected object, got ") + value.type_name(),
                  known_names(config_children(child_path)));
    }
  }
}

void ConfigReader::read_providers(const json& value) {
  if (!value.is_object()) {
    complain_at(document_.values["/providers"], "/providers",
                std::string("expected object, got ") + value.type_name(), "name to settings");
    return;
  }
  for (const auto& [name, object] : value.items()) {
    const std::string pointer = pointer_child("/providers", name);
    if (!is_provider_name(name)) {
      complain_at(document_.keys[pointer], pointer, "a provider cannot have this name",
                  "1 to 32 of a-z, 0-9, - and _, beginning with a letter");
    } else if (name == "sim") {
      complain_at(document_.keys[pointer], pointer, "\"sim\" is the built-in simulator's name",
                  "choose another");
      continue;
    }
    // Read all the same: its name must not hide what else is wrong with it.
    if (!object.is_object()) {
      complain_at(document_.values[pointer], pointer,
                  std::string("expected object, got ") + object.type_name(),
                  known_names(provider_keys()));
    } else {
      read_provider(name, object, pointer);
    }
  }
}

void ConfigReader::read_provider(const std::string& name,
                                 const json& object,
                                 const std::string& pointer) {
  read_settings(loaded_.config.providers[name], provider_settings(), object, Place{pointer, ""});
}

template <class Owner>
void ConfigReader::read_settings(Owner& owner,
                                 std::span<const Setting<Owner>> settings,
                                 const json& object,
                                 const Place& place) {
  const auto known = children_of(settings, place.path);
  for (const auto& [key, value] : object.items()) {
    const Place child{pointer_child(place.pointer, key),
                      place.path.empty() ? key : place.path + "/" + key};
    if (const auto* setting = find_setting(settings, child.path)) {
      put(owner, *setting, value, child.pointer, "");
    } else if (child.path == place.except) {
      continue;
    } else if (std::find(known.begin(), known.end(), key) == known.end()) {
      complain_at(document_.keys[child.pointer], place.pointer,
                  "unknown key \"" + key + "\"" + did_you_mean(key, known), known_names(known));
    } else if (value.is_object()) {
      read_settings(owner, settings, value, child);
    } else {
      complain_at(document_.values[child.pointer], child.pointer,
                  std::string("expected object, got ") + value.type_name(),
                  known_names(children_of(settings, child.path)));
    }
  }
}
template void ConfigReader::read_settings(ToolConfig&,
                                          std::span<const Setting<ToolConfig>>,
                                          const json&,
                                          const Place&);
template void ConfigReader::read_settings(McpServerConfig&,
                                          std::span<const Setting<McpServerConfig>>,
                                          const json&,
                                          const Place&);
template void ConfigReader::read_settings(PriceConfig&,
                                          std::span<const Setting<PriceConfig>>,
                                          const json&,
                                          const Place&);

template <class Owner>
void ConfigReader::put(Owner& owner,
                       const Setting<Owner>& setting,
                       const json& value,
                       const std::string& pointer,
                       const std::string& origin) {
  const auto complaint = assign(owner, setting, value);
  if (origin.empty()) {
    const auto place = locate(text_, document_.values[pointer].begin);
    loaded_.origins[pointer] = file_ + ":" + std::to_string(place.line);
  } else {
    loaded_.origins[pointer] = origin;
  }
  if (!complaint) return;
  const std::string part = pointer + complaint->below;
  const bool is_in_file = origin.empty() && document_.values.contains(part);
  complain(is_in_file ? part : pointer, complaint->message, complaint->hint);
  spoilt_.insert(pointer);
}

void ConfigReader::read_environment() {
  for (const auto& [name, text] : sources_.environment) {
    if (name.starts_with(kVariablePrefix)) read_variable(name, text);
  }
}

void ConfigReader::read_variable(const std::string& name, const std::string& text) {
  const std::string origin = "environment " + name;
  std::vector<std::string> names;
  for (const auto& setting : config_settings()) {
    names.push_back(environment_name(setting.path));
    if (names.back() == name && set_by_path(std::string(setting.path), text, origin)) return;
  }
  // Without `__` it may belong to something else (TASKGATE_URL, TASKGATE_KEY): not ours to judge.
  if (name.find("__") == std::string::npos) return;
  constexpr std::string_view kProviders = "TASKGATE_PROVIDERS__";
  if (name.starts_with(kProviders)) {
    std::string path = "providers/";
    for (const char c : name.substr(kProviders.size()))
      path += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const auto divider = path.find("__");
    if (divider != std::string::npos) path.replace(divider, 2, "/");
    if (set_by_path(path, text, origin)) return;
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  ConfigProblem problem;
  problem.source = origin;
  problem.message = "no setting has this name" + did_you_mean(name, views);
  loaded_.problems.push_back(std::move(problem));
}

void ConfigReader::read_flags() {
  for (const auto& flag : sources_.flags)
    (void)set_by_path(flag.pointer.substr(1), flag.text,
                      "flag " + flag.flag);  // the CLI knows them
}

bool ConfigReader::set_by_path(const std::string& path,
                               const std::string& text,
                               const std::string& origin) {
  if (const auto* setting = find_setting(config_settings(), path)) {
    put(loaded_.config, *setting, from_text(*setting, text), "/" + path, origin);
    return true;
  }
  constexpr std::string_view kProviders = "providers/";
  if (!path.starts_with(kProviders)) return false;
  const auto divider = path.find('/', kProviders.size());
  if (divider == std::string::npos) return false;
  const std::string name = path.substr(kProviders.size(), divider - kProviders.size());
  const auto* setting =
      find_setting(provider_settings(), std::string_view(path).substr(divider + 1));
  if (setting == nullptr || !is_provider_name(name) || name == "sim") return false;
  put(loaded_.config.providers[name], *setting, from_text(*setting, text), "/" + path, origin);
  return true;
}

void ConfigReader::complain(const std::string& pointer,
                            std::string message,
                            std::string hint,
                            Severity severity) {
  // One value, one complaint: the first is the cause of those that would follow.
  if (severity == Severity::error && !spoilt_.insert(pointer).second) return;
  const auto origin = loaded_.origins.find(pointer);
  const bool elsewhere =
      origin != loaded_.origins.end() && !origin->second.starts_with(file_ + ":");
  const auto value = document_.values.find(pointer);
  if (!elsewhere && !file_.empty() && value != document_.values.end()) {
    complain_at(value->second, pointer, std::move(message), std::move(hint), severity);
    return;
  }
  ConfigProblem problem;
  problem.severity = severity;
  problem.source = origin == loaded_.origins.end() ? "defaults" : origin->second;
  problem.pointer = pointer;
  problem.message = std::move(message);
  problem.hint = std::move(hint);
  loaded_.problems.push_back(std::move(problem));
}

void ConfigReader::complain_within(const std::string& pointer,
                                   const std::string& below,
                                   std::string message) {
  const bool is_known = document_.values.contains(pointer + below);
  complain(is_known ? pointer + below : pointer, std::move(message), "");
}

void ConfigReader::complain_at(Span span,
                               const std::string& pointer,
                               std::string message,
                               std::string hint,
                               Severity severity) {
  const auto place = locate(text_, span.begin);
  const std::size_t line_end = place.line_begin + place.line_text.size();
  const std::size_t end = std::clamp(span.end, span.begin, std::max(span.begin, line_end));
  ConfigProblem problem;
  problem.severity = severity;
  problem.source = file_;
  problem.line = place.line;
  problem.column = place.column;
  problem.pointer = pointer;
  problem.message = std::move(message);
  problem.hint = std::move(hint);
  problem.source_line = masked_line(place);
  problem.length = std::max<std::size_t>(
      1, count_characters(std::string_view(text_).substr(span.begin, end - span.begin)));
  loaded_.problems.push_back(std::move(problem));
}

// The line with the values of secrets as asterisks, as many as there were characters, so that the
// caret below still points right. What looks like a credential elsewhere is blotted out after that.
std::string ConfigReader::masked_line(const LineColumn& place) const {
  constexpr char kHidden = '\x01';
  std::string line(place.line_text);
  const std::size_t line_end = place.line_begin + line.size();
  for (const auto& [pointer, span] : document_.values) {
    const bool has_headers = pointer.starts_with("/providers/") || pointer.starts_with("/tools/") ||
                             pointer.starts_with("/mcp_servers/");
    const bool is_header = has_headers && pointer.find("/headers/") != std::string::npos;
    const auto* setting =
        find_setting(config_settings(), std::string_view(pointer).substr(pointer.empty() ? 0 : 1));
    const bool is_secret = setting != nullptr && setting->secret;
    if (!is_header && !is_secret && !log::is_secret_name(last_step(pointer))) continue;
    if (is_bare_reference(std::string_view(text_).substr(span.begin, span.end - span.begin)))
      continue;
    const std::size_t end = std::min(span.end, line_end);
    for (std::size_t i = std::max(span.begin, place.line_begin); i < end; ++i) {
      const bool continues = (static_cast<unsigned char>(text_[i]) & 0xC0) == 0x80;
      line[i - place.line_begin] = continues ? kHidden : '*';
    }
  }
  std::erase(line, kHidden);
  return log::redact(line);
}

}  // namespace taskgate::app
