// The scheduler's sense of time: tasks that wait for a moment or for a while, and a wall clock that
// may be set meanwhile.

#include "engine/backoff.hpp"
#include "engine/scheduler.hpp"
#include "taskgate/observe/log.hpp"
#include "taskgate/runtime/steady.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace taskgate::engine {

namespace asio = boost::asio;

namespace {

// The wall clock may jump; look at it at least this often while something waits for it.
constexpr std::chrono::milliseconds kLongestNap{1'000};
// Less than this is drift, not a jump.
constexpr std::chrono::milliseconds kLeastJump{30'000};

}  // namespace

void Scheduler::wake_at(TimePoint when, const LiveTaskPtr& task) {
  bool start = false;
  bool sooner = false;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    sooner = due_.empty() || when < due_.begin()->first;
    due_.emplace(when, task);
    if (due_.size() >= due_sweep_at_) {
      std::erase_if(due_, [](const auto& entry) { return entry.second.expired(); });
      due_sweep_at_ = 2 * due_.size() + 4096;
    }
    start = claim_timekeeper();
  }
  ensure_timekeeper(start, sooner);
}

// True: nobody keeps the time yet, and whoever asks has to start it. With mutex_ held.
bool Scheduler::claim_timekeeper() {
  if (keeping_time_) return false;
  keeping_time_ = true;
  clock_watch_.restart();
  return true;
}

void Scheduler::ensure_timekeeper(bool start, bool sooner) {
  if (start) {
    group_.spawn("timekeeper", time_strand_, runtime::OnError::log, keep_time());
  } else if (sooner) {
    wake_timekeeper();
  }
}

void Scheduler::wake_timekeeper() {
  asio::post(time_strand_, [time = time_] { time->cancel(); });
}

// Runs only while something waits for a time; an idle process has no timer.
asio::awaitable<void> Scheduler::keep_time() {
  for (;;) {
    const auto next = run_due();
    const auto lane_next = release_all();
    {
      std::lock_guard lock(mutex_);
      if (stopping_ || (due_.empty() && held_.size() == 0)) {
        keeping_time_ = false;
        co_return;
      }
    }
    auto delay = std::clamp(next - context_.clock.now(), std::chrono::milliseconds{0}, kLongestNap);
    if (lane_next) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(*lane_next - runtime::SteadyClock::now());
      delay = std::min(delay, std::max(left, std::chrono::milliseconds{1}));
    }
    time_->expires_after(delay);
    auto [error] = co_await time_->async_wait(asio::as_tuple(asio::use_awaitable));
    (void)error;  // cancelled: something is due sooner; a stop of the group surfaces at the next
                  // await
  }
}

// One that lies further ahead than the longest was reckoned on a clock that has been set back
// since: it is over.
TimePoint Scheduler::end_of_backoff(TimePoint reckoned) const {
  const auto now = context_.clock.now();
  return reckoned > now + longest_backoff(context_.options.backoff_max) ? now : reckoned;
}

// When the wall clock was set back, what waits for a while (a backoff) would wait as much longer;
// what waits for a time (not_before, a deadline) rightly does. Set forward, a backoff ends early,
// which is let be: one that began since is not to be told from one that began before. With mutex_
// held.
void Scheduler::follow_clock() {
  const auto jump = clock_watch_.jump();
  clock_watch_.restart();
  if (jump > -kLeastJump) return;
  log::warning("clock.was_set_back", {{"by_ms", jump.count()}});
  std::multimap<TimePoint, std::weak_ptr<LiveTask>> moved;
  for (const auto& [when, waiting] : due_) {
    const auto task = waiting.lock();
    if (!task) continue;
    auto at = when;
    {
      std::lock_guard task_lock(task->mutex);
      if (task->mirror.attempts > 0 && task->ready_at == when) task->ready_at = at = when + jump;
    }
    moved.emplace(at, waiting);
  }
  due_.swap(moved);
}

// Handles everything that is due; returns the next time.
TimePoint Scheduler::run_due() {
  std::vector<LiveTaskPtr> due;
  const auto now = context_.clock.now();
  auto next = TimePoint::max();
  {
    std::lock_guard lock(mutex_);
    follow_clock();
    while (!due_.empty() && due_.begin()->first <= now) {
      if (auto task = due_.begin()->second.lock()) due.push_back(std::move(task));
      due_.erase(due_.begin());
    }
    if (!due_.empty()) next = due_.begin()->first;
  }
  for (const auto& task : due) {
    bool ready = false;
    bool expired = false;
    std::shared_ptr<AttemptControl> attempt;
    bool held_too_long = false;
    {
      std::lock_guard lock(task->mutex);
      if (task->ended) continue;
      attempt = task->attempt;
      expired = task->deadline && *task->deadline <= now;
      held_too_long = task->hold_until && *task->hold_until <= now;
      ready = !task->queued && task->ready_at <= now;
    }
    if (attempt) {
      // It counts down to its deadline by itself; this is for a clock that was set forward.
      if (expired) attempt->stop(StopReason::deadline);
    } else if (expired) {
      end_unstarted(task, TaskStatus::expired);
    } else if (held_too_long) {
      end_unstarted(task, TaskStatus::failed);
    } else if (ready) {
      enqueue(task);
    }
  }
  return next;
}

}  // namespace taskgate::engine
