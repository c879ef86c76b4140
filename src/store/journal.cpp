#include "taskgate/store/journal.hpp"

namespace taskgate::store {

const char* to_string(CallState state) noexcept {
  switch (state) {
    case CallState::planned:
      return "planned";
    case CallState::needs_approval:
      return "needs_approval";
    case CallState::denied:
      return "denied";
    case CallState::dispatched:
      return "dispatched";
    case CallState::succeeded:
      return "succeeded";
    case CallState::failed_definite:
      return "failed";
    case CallState::outcome_unknown:
      return "outcome_unknown";
  }
  return "outcome_unknown";
}

}  // namespace taskgate::store
