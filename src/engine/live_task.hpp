#pragma once
// A task that is not final, as this process holds it. The database is the truth; this is what
// scheduling and polling need without asking it.

#include "engine/bell.hpp"
#include "taskgate/core/task.hpp"
#include "taskgate/engine/task_request.hpp"
#include "taskgate/runtime/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace taskgate::engine {

/// Why a running attempt was told to stop.
enum class StopReason { none, cancel, deadline, attempt_timeout, shutdown, storage };

/// The handle by which others stop an attempt. The signal is emitted only on the attempt's own
/// strand: emitting from another thread is a use-after-free in Boost 1.81 (notes on Asio 1.26).
class AttemptControl : public std::enable_shared_from_this<AttemptControl> {
 public:
  explicit AttemptControl(boost::asio::any_io_executor strand)
      : strand_(std::move(strand)), source_(strand_) {}

  /// First reason wins. Any thread; returns at once.
  void stop(StopReason reason) {
    boost::asio::post(strand_, [self = shared_from_this(), reason] { self->stop_here(reason); });
  }
  /// The same, on the strand.
  void stop_here(StopReason reason) {
    if (reason_ != StopReason::none) return;
    reason_ = reason;
    source_.stop_here();
  }
  StopReason reason() const noexcept { return reason_; }  ///< on the strand
  const runtime::StopSource& source() const noexcept { return source_; }
  const boost::asio::any_io_executor& strand() const noexcept { return strand_; }

 private:
  boost::asio::any_io_executor strand_;
  runtime::StopSource source_;
  StopReason reason_ = StopReason::none;
};

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
};

using LiveTaskPtr = std::shared_ptr<LiveTask>;

}  // namespace taskgate::engine
