#pragma once
// Whether an answer that had to be JSON is JSON: `schema_violation`. A fence or prose around it is
// an `info` finding.

#include "checks/answer.hpp"

namespace taskgate::checks {

/// Appends what it saw; nothing when no schema was asked for. A cut document is the completion
/// check's.
void check_json(const Answer& answer, Findings& findings);

}  // namespace taskgate::checks
