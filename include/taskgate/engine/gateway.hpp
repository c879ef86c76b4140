#pragma once
// The use cases of the product as the api layer sees them: submit, look, follow, cancel, purge. No
// HTTP here.

#include "taskgate/core/event.hpp"
#include "taskgate/core/result.hpp"
#include "taskgate/core/task.hpp"
#include "taskgate/engine/model_status.hpp"
#include "taskgate/engine/task_input.hpp"
#include "taskgate/engine/task_request.hpp"
#include "taskgate/store/store.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::engine {

/// A task as a client may see it now.
struct TaskView {
  Task task;
  std::string
      final_object;  ///< the whole task object as JSON when final and not purged, else empty
  std::optional<std::size_t> queue_position;  ///< 1 = next; while queued in memory
  /// While queued: what flow control waits for ("concurrency", "rate_limit", "breaker",
  /// "retry_budget"); empty: nothing but its turn.
  std::string_view held_by;
  std::optional<std::int64_t>
      estimated_duration_ms;                ///< median of this model's recent tasks; live only
  std::chrono::milliseconds poll_after{0};  ///< while live: when to ask again
};

/// A finished task that is tried again as a new one.
struct RetryOf {
  std::string public_id;
  int from_step = 1;  ///< number of the first turn of the model that is taken anew, from 1
};

struct SubmitOptions {
  std::optional<std::string> idempotency_key;
  std::string route = "POST /tasks";     ///< scope of the key
  std::optional<std::string> client_id;  ///< PUT: the client's own id
  /// The request may not make a task any more, but may repeat one that did: Errc::not_found when
  /// its key or id is not known.
  bool known_only = false;
  /// Errc::not_found, Errc::gone; Errc::conflict while it is live, or when a call of a step that is
  /// reused is of unknown outcome; Errc::unprocessable when it has no such step.
  std::optional<RetryOf> retry;
};

struct Submitted {
  TaskView view;
  bool created = true;  ///< false: the task was there already (key or id known, same body)
};

/// One reader's place in a task's log. Belongs to one coroutine. Resumes at any age: from the log's
/// tail in memory when it is near, from the store when it is not.
class Subscription {
 public:
  virtual ~Subscription() = default;
  struct Batch {
    std::vector<Event> events;  ///< in order, no gap; empty when `patience` passed without one
    bool finished = false;  ///< the last of them (or the one before the cursor) was the final event
    bool purged = false;    ///< the content is gone
  };
  /// The next events after the cursor, at most `patience` from now.
  boost::asio::awaitable<Result<Batch>> next(std::chrono::milliseconds patience);
  /// Those that are there now; an empty batch when there are none.
  virtual boost::asio::awaitable<Result<Batch>> ready() = 0;
  /// For whoever waits without a coroutine of its own: a timer, set, which ends when there may be
  /// events, at `deadline` at the latest. Null: there may be some already. On the subscriber's
  /// executor; belongs to the subscription.
  virtual boost::asio::steady_timer* sleep_until(
      std::chrono::steady_clock::time_point deadline) = 0;
  /// As it was when the subscription began; until the first ready() or next().
  virtual const Task& task() const = 0;
};

/// All calls: any executor; they resume on the caller's. A foreign and an unknown id are both
/// Errc::not_found.
class Gateway {
 public:
  virtual ~Gateway() = default;

  /// Accepts a task: returns once it is on disk. Errors: rate_limited / overloaded with retry_after
  /// (admission), unprocessable (same key, other body), conflict (same client id, other body),
  /// invalid_argument (unknown model; the detail is the JSON pointer of its field), storage.
  virtual boost::asio::awaitable<Result<Submitted>> submit(std::string tenant,
                                                           TaskRequest request,
                                                           SubmitOptions options) = 0;
  virtual boost::asio::awaitable<Result<TaskView>> get(std::string tenant,
                                                       std::string public_id) = 0;
  /// Like get, but returns when the task is final or `patience` has passed, whichever is first.
  virtual boost::asio::awaitable<Result<TaskView>> wait_final(
      std::string tenant, std::string public_id, std::chrono::milliseconds patience) = 0;
  virtual boost::asio::awaitable<Result<store::TaskPage>> list(store::ListFilter filter) = 0;
  virtual boost::asio::awaitable<Result<store::EventPage>> events(std::string tenant,
                                                                  std::string public_id,
                                                                  std::uint64_t after,
                                                                  int limit) = 0;
  virtual boost::asio::awaitable<Result<std::string>> request_body(std::string tenant,
                                                                   std::string public_id) = 0;
  virtual boost::asio::awaitable<Result<std::unique_ptr<Subscription>>> subscribe(
      std::string tenant, std::string public_id, std::uint64_t after) = 0;
  /// Durably asks a live task to stop; a final one comes back unchanged. Idempotent.
  virtual boost::asio::awaitable<Result<TaskView>> cancel(std::string tenant,
                                                          std::string public_id) = 0;
  /// Answers what a waiting task asks; with the last answer it is queued again. Errc::conflict (it
  /// does not wait, or asks something else), Errc::unprocessable (not this key, or arguments that
  /// are not valid).
  virtual boost::asio::awaitable<Result<TaskView>> answer(std::string tenant,
                                                          std::string public_id,
                                                          TaskInput input) = 0;
  /// What the journal holds of a task with tools, as JSON arrays: the model's turns with their
  /// calls, the calls alone. Errc::gone when purged.
  virtual boost::asio::awaitable<Result<std::string>> steps(std::string tenant,
                                                            std::string public_id) = 0;
  virtual boost::asio::awaitable<Result<std::string>> tool_calls(std::string tenant,
                                                                 std::string public_id) = 0;
  /// Deletes a final task's content. Errc::conflict while live.
  virtual boost::asio::awaitable<Result<void>> purge(std::string tenant, std::string public_id) = 0;

  /// Empty when new work is taken; else why not (draining, storage, …), for /readyz.
  virtual std::string not_ready_reason() const = 0;
  /// How the models are doing that were used lately, by name.
  virtual std::vector<ModelStatus> models() const = 0;
};

/// The JSON of a live task (a final one's is stored: TaskView::final_object). Appends to `out`.
void append_task_object(std::string& out, const TaskView& view);

}  // namespace taskgate::engine
