#include "taskgate/tools/tool.hpp"

namespace taskgate::tools {

const char* to_string(ToolOutcome::State state) noexcept {
  switch (state) {
    case ToolOutcome::State::succeeded:
      return "succeeded";
    case ToolOutcome::State::failed_definite:
      return "failed_definite";
    case ToolOutcome::State::unknown:
      return "unknown";
  }
  return "unknown";
}

const char* to_string(Reconciled::State state) noexcept {
  switch (state) {
    case Reconciled::State::executed:
      return "executed";
    case Reconciled::State::not_executed:
      return "not_executed";
    case Reconciled::State::unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace taskgate::tools
