#pragma once
// Whether what the answer states stands in what the model was given: `hallucination`, always as a
// signal, never as proof. Deterministic; runs when the task gave a context, tools or a catalogue.

#include "checks/answer.hpp"

namespace taskgate::checks {

/// Appends what it saw, at most 20 findings.
void check_grounding(const Answer& answer, Findings& findings);

}  // namespace taskgate::checks
