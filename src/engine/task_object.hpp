#pragma once
// The task object of the API as text. Written by appending: it is made once for every poll of a
// live task, and once for all at a task's end.

#include "engine/finding.hpp"
#include "engine/spent.hpp"
#include "taskgate/core/task.hpp"
#include "taskgate/providers/provider.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::engine {

/// What a task's end adds to its row.
struct FinalResult {
  TaskStatus status = TaskStatus::failed;
  TimePoint finished_at{};
  TimePoint expires_at{};
  std::string text;        ///< what was produced, also of a cancelled task
  std::string refusal;     ///< empty: null
  std::string output;      ///< JSON text; empty: null
  std::string confidence;  ///< JSON object; empty: no method ran
  std::vector<Finding> findings;
  std::string served_model;
  std::string fingerprint;
  providers::Usage usage;                    ///< of all turns
  std::optional<TimePoint> turn_started_at;  ///< of the attempt's first; unset: none was made
  std::chrono::milliseconds upstream{0};
  std::optional<std::chrono::milliseconds> first_token;
  Spent spent;  ///< of `usage`, model by model
  std::optional<double> cost_usd;
  std::string steps;              ///< JSON objects, with commas between them
  std::string agent_steps;        ///< likewise, from the agent's journal; see merge_steps()
  std::string tool_calls = "[]";  ///< JSON array
  std::chrono::milliseconds tool_time{0};
  std::string path;  ///< JSON array of the models tried; empty: the task had one model alone
};

/// Appends the final task object; returns the offset in `out` where its `last_seq` value (absent
/// from the text) has to be inserted.
std::size_t append_final_object(std::string& out, const Task& task, const FinalResult& result);

}  // namespace taskgate::engine
