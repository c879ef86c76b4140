#pragma once
// The tools that the operator registered, and the check that every call passes before anything is
// sent. Immutable after start-up.

#include "taskgate/tools/tool.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::tools {

/// What check_arguments() found.
struct ArgumentCheck {
  ArgumentCheck() = default;
  enum class Verdict {
    valid,
    incomplete,  ///< not one whole JSON object: cut, or in need of repair (tool_args_incomplete)
    invalid      ///< JSON, but against the schema
  };
  Verdict verdict = Verdict::incomplete;
  std::string arguments;  ///< of valid: what is sent and hashed
  std::string message;    ///< else: for the model, every violation with its path
  std::vector<checks::Violation> violations;

  bool is_valid() const noexcept { return verdict == Verdict::valid; }
};

/// Judges the arguments that a model wrote. Nothing is ever repaired: what a model meant by half an
/// object is a guess. The one leniency: for a tool that asks for no argument, no text at all is {}.
ArgumentCheck check_arguments(const ToolContract& contract, std::string_view text);

/// Tools by name. Threads: any.
class Toolbox {
 public:
  Toolbox() = default;
  /// Throws std::invalid_argument, with a message for the operator, when two tools have one name,
  /// also one wire_name().
  explicit Toolbox(std::vector<std::unique_ptr<Tool>> tools);
  Toolbox(const Toolbox&) = delete;
  Toolbox& operator=(const Toolbox&) = delete;
  ~Toolbox();

  /// By name or wire_name(); null when there is none. Lives as long as the toolbox.
  Tool* find(std::string_view name) const;
  /// Sorted.
  std::vector<std::string> names() const;
  bool empty() const noexcept { return tools_.empty(); }

 private:
  std::map<std::string, std::unique_ptr<Tool>, std::less<>> tools_;  // by wire_name
};

}  // namespace taskgate::tools
