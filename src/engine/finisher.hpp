#pragma once
// The end of a task as one command for the store: the task object, the final event, the state.

#include "engine/live_task.hpp"
#include "engine/task_object.hpp"
#include "taskgate/store/store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::engine {

/// `events` go before the final event (the last deltas).
store::Finish make_finish(const Task& row,
                          std::optional<store::Fence> fence,
                          const FinalResult& result,
                          std::vector<EventDraft> events);

/// The result of a task whose last attempt failed after having produced `text`.
FinalResult failed_result(const providers::Failure& failure, std::string text);
/// The result of a task that was stopped on request or by its deadline.
FinalResult stopped_result(TaskStatus status, TimePoint now);

}  // namespace taskgate::engine
