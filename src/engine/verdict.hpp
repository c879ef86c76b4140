#pragma once
// From a finished turn to an honest status. Pure. What a protocol says outright (finish reason,
// refusal field, content filter) and whether an answer that had to be JSON is JSON; nothing is
// guessed from the text.

#include "engine/finding.hpp"
#include "taskgate/core/task.hpp"
#include "taskgate/providers/provider.hpp"

#include <string>
#include <vector>

namespace taskgate::engine {

struct Verdict {
  TaskStatus status = TaskStatus::success;
  std::vector<Finding> findings;
  std::string
      output;  ///< the answer as JSON text when a schema was asked for and it is JSON; else empty
};

/// Judges a turn that ended by its protocol. `wants_json`: the task came with an output_schema.
Verdict judge(const providers::ModelTurn& turn, bool wants_json);

/// The finding for a turn that failed.
Finding describe(const providers::Failure& failure);

}  // namespace taskgate::engine
