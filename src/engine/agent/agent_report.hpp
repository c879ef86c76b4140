#pragma once
// What the loop tells: the model of a call, the person who is asked, and the end of the task of all
// that was done. Pure.

#include "engine/finding.hpp"
#include "engine/task_object.hpp"
#include "taskgate/providers/provider.hpp"
#include "taskgate/store/journal.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace taskgate::engine {

/// The message with which a model is told what its call came to.
providers::Message tool_message(const store::CallRow& call);

/// What a waiting task asks, JSON: {"calls":[{"kind":"approval"|"outcome","key":…,"tool":…,
/// "arguments":{…},"turn":…,"message":…}]}.
std::string required_input(const std::vector<const store::CallRow*>& asked);

/// All calls as the API shows them, JSON array.
std::string calls_json(const std::vector<store::CallRow>& calls);
/// Model turns and calls in order as steps, comma-separated JSON objects; `index` of the next one
/// is written back.
std::string steps_json(const std::vector<store::TurnRow>& turns,
                       const std::vector<store::CallRow>& calls,
                       int& index);

struct AgentReport {
  const std::vector<store::TurnRow>& rows;
  const std::vector<store::CallRow>& calls;
  std::size_t replayed = 0;  ///< turns that earlier attempts took
};

/// Adds to a task's end: steps, calls, usage, the findings of its calls.
void describe_agent(const AgentReport& report, FinalResult& result);

}  // namespace taskgate::engine
