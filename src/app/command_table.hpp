#pragma once
// The table of commands and their flags, from which parsing and help both come.

#include <span>
#include <string_view>

namespace taskgate::app {

struct Flag {
  std::string_view name;     ///< "--listen"
  std::string_view value;    ///< "HOST:PORT"; empty: a switch
  std::string_view meaning;  ///< one line
  std::string_view pointer;  ///< the setting that it overrides; empty: none
};

struct CommandSpec {
  std::string_view name;     ///< "keys create"
  std::string_view operand;  ///< "KEY_ID"; empty: none; in brackets when optional
  std::string_view summary;
  std::string_view details;
  std::span<const Flag> flags;
  std::string_view example;
};

std::span<const CommandSpec> command_table();
/// nullptr when there is no such command.
const CommandSpec* find_command(std::string_view name);

}  // namespace taskgate::app
