#include "checks/drift_casts.hpp"

#include "taskgate/checks/json_scanner.hpp"
#include "taskgate/core/json_guard.hpp"

#include <cmath>
#include <cstdint>
#include <set>
#include <utility>

namespace taskgate::checks {
namespace {

using Json = nlohmann::json;

// What the schemas at a place say about the type and the values.
struct Accepted {
  std::set<std::string> types;
  std::vector<const Json*> values;  // of enum and const

  bool any_type() const { return types.empty(); }
  bool takes(const char* type) const { return types.empty() || types.count(type) != 0; }
  bool wants(const char* type) const { return types.count(type) != 0; }
};

void add_types(const Json& type, Accepted& accepted) {
  if (type.is_string()) accepted.types.insert(type.get_ref<const std::string&>());
  if (!type.is_array()) return;
  for (const auto& one : type) {
    if (one.is_string()) accepted.types.insert(one.get_ref<const std::string&>());
  }
}

Accepted accepted_at(const CompiledSchema& schema, std::string_view path) {
  constexpr std::size_t kMaxValues = 1'000;
  Accepted accepted;
  for (const auto& applied : schema.schemas_at(path)) {
    if (!applied.schema->is_object()) continue;
    if (const auto type = applied.schema->find("type"); type != applied.schema->end())
      add_types(*type, accepted);
    if (const auto value = applied.schema->find("const"); value != applied.schema->end())
      accepted.values.push_back(&*value);
    const auto list = applied.schema->find("enum");
    if (list == applied.schema->end() || !list->is_array()) continue;
    for (const auto& value : *list) {
      if (accepted.values.size() < kMaxValues) accepted.values.push_back(&value);
    }
  }
  if (accepted.types.empty()) {
    for (const auto* value : accepted.values)
      accepted.types.insert(value->is_number_integer() ? "integer" : value->type_name());
  }
  return accepted;
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// JSON text that stands for one value; nullopt when it is not JSON that can be held exactly.
std::optional<Json> parsed_exactly(std::string_view text) {
  JsonScanner scanner;
  if (scan_json(text, scanner) != ScanState::complete) return std::nullopt;
  if (guard_json(text, {text.size(), 100})) return std::nullopt;
  auto value = Json::parse(text, nullptr, false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

// "12" → 12. Only JSON's own spelling: no signs, separators or leading zeros, which may be part of
// an identifier; not more digits than a double holds.
std::optional<Cast> number_of(const std::string& text, const Accepted& accepted) {
  constexpr std::size_t kMaxDigits = 15;
  if (!accepted.wants("number") && !accepted.wants("integer")) return std::nullopt;
  if (text.empty() || text.size() > kMaxDigits) return std::nullopt;
  if (text.front() != '-' && (text.front() < '0' || text.front() > '9')) return std::nullopt;
  auto value = parsed_exactly(text);
  if (!value || !value->is_number() || text.back() == ' ') return std::nullopt;
  if (!accepted.wants("number") && !value->is_number_integer()) return std::nullopt;
  return Cast{*std::move(value), "a number written as a string", 0.98};
}

std::optional<Cast> enum_of(const std::string& text, const Accepted& accepted) {
  const Json* same_letters = nullptr;
  const Json* same_name = nullptr;
  int letters = 0;
  int names = 0;
  const auto lowered = lower_ascii(text);
  const auto bare = bare_name(text);
  for (const auto* value : accepted.values) {
    if (!value->is_string()) continue;
    const auto& candidate = value->get_ref<const std::string&>();
    if (candidate == text) return std::nullopt;
    if (lower_ascii(candidate) == lowered) same_letters = value, ++letters;
    if (!bare.empty() && bare_name(candidate) == bare) same_name = value, ++names;
  }
  if (letters == 1) return Cast{*same_letters, "a value in other letters", 0.97};
  if (names == 1) return Cast{*same_name, "a value in another spelling", 0.94};
  return std::nullopt;
}

// A list of one where the schema wants a list. A text with separators may be a list of several.
std::optional<Cast> wrapped(const Json& value, const Accepted& accepted) {
  if (!accepted.wants("array") || value.is_null()) return std::nullopt;
  const bool several = value.is_string() && value.get_ref<const std::string&>().find_first_of(
                                                ",;|\n") != std::string::npos;
  auto list = Json::array();
  list.push_back(value);
  return Cast{std::move(list), "one value where a list belongs", several ? 0.6 : 0.93};
}

std::optional<Cast> cast_string(const std::string& text, const Accepted& accepted) {
  if (auto cast = enum_of(text, accepted)) return cast;
  if (accepted.takes("string")) return std::nullopt;
  if (auto cast = number_of(text, accepted)) return cast;
  const auto lowered = lower_ascii(text);
  if (accepted.wants("boolean") && (lowered == "true" || lowered == "false"))
    return Cast{lowered == "true", "a boolean written as a string", 0.98};
  const bool container = !text.empty() && (text.front() == '{' || text.front() == '[');
  if (container && (accepted.wants("object") || accepted.wants("array"))) {
    auto value = parsed_exactly(text);
    if (value && accepted.wants(value->is_object() ? "object" : "array"))
      return Cast{*std::move(value), "JSON written as a string", 0.97};
  }
  if (accepted.wants("null") && lowered == "null")
    return Cast{nullptr, "null written as a string", 0.7};
  return wrapped(text, accepted);
}

std::optional<Cast> cast_number(const Json& value, const Accepted& accepted) {
  const bool integer = value.is_number_integer();
  const bool fits = accepted.takes("number") ||
                    (accepted.wants("integer") &&
                     (integer || std::floor(value.get<double>()) == value.get<double>()));
  if (fits) return std::nullopt;
  if (accepted.wants("string"))
    return Cast{value.dump(), "a string written as a number", integer ? 0.95 : 0.85};
  if (accepted.wants("boolean") && integer && (value == 0 || value == 1))
    return Cast{value == 1, "a boolean written as a number", 0.7};
  return wrapped(value, accepted);
}

std::optional<Cast> cast_array(const Json& value, const Accepted& accepted) {
  if (accepted.takes("array") || value.size() != 1) return std::nullopt;
  const auto& only = value.front();
  const char* type = only.is_number_integer() ? "integer" : only.type_name();
  const bool fits = accepted.wants(type) || (only.is_number() && accepted.wants("number"));
  if (!fits) return std::nullopt;
  return Cast{only, "a list of one where a single value belongs", 0.92};
}

}  // namespace

std::string bare_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if (c != '_' && c != '-' && c != ' ' && c != '.') {
      out += c;
    }
  }
  return out;
}

std::optional<Cast> cast_value(const CompiledSchema& schema,
                               std::string_view path,
                               const Json& value) {
  const auto accepted = accepted_at(schema, path);
  if (accepted.any_type()) return std::nullopt;
  switch (value.type()) {
    case Json::value_t::string:
      return cast_string(value.get_ref<const std::string&>(), accepted);
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return cast_number(value, accepted);
    case Json::value_t::boolean:
      if (accepted.takes("boolean")) return std::nullopt;
      if (accepted.wants("string"))
        return Cast{value.get<bool>() ? "true" : "false", "a string written as a boolean", 0.85};
      return wrapped(value, accepted);
    case Json::value_t::object:
      return accepted.takes("object") ? std::nullopt : wrapped(value, accepted);
    case Json::value_t::array:
      return cast_array(value, accepted);
    default:
      return std::nullopt;
  }
}

}  // namespace taskgate::checks
