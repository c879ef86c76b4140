#pragma once
// Whether what the answer states stands in what the model was given: `hallucination`, always as a
// signal, never as proof. Deterministic; runs when the task gave a context, tools or a catalogue.

#include "checks/answer.hpp"

namespace taskgate::checks {

/// Appends what it saw, at most 20 findings. `output`: the document that the client gets, repaired
/// if need be; when it is empty, what the model wrote is looked at.
void check_grounding(const Answer& answer, std::string_view output, Findings& findings);

}  // namespace taskgate::checks
