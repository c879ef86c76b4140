#include "engine/scheduler.hpp"

#include "taskgate/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace taskgate::engine {

namespace asio = boost::asio;

Scheduler::Scheduler(const AttemptContext& context,
                     asio::any_io_executor workers,
                     Admission& admission,
                     DurationHistory& history,
                     runtime::ErrorReporter reporter)
    : context_(context),
      workers_(std::move(workers)),
      strands_(workers_),
      admission_(admission),
      history_(history),
      flow_(context.options.flow),
      time_strand_(asio::make_strand(workers_)),
      time_(std::make_shared<asio::steady_timer>(time_strand_)),
      group_(std::move(reporter)) {}

void Scheduler::add(const LiveTaskPtr& task) {
  TimePoint ready_at;
  bool cancelled = false;
  bool waiting = false;
  {
    std::lock_guard lock(task->mutex);
    ready_at = task->ready_at;
    cancelled = task->mirror.cancel_requested;
    waiting = task->mirror.status == TaskStatus::waiting;
  }
  if (cancelled) return end_unstarted(task, TaskStatus::cancelled);  // whatever it was waiting for
  if (task->deadline) wake_at(*task->deadline, task);
  if (waiting) return;  // its answer queues it
  if (ready_at > context_.clock.now()) {
    wake_at(ready_at, task);
    return;
  }
  enqueue(task);
}

void Scheduler::enqueue(const LiveTaskPtr& task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    {
      std::lock_guard task_lock(task->mutex);
      if (task->queued || task->ended || task->attempt) return;
      if (task->mirror.status == TaskStatus::waiting) return;
      task->queued = true;
    }
    ready_.push(task);
  }
  pump();
}

void Scheduler::pump() {
  for (;;) {
    LiveTaskPtr task;
    {
      std::lock_guard lock(mutex_);
      if (stopping_ || running_ >= context_.options.slots) return;
      task = ready_.pop();
      if (!task) return;
      ++running_;
    }
    if (launch(task)) continue;
    std::lock_guard lock(mutex_);
    --running_;
    slot_freed_.notify_all();
  }
}

bool Scheduler::launch(const LiveTaskPtr& task) {
  auto ending = TaskStatus::queued;
  FlowControl::Choice choice;
  std::shared_ptr<AttemptControl> control;
  {
    std::lock_guard lock(task->mutex);
    task->queued = false;
    task->held_in.clear();
    if (task->ended || task->attempt) return false;
    const int interruptions = task->mirror.attempts - task->failures;
    if (task->mirror.cancel_requested) {
      ending = TaskStatus::cancelled;
    } else if (task->deadline && *task->deadline <= context_.clock.now()) {
      ending = TaskStatus::expired;
    } else if (interruptions > context_.options.max_interruptions ||
               (task->hold_until && *task->hold_until <= context_.clock.now())) {
      ending = TaskStatus::failed;
    } else {
      choice = choose_model(*task);
      if (choice.reason == HoldReason::none || !task->route_known) {
        control = std::make_shared<AttemptControl>(strands_.next());
        task->attempt = control;
      }
    }
  }
  if (ending != TaskStatus::queued) {
    end_unstarted(task, ending);
    return false;
  }
  if (!control) {
    hold(task, choice);
    return false;
  }
  auto slot = run_slot(task, control, std::move(choice));
  group_.spawn("attempt", control->source(), runtime::OnError::log, std::move(slot));
  return true;
}

asio::awaitable<void> Scheduler::run_slot(LiveTaskPtr task,
                                          std::shared_ptr<AttemptControl> control,
                                          FlowControl::Choice choice) {
  store::Fence fence = 0;
  {
    std::lock_guard lock(mutex_);
    fence = (context_.store.generation() << 32) | ++fences_;
    attempts_.emplace(task.get(), control);
    // Not stopping_: what was launched before the drain has the grace, as those that run already.
    if (context_.stopping) control->stop(StopReason::shutdown);
  }
  AttemptEnd end;
  bool broke = false;
  Permit permit(*this, std::move(choice));
  try {
    if (permit.is_given()) {
      end = co_await run_attempt(context_, task, control, fence, permit);
    } else {
      end = co_await learn_only(task);
    }
  } catch (const std::exception& error) {
    log::error("attempt.broke", {{"task", task->public_id}, {"reason", error.what()}});
    broke = true;
  }
  if (broke) end = co_await rescue(task, fence);
  if (end.kind == AttemptEnd::Kind::given_up && !context_.stopping) {
    log::error("attempt.given_up", {{"task", task->public_id}});
  }
  const AttemptReport nothing;
  permit.on_turn_end(nothing);
  {
    std::lock_guard lock(mutex_);
    attempts_.erase(task.get());
  }
  {
    std::lock_guard lock(task->mutex);
    task->attempt.reset();
    task->ready_at = end.ready_at;
    if (end.kind == AttemptEnd::Kind::finished) task->ended = true;
  }
  {
    std::lock_guard lock(mutex_);
    --running_;
    slot_freed_.notify_all();
  }
  settle(task, end);
  pump();
}

// An exception escaped from an attempt (a bug, or no memory): back to the queue, as a failure, so
// that it cannot go on for ever.
asio::awaitable<AttemptEnd> Scheduler::rescue(LiveTaskPtr task, store::Fence fence) {
  store::Requeue requeue;
  requeue.ref = task->ref;
  requeue.fence = fence;
  requeue.not_before = context_.clock.now() + std::chrono::seconds{5};
  for (const auto type : {EventType::output_reset, EventType::task_retrying}) {
    EventDraft event;
    event.type = type;
    event.at = context_.clock.now();
    event.data = R"("reason":"internal")";
    requeue.events.push_back(std::move(event));
  }
  AttemptEnd end;
  end.ready_at = requeue.not_before;
  const auto written = co_await context_.store.requeue(std::move(requeue));
  if (written) end.kind = AttemptEnd::Kind::again;
  co_return end;
}

void Scheduler::settle(const LiveTaskPtr& task, const AttemptEnd& end) {
  if (end.kind == AttemptEnd::Kind::finished) return settle_finished(task, end.status);
  if (end.kind == AttemptEnd::Kind::waiting) return settle_waiting(task);
  if (end.kind != AttemptEnd::Kind::again) return;
  const auto ready_at = end_of_backoff(end.ready_at);
  bool cancelled = false;
  {
    std::lock_guard lock(task->mutex);
    task->ready_at = ready_at;
    cancelled = task->mirror.cancel_requested;
  }
  if (cancelled && ready_at > context_.clock.now()) {
    return end_unstarted(task,
                         TaskStatus::cancelled);  // the request came while the attempt was ending
  }
  if (ready_at > context_.clock.now()) {
    wake_at(ready_at, task);
  } else {
    enqueue(task);
  }
}

// The answer, or a request to cancel, may have come while the attempt was ending.
void Scheduler::settle_waiting(const LiveTaskPtr& task) {
  bool cancelled = false;
  bool answered = false;
  {
    std::lock_guard lock(task->mutex);
    task->ready_at = TimePoint{};
    cancelled = task->mirror.cancel_requested;
    answered = task->mirror.status == TaskStatus::queued;
  }
  if (cancelled) return end_unstarted(task, TaskStatus::cancelled);
  if (answered) enqueue(task);
}

void Scheduler::settle_finished(const LiveTaskPtr& task, TaskStatus status) {
  bool in_queue = false;
  {
    std::lock_guard lock(task->mutex);
    task->ended = true;
    std::string().swap(task->body);  // the queue or a timer may hold the task for a while yet
    in_queue = task->queued;
  }
  admission_.leave(task->ref.tenant, task->body_bytes, std::chrono::steady_clock::now());
  if (status == TaskStatus::success || status == TaskStatus::partial_success) {
    history_.record(task->model,
                    std::max<std::int64_t>((context_.clock.now() - task->created_at).count(), 0));
  }
  if (!in_queue) return;
  constexpr std::size_t kToleratedInQueue = 1024;
  std::lock_guard lock(mutex_);
  if (++ended_in_queue_ <= kToleratedInQueue + (ready_.size() + held_.size()) / 2) return;
  const auto has_ended = [](const LiveTask& waiting) {
    std::lock_guard task_lock(waiting.mutex);
    return waiting.ended;
  };
  ready_.remove_if(has_ended);
  held_.remove_if(has_ended);
  ended_in_queue_ = 0;
}

void Scheduler::cancel(const LiveTaskPtr& task) {
  std::shared_ptr<AttemptControl> attempt;
  {
    std::lock_guard lock(task->mutex);
    task->mirror.cancel_requested = true;
    attempt = task->attempt;
  }
  if (attempt) {
    attempt->stop(StopReason::cancel);
  } else {
    end_unstarted(task, TaskStatus::cancelled);
  }
}

void Scheduler::end_unstarted(const LiveTaskPtr& task, TaskStatus status) {
  {
    std::lock_guard lock(task->mutex);
    if (task->ended || task->attempt) return;
    task->ended = true;  // keeps it from being started; taken back when the store says no
  }
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;  // on disk it stays live; the next start ends it
    ++running_;             // joins like an attempt
  }
  group_.spawn("ending", strands_.next(), runtime::OnError::log, run_ending(task, status));
}

asio::awaitable<void> Scheduler::run_ending(LiveTaskPtr task, TaskStatus status) {
  const auto end = co_await finish_unstarted(context_, task, status);
  if (end.kind == AttemptEnd::Kind::again) {
    std::lock_guard lock(task->mutex);
    task->ended = false;
  }
  {
    std::lock_guard lock(mutex_);
    --running_;
    slot_freed_.notify_all();
  }
  settle(task, end);
  pump();
}

std::optional<std::size_t> Scheduler::position(const LiveTask& task) const {
  std::lock_guard lock(mutex_);
  std::string lane;
  {
    std::lock_guard task_lock(task.mutex);
    if (!task.queued) return std::nullopt;
    lane = task.held_in;
  }
  return lane.empty() ? ready_.position(task) : held_.position(lane, task);
}

void Scheduler::stop(std::chrono::milliseconds grace, const std::function<void()>& time_is_up) {
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    slot_freed_.wait_for(lock, grace, [this] { return running_ == 0; });
    time_is_up();
    for (const auto& [task, control] : attempts_) control->stop(StopReason::shutdown);
  }
  wake_timekeeper();
  group_.wait();
}

}  // namespace taskgate::engine
