#include "engine/scheduler.hpp"

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

namespace {

// The wall clock may jump; look at it at least this often while something waits for it.
constexpr std::chrono::milliseconds kLongestNap{1'000};

}  // namespace

Scheduler::Scheduler(const AttemptContext& context,
                     asio::any_io_executor workers,
                     Admission& admission,
                     DurationHistory& history,
                     runtime::ErrorReporter reporter)
    : context_(context),
      workers_(std::move(workers)),
      admission_(admission),
      history_(history),
      time_strand_(asio::make_strand(workers_)),
      time_(time_strand_),
      group_(std::move(reporter)) {}

void Scheduler::add(const LiveTaskPtr& task) {
  if (task->deadline) wake_at(*task->deadline, task);
  TimePoint ready_at;
  {
    std::lock_guard lock(task->mutex);
    ready_at = task->ready_at;
  }
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
  auto control = std::make_shared<AttemptControl>(asio::make_strand(workers_));
  {
    std::lock_guard lock(task->mutex);
    task->queued = false;
    if (task->ended || task->attempt) return false;
    const int interruptions = task->mirror.attempts - task->failures;
    if (task->mirror.cancel_requested) {
      ending = TaskStatus::cancelled;
    } else if (task->deadline && *task->deadline <= context_.clock.now()) {
      ending = TaskStatus::expired;
    } else if (interruptions > context_.options.max_interruptions) {
      ending = TaskStatus::failed;
    } else {
      task->attempt = control;
    }
  }
  if (ending != TaskStatus::queued) {
    end_unstarted(task, ending);
    return false;
  }
  group_.spawn("attempt", control->strand(), runtime::OnError::log, run_slot(task, control));
  return true;
}

asio::awaitable<void> Scheduler::run_slot(LiveTaskPtr task,
                                          std::shared_ptr<AttemptControl> control) {
  store::Fence fence = 0;
  {
    std::lock_guard lock(mutex_);
    fence = (context_.store.generation() << 32) | ++fences_;
    attempts_.emplace(task.get(), control);
    if (stopping_) control->stop(StopReason::shutdown);
  }
  const auto end = co_await run_attempt(context_, task, control, fence);
  {
    std::lock_guard lock(task->mutex);
    task->attempt.reset();
  }
  {
    std::lock_guard lock(mutex_);
    attempts_.erase(task.get());
    --running_;
    slot_freed_.notify_all();
  }
  settle(task, end);
  pump();
}

void Scheduler::settle(const LiveTaskPtr& task, const AttemptEnd& end) {
  if (end.kind == AttemptEnd::Kind::finished) {
    {
      std::lock_guard lock(task->mutex);
      task->ended = true;
    }
    admission_.leave(task->ref.tenant, task->body_bytes, std::chrono::steady_clock::now());
    if (end.status == TaskStatus::success || end.status == TaskStatus::partial_success) {
      history_.record(task->model, (context_.clock.now() - task->created_at).count());
    }
    return;
  }
  if (end.kind != AttemptEnd::Kind::again) return;
  {
    std::lock_guard lock(task->mutex);
    task->ready_at = end.ready_at;
  }
  if (end.ready_at > context_.clock.now()) {
    wake_at(end.ready_at, task);
  } else {
    enqueue(task);
  }
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
  group_.spawn("ending", asio::make_strand(workers_), runtime::OnError::log,
               run_ending(task, status));
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
  {
    std::lock_guard task_lock(task.mutex);
    if (!task.queued) return std::nullopt;
  }
  return ready_.position(task);
}

void Scheduler::wake_at(TimePoint when, const LiveTaskPtr& task) {
  bool start = false;
  bool sooner = false;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    sooner = due_.empty() || when < due_.begin()->first;
    due_.emplace(when, task);
    start = !keeping_time_;
    keeping_time_ = true;
  }
  if (start) {
    group_.spawn("timekeeper", time_strand_, runtime::OnError::log, keep_time());
  } else if (sooner) {
    asio::post(time_strand_, [this] { time_.cancel(); });
  }
}

// Runs only while something waits for a time; an idle process has no timer.
asio::awaitable<void> Scheduler::keep_time() {
  for (;;) {
    const auto next = run_due();
    {
      std::lock_guard lock(mutex_);
      if (stopping_ || due_.empty()) {
        keeping_time_ = false;
        co_return;
      }
    }
    const auto delay =
        std::clamp(next - context_.clock.now(), std::chrono::milliseconds{0}, kLongestNap);
    time_.expires_after(delay);
    auto [error] = co_await time_.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)error;  // cancelled: something is due sooner; a stop of the group surfaces at the next
                  // await
  }
}

// Handles everything that is due; returns the next time.
TimePoint Scheduler::run_due() {
  std::vector<LiveTaskPtr> due;
  const auto now = context_.clock.now();
  auto next = TimePoint::max();
  {
    std::lock_guard lock(mutex_);
    while (!due_.empty() && due_.begin()->first <= now) {
      if (auto task = due_.begin()->second.lock()) due.push_back(std::move(task));
      due_.erase(due_.begin());
    }
    if (!due_.empty()) next = due_.begin()->first;
  }
  for (const auto& task : due) {
    bool ready = false;
    bool expired = false;
    {
      std::lock_guard lock(task->mutex);
      if (task->ended || task->attempt) continue;  // a running attempt keeps its own deadline
      expired = task->deadline && *task->deadline <= now;
      ready = !task->queued && task->ready_at <= now;
    }
    if (expired) {
      end_unstarted(task, TaskStatus::expired);
    } else if (ready) {
      enqueue(task);
    }
  }
  return next;
}

void Scheduler::stop(std::chrono::milliseconds grace) {
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    slot_freed_.wait_for(lock, grace, [this] { return running_ == 0; });
    for (const auto& [task, control] : attempts_) control->stop(StopReason::shutdown);
  }
  asio::post(time_strand_, [this] { time_.cancel(); });
  group_.wait();
}

}  // namespace taskgate::engine
