#pragma once
// What earlier attempts at a task did for its answer: their steps, what those cost, and how often
// the model was told what was wrong. It bounds the recovery over all attempts, restarts included:
// what is not in memory any more is read back from the task's log.

#include "engine/answer/step.hpp"
#include "engine/spent.hpp"
#include "taskgate/core/event.hpp"

#include <string>

namespace taskgate::engine {

struct AnswerHistory {
  std::string steps;  ///< JSON objects, with commas between them
  int step_count = 0;
  int feedbacks = 0;       ///< turns that were asked for with the validator's words
  providers::Usage usage;  ///< of all turns, those that failed included
  Spent spent;             ///< the same, model by model

  /// Of a turn that stands in no step.
  void spend(std::string_view model, const providers::Usage& used);
  void add(const Step& step);
  /// Reads one event of the log. Those that say nothing of steps are passed over.
  void replay(const Event& event);
};

}  // namespace taskgate::engine
