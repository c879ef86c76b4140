#pragma once
// One thing that was done for a task's answer, as its `steps` and its log show it.

#include "engine/finding.hpp"
#include "taskgate/core/clock.hpp"
#include "taskgate/providers/provider.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace taskgate::engine {

struct Step {
  enum class Kind { model, tool, check, repair };
  int index = 1;  ///< from 1, over all of the task's attempts
  Kind kind = Kind::model;
  std::string name;    ///< the model, the tool, the check or the repair
  std::string status;  ///< "succeeded", "failed" …
  TimePoint started_at{};
  std::chrono::milliseconds duration{0};
  providers::Usage usage;         ///< of a turn; not reported: not shown
  std::vector<Finding> findings;  ///< of a turn that was voided: what was wrong with it
};

/// Appends the step as a JSON object, an element of `steps`.
void append_step(std::string& out, const Step& step);
/// Appends the step as the members of an event, where its index is called `step`.
void append_step_members(std::string& out, const Step& step);
/// Appends an entry of `errors` as a JSON object.
void append_finding(std::string& out, const Finding& finding);
/// Adds `"usage":{…}` to an object's members, when it was reported.
void append_turn_usage(std::string& out, const providers::Usage& usage);
/// Adds what a turn used. Reported when any of the two is.
void add_usage(providers::Usage& sum, const providers::Usage& used);

}  // namespace taskgate::engine
