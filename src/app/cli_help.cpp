#include "app/command_table.hpp"
#include "taskgate/app/cli.hpp"

#include <algorithm>

namespace taskgate::app {
namespace {

constexpr std::string_view kExitCodes =
    "Exit codes:\n"
    "  0    done\n"
    "  1    the command could not do its work\n"
    "  2    the command line or the configuration is wrong\n"
    "  130  interrupted\n";

void append_columns(std::string& text,
                    std::string left,
                    std::string_view right,
                    std::size_t width) {
  left.resize(std::max(width, left.size()), ' ');
  text.append("  ").append(left).append("  ").append(right).append("\n");
}

std::string flag_label(const Flag& flag) {
  std::string label(flag.name);
  if (!flag.value.empty()) label.append(" ").append(flag.value);
  return label;
}

std::string command_label(const CommandSpec& command) {
  std::string label(command.name);
  if (!command.operand.empty()) label.append(" ").append(command.operand);
  return label;
}

void append_command_list(std::string& text, std::string_view group) {
  for (const auto& command : command_table()) {
    if (command.name.starts_with(group))
      append_columns(text, command_label(command), command.summary, 20);
  }
}

std::string command_help(const CommandSpec& command) {
  std::string text = "Usage: taskgate " + command_label(command);
  if (!command.flags.empty()) text += " [FLAGS]";
  text.append("\n\n").append(command.summary).append("\n");
  if (!command.details.empty()) text.append("\n").append(command.details).append("\n");
  text += "\nFlags:\n";
  for (const auto& flag : command.flags) append_columns(text, flag_label(flag), flag.meaning, 26);
  append_columns(text, "--help", "this text", 26);
  text.append("\nExample:\n  ").append(command.example).append("\n\n").append(kExitCodes);
  return text;
}

std::string overview() {
  std::string text =
      "taskgate: an asynchronous gateway for AI tasks.\n\n"
      "Usage: taskgate COMMAND [FLAGS]\n\nCommands:\n";
  append_command_list(text, "");
  text +=
      "\nTry it:  taskgate dev\n"
      "More:    taskgate help COMMAND\n\n";
  text += kExitCodes;
  return text;
}

}  // namespace

std::string help_text(const std::string& topic) {
  if (const auto* command = find_command(topic)) return command_help(*command);
  std::string group;
  if (!topic.empty()) append_command_list(group, topic + " ");
  if (group.empty()) return overview();
  return "Usage: taskgate " + topic + " COMMAND [FLAGS]\n\nCommands:\n" + group;
}

std::string format_usage_error(const UsageError& error) {
  std::string text = "taskgate: " + error.message + "\n";
  text += "See: taskgate help" + (error.topic.empty() ? "" : " " + error.topic) + "\n";
  return text;
}

}  // namespace taskgate::app
