// What flow control adds to the scheduler: the choice of a model, and the tasks held back.

#include "engine/backoff.hpp"
#include "engine/scheduler.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace taskgate::engine {

namespace asio = boost::asio;
using runtime::SteadyClock;
using runtime::SteadyTime;

namespace {

// Half to one and a half of `wait`: those who were turned away together do not come back together.
std::chrono::milliseconds spread(std::chrono::milliseconds wait) {
  return std::chrono::milliseconds{
      static_cast<std::int64_t>(static_cast<double>(wait.count()) * (0.5 + uniform01()))};
}

bool is_outage(HoldReason reason) {
  return reason == HoldReason::breaker || reason == HoldReason::retry_budget;
}

}  // namespace

// Precondition: the task's mutex is held. Notes the choice in the task.
FlowControl::Choice Scheduler::choose_model(LiveTask& task) {
  const auto now = SteadyClock::now();
  const auto kind_of = [](int failures) {
    return failures > 0 ? FlowLane::Kind::retry : FlowLane::Kind::first;
  };
  FlowControl::Choice choice;
  std::size_t first = 0;
  if (!task.route) {
    const FlowControl::Candidate only{task.model, kind_of(task.failures)};
    choice = flow_.choose({&only, 1}, now);
  } else {
    first = task.route->current();
    std::vector<FlowControl::Candidate> candidates;
    for (std::size_t i = first; i < task.route->size(); ++i) {
      candidates.push_back({task.route->model(i), kind_of(task.route->failures(i))});
    }
    choice = flow_.choose(candidates, now);
  }
  task.held = choice.reason;
  if (choice.reason == HoldReason::none) task.choice = first + choice.index;
  if (!is_outage(choice.reason)) {
    task.hold_until.reset();
  }
  return choice;
}

void Scheduler::hold(const LiveTaskPtr& task, const FlowControl::Choice& choice) {
  const auto now = context_.clock.now();
  std::optional<TimePoint> patience;
  {
    std::lock_guard lock(task->mutex);
    if (is_outage(choice.reason) && !task->hold_until) {
      task->hold_until = patience = now + context_.options.flow.max_hold;
    }
  }
  if (patience) wake_at(*patience, task);
  if (choice.reason != HoldReason::retry_budget || !choice.until) return hold_in_lane(task, choice);
  // Not in the lane's queue: first attempts of other tasks are not to wait behind it.
  const auto wait = *choice.until - SteadyClock::now();
  const auto ready_at = now + spread(std::chrono::ceil<std::chrono::milliseconds>(wait));
  {
    std::lock_guard lock(task->mutex);
    task->ready_at = ready_at;
  }
  wake_at(ready_at, task);
}

void Scheduler::hold_in_lane(const LiveTaskPtr& task, const FlowControl::Choice& choice) {
  bool start = false;
  bool sooner = false;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    {
      std::lock_guard task_lock(task->mutex);
      if (task->ended || task->attempt || task->queued) return;
      task->queued = true;
      task->held_in = choice.lane;
    }
    sooner = choice.until.has_value() && !held_.has(choice.lane);
    held_.push(choice.lane, task);
    start = claim_timekeeper();
  }
  ensure_timekeeper(start, sooner);
  release(choice.lane);  // a place may have become free before the task stood in the queue
}

// Moves as many tasks as the lane has places for to the front of the ready queue.
void Scheduler::release(const std::string& lane) {
  std::lock_guard lock(mutex_);
  if (!held_.has(lane)) return;
  int room = flow_.room(lane, SteadyClock::now());
  std::vector<LiveTaskPtr> released;
  while (room > 0) {
    auto task = held_.pop(lane);
    if (!task) break;
    std::lock_guard task_lock(task->mutex);
    task->held_in.clear();
    if (task->ended) {
      task->queued = false;
      continue;
    }
    released.push_back(task);
    --room;
  }
  for (auto task = released.rbegin(); task != released.rend(); ++task) {
    ready_.push_front(std::move(*task));
  }
}

// Releases what may go in every lane; returns when one of the others opens.
std::optional<SteadyTime> Scheduler::release_all() {
  std::vector<std::string> lanes;
  {
    std::lock_guard lock(mutex_);
    lanes = held_.lanes();
  }
  if (lanes.empty()) return std::nullopt;
  for (const auto& lane : lanes) release(lane);
  pump();
  const auto now = SteadyClock::now();
  std::optional<SteadyTime> next;
  for (const auto& lane : lanes) {
    const auto opens = flow_.opens_at(lane, now);
    if (opens && (!next || *opens < *next)) next = opens;
  }
  return next;
}

void Scheduler::Permit::on_first_output() {
  if (!choice_.permit) return;
  owner_.flow_.note_alive(choice_, SteadyClock::now());
  owner_.release(FlowControl::name_of(choice_.permit));
  owner_.pump();
}

void Scheduler::Permit::on_turn_begin() {
  if (!choice_.permit) choice_ = owner_.flow_.start(model_, SteadyClock::now());
}

void Scheduler::Permit::on_turn_end(const AttemptReport& report) {
  if (!choice_.permit) return;
  owner_.flow_.finish(choice_, report, SteadyClock::now());
  const auto ended = std::exchange(choice_.permit, nullptr);
  model_ = FlowControl::name_of(ended);
  owner_.release(FlowControl::name_of(ended));
  owner_.pump();
}

asio::awaitable<AttemptEnd> Scheduler::learn_only(LiveTaskPtr task) {
  AttemptEnd end;
  end.kind = AttemptEnd::Kind::again;
  end.ready_at = context_.clock.now();
  const bool learned = co_await learn_route(context_, std::move(task));
  if (!learned) end.ready_at += std::chrono::seconds{1};
  co_return end;
}

std::vector<ModelStatus> Scheduler::models() const {
  auto all = flow_.status(SteadyClock::now());
  std::lock_guard lock(mutex_);
  for (auto& status : all) status.held = held_.size(status.model);
  return all;
}

}  // namespace taskgate::engine
