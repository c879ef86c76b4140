#pragma once
// A task that is not final, as this process holds it. The database is the truth; this is what
// scheduling and polling need without asking it.

#include "engine/answer/answer_history.hpp"
#include "engine/attempt_control.hpp"
#include "engine/bell.hpp"
#include "engine/flow/flow_lane.hpp"
#include "engine/flow/route.hpp"
#include "taskgate/core/task.hpp"
#include "taskgate/engine/task_request.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace taskgate::engine {

/// Shared between the table, the queue and the attempt: each may outlive the others' interest.
struct LiveTask {
  // Set once, before the task is shared.
  TaskRef ref;
  std::string public_id;
  std::string model;
  int priority = 0;
  TimePoint created_at{};
  std::optional<TimePoint> deadline;
  std::size_t body_bytes = 0;  ///< what admission counts
  std::uint64_t ordinal =
      0;  ///< place in the order of arrival at its priority (for queue.position)

  // Guarded by `mutex`.
  mutable std::mutex mutex;
  Task mirror;       ///< as durable as the log: updated by commits only
  std::string body;  ///< the request; empty: load it from the store
  int failures = 0;
  int refused_starts = 0;  ///< attempts in a row that the store did not let begin
  bool ended = false;      ///< a final state is being or has been written
  TimePoint ready_at{};    ///< not to start before (not_before, backoff)
  bool queued = false;     ///< stands in the ready queue
  std::shared_ptr<AttemptControl> attempt;
  std::vector<std::weak_ptr<Bell>> waiters;  ///< rung when the end can be looked up
  bool route_known = true;  ///< false: recovered, its body has not been asked for fallbacks yet
  AnswerHistory history;    ///< what earlier attempts did for the answer
  std::unique_ptr<Route> route;         ///< null: it has its one model alone
  std::size_t choice = 0;               ///< the route's model of the attempt under way
  HoldReason held = HoldReason::none;   ///< what flow control holds it back for
  std::string held_in;                  ///< the lane that it is held in; empty: none
  std::optional<TimePoint> hold_until;  ///< then it fails; set while its models are out

  /// The model of the attempt under way. Precondition: `mutex` is held.
  const std::string& chosen_model() const { return route ? route->model(choice) : model; }
};

using LiveTaskPtr = std::shared_ptr<LiveTask>;

}  // namespace taskgate::engine
