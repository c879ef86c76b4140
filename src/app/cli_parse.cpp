#include "app/command_table.hpp"
#include "taskgate/api/auth.hpp"
#include "taskgate/app/cli.hpp"
#include "taskgate/core/suggest.hpp"

#include <algorithm>

namespace taskgate::app {
namespace {

using Environment = std::map<std::string, std::string>;

// The words of a command line, sorted by what they are.
struct Words {
  const CommandSpec* command = nullptr;
  std::map<std::string, std::string> flags;  // "--listen" → value; switches → ""
  std::string operand;
  bool help = false;

  bool has(const std::string& flag) const { return flags.contains(flag); }
  std::string value(const std::string& flag) const {
    const auto found = flags.find(flag);
    return found == flags.end() ? std::string() : found->second;
  }
};

UsageError usage(std::string message, std::string_view topic) {
  return {std::move(message), std::string(topic)};
}

bool is_group(std::string_view word) {
  const auto table = command_table();
  return std::any_of(table.begin(), table.end(), [&](const CommandSpec& command) {
    return command.name.size() > word.size() && command.name.starts_with(word) &&
           command.name[word.size()] == ' ';
  });
}

std::string unknown_command(const std::string& name) {
  std::vector<std::string_view> names;
  for (const auto& command : command_table()) names.push_back(command.name);
  return "unknown command \"" + name + "\"" + did_you_mean(name, names);
}

// Takes the one or two words that name the command; nullptr with `error` set when there is none.
const CommandSpec* take_command(const std::vector<std::string>& arguments,
                                std::size_t& next,
                                UsageError& error) {
  const std::string& first = arguments[next];
  if (first.starts_with("-")) {
    error = usage("a command must come first, e.g. taskgate serve " + first, "");
    return nullptr;
  }
  std::string name = first;
  const bool group = is_group(first);
  if (group && next + 1 < arguments.size() && !arguments[next + 1].starts_with("-"))
    name += " " + arguments[next + 1];
  const CommandSpec* const command = find_command(name);
  if (command == nullptr) {
    error = usage(
        group && name == first ? "\"" + first + "\" needs one more word" : unknown_command(name),
        group ? first : "");
    return nullptr;
  }
  next += name == first ? 1 : 2;
  return command;
}

const Flag* find_flag(const CommandSpec& command, std::string_view name) {
  const auto found = std::find_if(command.flags.begin(), command.flags.end(),
                                  [&](const Flag& flag) { return flag.name == name; });
  return found == command.flags.end() ? nullptr : &*found;
}

std::optional<UsageError> take_flag(const std::vector<std::string>& arguments,
                                    std::size_t& next,
                                    Words& words) {
  const std::string& argument = arguments[next++];
  const auto equals = argument.find('=');
  const std::string name = argument.substr(0, equals);
  const auto topic = words.command->name;
  const Flag* const flag = find_flag(*words.command, name);
  if (flag == nullptr) {
    std::vector<std::string_view> names{"--help"};
    for (const auto& known : words.command->flags) names.push_back(known.name);
    return usage("unknown flag \"" + name + "\"" + did_you_mean(name, names), topic);
  }
  if (words.has(name)) return usage(name + " is given twice", topic);
  std::string value;
  if (flag->value.empty()) {
    if (equals != std::string::npos) return usage(name + " takes no value", topic);
  } else if (equals != std::string::npos) {
    value = argument.substr(equals + 1);
  } else if (next < arguments.size() && !arguments[next].starts_with("--")) {
    value = arguments[next++];
  }
  if (!flag->value.empty() && value.empty())
    return usage(name + " needs a value: " + name + " " + std::string(flag->value), topic);
  words.flags[name] = std::move(value);
  return std::nullopt;
}

std::optional<UsageError> take_rest(const std::vector<std::string>& arguments,
                                    std::size_t next,
                                    Words& words) {
  const auto topic = words.command->name;
  while (next < arguments.size()) {
    const std::string& argument = arguments[next];
    if (argument == "--help" || argument == "-h") {
      words.help = true;
      ++next;
    } else if (argument.starts_with("-") && argument != "-") {
      if (auto error = take_flag(arguments, next, words)) return error;
    } else if (words.command->operand.empty()) {
      return usage("unexpected \"" + argument + "\"", topic);
    } else {
      if (!words.operand.empty() && topic != "help")
        return usage("unexpected \"" + argument + "\"", topic);
      words.operand += (words.operand.empty() ? "" : " ") + argument;
      ++next;
    }
  }
  const bool is_required = !words.command->operand.empty() && words.command->operand[0] != '[';
  if (!words.help && is_required && words.operand.empty())
    return usage(std::string(words.command->operand) + " is missing", topic);
  return std::nullopt;
}

ConfigSources sources_of(const Words& words, Environment environment, ConfigPurpose purpose) {
  ConfigSources sources;
  sources.purpose = purpose;
  if (words.has("--config")) {
    sources.file = words.value("--config");
  } else if (const auto named = environment.find("TASKGATE_CONFIG");
             named != environment.end() && !named->second.empty() &&
             find_flag(*words.command, "--config")) {
    sources.file = named->second;
  }
  sources.environment = std::move(environment);
  for (const auto& flag : words.command->flags) {
    if (flag.pointer.empty() || !words.has(std::string(flag.name))) continue;
    sources.flags.push_back(
        {std::string(flag.pointer), words.value(std::string(flag.name)), std::string(flag.name)});
  }
  sources.allow_loopback_for_tests = words.has("--allow-loopback-for-tests");
  return sources;
}

std::optional<UsageError> check_tenant(const Words& words) {
  const auto topic = words.command->name;
  if (!words.has("--tenant")) return usage("--tenant is missing", topic);
  if (!api::is_tenant_name(words.value("--tenant")))
    return usage(
        "--tenant: expected 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit", topic);
  return std::nullopt;
}

ParsedCommandLine keys_create(const Words& words, ConfigSources sources) {
  const auto topic = words.command->name;
  if (auto error = check_tenant(words)) return *error;
  constexpr std::string_view kScopes[] = {"read", "submit", "operate", "admin"};
  KeysCreateCommand command;
  command.sources = std::move(sources);
  command.tenant = words.value("--tenant");
  command.name = words.value("--name");
  command.as_environment = words.has("--env");
  if (!words.has("--scopes")) return usage("--scopes is missing", topic);
  const std::string list = words.value("--scopes") + ",";
  for (std::size_t begin = 0; begin < list.size();) {
    const auto comma = list.find(',', begin);
    const std::string scope = list.substr(begin, comma - begin);
    if (std::find(std::begin(kScopes), std::end(kScopes), scope) == std::end(kScopes))
      return usage("--scopes: unknown scope \"" + scope + "\"" + did_you_mean(scope, kScopes),
                   topic);
    if (std::find(command.scopes.begin(), command.scopes.end(), scope) == command.scopes.end())
      command.scopes.push_back(scope);
    begin = comma + 1;
  }
  return Command(std::move(command));
}

ParsedCommandLine help_on(const std::string& topic) {
  if (topic.empty() || is_group(topic) || find_command(topic)) return Command(HelpCommand{topic});
  return usage(unknown_command(topic), "");
}

ParsedCommandLine make_command(const Words& words, Environment environment) {
  const auto name = words.command->name;
  if (words.help) return Command(HelpCommand{std::string(name)});
  if (name == "help") return help_on(words.operand);
  if (name == "version") return Command(VersionCommand{words.has("--json")});
  if (name == "config schema") return Command(ConfigSchemaCommand{});
  if (name == "config reference") return Command(ConfigReferenceCommand{});
  const auto purpose = name == "dev" ? ConfigPurpose::dev : ConfigPurpose::serve;
  ConfigSources sources = sources_of(words, std::move(environment), purpose);
  if (name == "serve") return Command(ServeCommand{std::move(sources)});
  if (name == "dev") return Command(DevCommand{std::move(sources)});
  if (name == "check") return Command(CheckCommand{std::move(sources), words.has("--json")});
  if (name == "config print")
    return Command(
        ConfigPrintCommand{std::move(sources), words.has("--sources"), words.has("--defaults")});
  if (name == "keys create") return keys_create(words, std::move(sources));
  if (name == "keys list") return Command(KeysListCommand{std::move(sources), words.has("--json")});
  if (name == "keys revoke") return Command(KeysRevokeCommand{std::move(sources), words.operand});
  if (auto error = check_tenant(words)) return *error;
  return Command(WebhooksSecretCommand{std::move(sources), words.value("--tenant")});
}

}  // namespace

ParsedCommandLine parse_command_line(const std::vector<std::string>& arguments,
                                     Environment environment) {
  if (arguments.empty()) return usage("a command is missing", "");
  const std::string& first = arguments.front();
  if (first == "--help" || first == "-h") return Command(HelpCommand{});
  if (first == "--version" || first == "-V") return Command(VersionCommand{});
  // `taskgate keys --help` explains the group.
  if (arguments.size() == 2 && is_group(first) &&
      (arguments[1] == "--help" || arguments[1] == "-h"))
    return Command(HelpCommand{first});
  Words words;
  std::size_t next = 0;
  UsageError error;
  words.command = take_command(arguments, next, error);
  if (words.command == nullptr) return error;
  if (auto fault = take_rest(arguments, next, words)) return *fault;
  return make_command(words, std::move(environment));
}

}  // namespace taskgate::app
