#pragma once
// Whether the answer came to its end: `truncation`, `content_filter`, `tool_args_incomplete`, and
// an end without any answer. The provider's own words first, then the scan of the text.

#include "checks/answer.hpp"

namespace taskgate::checks {

/// Appends what it saw. Severity `error`: what is left cannot be used as it stands.
void check_completion(const Answer& answer, Findings& findings);

}  // namespace taskgate::checks
