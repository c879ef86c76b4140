#pragma once
// Decides what runs when: the ready queue, the slots, the times to come (not_before, backoff,
// deadlines). The database is the truth; this is its working copy.

#include "engine/admission.hpp"
#include "engine/attempt.hpp"
#include "engine/duration_history.hpp"
#include "engine/live_task.hpp"
#include "engine/ready_queue.hpp"
#include "engine/strand_ring.hpp"
#include "taskgate/runtime/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace taskgate::engine {

/// Thread-safe.
class Scheduler {
 public:
  Scheduler(const AttemptContext& context,
            boost::asio::any_io_executor workers,
            Admission& admission,
            DurationHistory& history,
            runtime::ErrorReporter reporter);

  /// Takes a live task that stands in the queue on disk.
  void add(const LiveTaskPtr& task);
  /// A cancellation is on disk: carry it out.
  void cancel(const LiveTaskPtr& task);
  /// Place in the ready queue; nullopt when it does not stand there.
  std::optional<std::size_t> position(const LiveTask& task) const;
  /// Starts nothing more; lets attempts end for `grace`, calls `time_is_up`, stops the rest (they
  /// go back to the queue), joins.
  void stop(std::chrono::milliseconds grace, const std::function<void()>& time_is_up);

 private:
  void enqueue(const LiveTaskPtr& task);
  void pump();
  bool launch(const LiveTaskPtr& task);
  void end_unstarted(const LiveTaskPtr& task, TaskStatus status);
  boost::asio::awaitable<void> run_slot(LiveTaskPtr task, std::shared_ptr<AttemptControl> control);
  boost::asio::awaitable<void> run_ending(LiveTaskPtr task, TaskStatus status);
  void settle(const LiveTaskPtr& task, const AttemptEnd& end);
  void settle_finished(const LiveTaskPtr& task, TaskStatus status);
  boost::asio::awaitable<AttemptEnd> rescue(LiveTaskPtr task, store::Fence fence);
  void wake_timekeeper();
  void wake_at(TimePoint when, const LiveTaskPtr& task);
  boost::asio::awaitable<void> keep_time();
  TimePoint run_due();

  const AttemptContext& context_;
  const boost::asio::any_io_executor workers_;
  StrandRing strands_;
  Admission& admission_;
  DurationHistory& history_;

  mutable std::mutex mutex_;
  std::condition_variable slot_freed_;
  ReadyQueue ready_;
  std::size_t running_ = 0;
  bool stopping_ = false;
  std::int64_t fences_ = 0;
  std::map<const LiveTask*, std::shared_ptr<AttemptControl>> attempts_;
  std::multimap<TimePoint, std::weak_ptr<LiveTask>> due_;
  std::size_t due_sweep_at_ =
      4096;  // entries of ended tasks are dropped when due_ has grown to this
  std::size_t ended_in_queue_ = 0;  // tasks in ready_ that ended without being started
  bool keeping_time_ = false;
  boost::asio::any_io_executor time_strand_;
  std::shared_ptr<boost::asio::steady_timer>
      time_;                  // on time_strand_ only; shared with posted wake-ups
  runtime::TaskGroup group_;  // last: its coroutines use everything above
};

}  // namespace taskgate::engine
