// The program: parse, run, exit. Everything else is in the library.

#include "taskgate/app/cli.hpp"
#include "taskgate/app/commands.hpp"
#include "taskgate/app/config_loader.hpp"

#include <exception>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

int main(int argc, char** argv) try {
  using namespace taskgate::app;
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto parsed = parse_command_line(arguments, process_environment());
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    std::cerr << format_usage_error(*error);
    return static_cast<int>(ExitCode::usage);
  }
  const auto& command = std::get<Command>(parsed);
  const auto offline = run_offline(command, std::cout, std::cerr);
  const auto code = offline ? *offline : run_command(command, std::cout, std::cerr);
  // A full disk or a closed pipe behind stdout: what was asked for did not arrive.
  if (!std::cout.flush() && code == ExitCode::ok) return static_cast<int>(ExitCode::failed);
  return static_cast<int>(code);
} catch (const std::exception& failure) {
  std::cerr << "taskgate: " << failure.what() << '\n';
  return static_cast<int>(taskgate::app::ExitCode::failed);
}
