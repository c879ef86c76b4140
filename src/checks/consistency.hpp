#pragma once
// Whether several samples of the same task agree: `low_confidence`, `hallucination`, and the
// agreement of each JSON leaf as a confidence.

#include "checks/answer.hpp"
#include "taskgate/checks/confidence.hpp"

namespace taskgate::checks {

/// Appends what it saw; nothing with fewer than two samples. At most 10 findings. Prose is compared
/// by its facts; without any, when it is short (200 bytes), as a whole. When there was nothing to
/// compare by, an `info` finding says so.
void check_consistency(const Answer& answer, Confidence& confidence, Findings& findings);

}  // namespace taskgate::checks
