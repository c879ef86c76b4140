#pragma once
// Decides what runs when: the ready queue, the slots, the times to come (not_before, backoff,
// deadlines), and with flow control, which tasks an upstream has no place for. The database is the
// truth; this is its working copy. What flow control holds back is in scheduler_flow.cpp.

#include "engine/admission.hpp"
#include "engine/attempt.hpp"
#include "engine/duration_history.hpp"
#include "engine/flow/flow_control.hpp"
#include "engine/flow/held_tasks.hpp"
#include "engine/live_task.hpp"
#include "engine/ready_queue.hpp"
#include "engine/strand_ring.hpp"
#include "taskgate/core/jump_watch.hpp"
#include "taskgate/runtime/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

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
  /// How the models are doing that were used lately.
  std::vector<ModelStatus> models() const;
  /// Starts nothing more; lets attempts end for `grace`, calls `time_is_up`, stops the rest (they
  /// go back to the queue), joins.
  void stop(std::chrono::milliseconds grace, const std::function<void()>& time_is_up);

 private:
  class Permit;

  void enqueue(const LiveTaskPtr& task);
  void pump();
  bool launch(const LiveTaskPtr& task);
  void end_unstarted(const LiveTaskPtr& task, TaskStatus status);
  FlowControl::Choice choose_model(LiveTask& task);
  void hold(const LiveTaskPtr& task, const FlowControl::Choice& choice);
  void hold_in_lane(const LiveTaskPtr& task, const FlowControl::Choice& choice);
  void release(const std::string& lane);
  std::optional<runtime::SteadyTime> release_all();
  boost::asio::awaitable<void> run_slot(LiveTaskPtr task,
                                        std::shared_ptr<AttemptControl> control,
                                        FlowControl::Choice choice);
  boost::asio::awaitable<AttemptEnd> learn_only(LiveTaskPtr task);
  boost::asio::awaitable<void> run_ending(LiveTaskPtr task, TaskStatus status);
  void settle(const LiveTaskPtr& task, const AttemptEnd& end);
  void settle_waiting(const LiveTaskPtr& task);
  void settle_finished(const LiveTaskPtr& task, TaskStatus status);
  boost::asio::awaitable<AttemptEnd> rescue(LiveTaskPtr task, store::Fence fence);
  void wake_timekeeper();
  void ensure_timekeeper(bool start, bool sooner);
  void wake_at(TimePoint when, const LiveTaskPtr& task);
  boost::asio::awaitable<void> keep_time();
  TimePoint run_due();
  bool claim_timekeeper();
  TimePoint end_of_backoff(TimePoint reckoned) const;
  void follow_clock();

  const AttemptContext& context_;
  const boost::asio::any_io_executor workers_;
  StrandRing strands_;
  Admission& admission_;
  DurationHistory& history_;
  FlowControl flow_;

  mutable std::mutex mutex_;
  std::condition_variable slot_freed_;
  ReadyQueue ready_;
  HeldTasks held_;
  std::size_t running_ = 0;
  bool stopping_ = false;
  std::int64_t fences_ = 0;
  std::map<const LiveTask*, std::shared_ptr<AttemptControl>> attempts_;
  std::multimap<TimePoint, std::weak_ptr<LiveTask>> due_;
  std::size_t due_sweep_at_ =
      4096;  // entries of ended tasks are dropped when due_ has grown to this
  std::size_t ended_in_queue_ = 0;  // tasks in ready_ that ended without being started
  bool keeping_time_ = false;
  JumpWatch clock_watch_{context_.clock};  // since the timekeeper last looked
  boost::asio::any_io_executor time_strand_;
  std::shared_ptr<boost::asio::steady_timer>
      time_;                  // on time_strand_ only; shared with posted wake-ups
  runtime::TaskGroup group_;  // last: its coroutines use everything above
};

/// What flow control lent to an attempt, given back when its upstream is done, or when the attempt
/// ends without having got there; and lent again for each further turn. In the frame of the
/// attempt's coroutine.
class Scheduler::Permit final : public TurnListener {
 public:
  Permit(Scheduler& owner, FlowControl::Choice choice)
      : owner_(owner), choice_(std::move(choice)) {}
  /// False: the task was started only to learn which models it may be run by.
  bool is_given() const noexcept { return choice_.permit != nullptr; }
  bool wants_first_output() const override { return is_given() && choice_.ticket.pass.probe; }
  void on_turn_begin() override;
  void on_first_output() override;
  void on_turn_end(const AttemptReport& report) override;

 private:
  Scheduler& owner_;
  FlowControl::Choice choice_;
  std::string model_;  // of the turn that ended last
};

}  // namespace taskgate::engine
