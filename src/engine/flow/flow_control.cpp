#include "engine/flow/flow_control.hpp"

#include "engine/flow/route.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace taskgate::engine {

using runtime::SteadyTime;

struct FlowControl::Lane {
  Lane(std::string called, const FlowOptions& options, bool guarded)
      : name(std::move(called)), lane(options, guarded) {}
  const std::string name;
  FlowLane lane;
};

namespace {

bool is_simulated(std::string_view model) {
  return model.starts_with("sim/");
}

// Whether a later candidate should be tried instead of waiting for this one.
bool is_out(const FlowLane::Gate& gate, SteadyTime now) {
  switch (gate.reason) {
    case HoldReason::breaker:
    case HoldReason::retry_budget:
      return true;
    case HoldReason::rate_limit:
      return gate.until && *gate.until - now > kWorthWaiting;
    case HoldReason::none:
    case HoldReason::concurrency:
      break;
  }
  return false;
}

bool is_sooner(const std::optional<SteadyTime>& a, const std::optional<SteadyTime>& b) {
  if (!a || !b) return !a && b;  // unset: at the end of an attempt, which is under way
  return *a < *b;
}

}  // namespace

// Passing over a model without quota costs nothing when another can take the task; without another
// the task is sent all the same, so that its owner hears the provider's own words.
FlowControl::Choice FlowControl::choose(std::span<const Candidate> candidates, SteadyTime now) {
  std::lock_guard lock(mutex_);
  Choice best;
  const auto start = [&](std::size_t index, const std::shared_ptr<Lane>& lane) {
    Choice choice;
    choice.index = index;
    choice.ticket = lane->lane.start(candidates[index].kind, now);
    choice.permit = lane;
    return choice;
  };
  std::optional<std::size_t> without_quota;
  bool is_worth_waiting = false;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto& lane = lane_of(candidates[i].model);
    const auto gate = lane->lane.ask(candidates[i].kind, now);
    if (gate.reason == HoldReason::none) {
      if (i + 1 == candidates.size() || !lane->lane.is_out_of_quota(now)) return start(i, lane);
      if (!without_quota) without_quota = i;
      continue;
    }
    const bool first = best.reason == HoldReason::none;
    const bool busy = !is_out(gate, now);
    if (first || busy || is_sooner(gate.until, best.until)) {
      best.reason = gate.reason;
      best.index = i;
      best.lane = lane->name;
      best.until = gate.until;
    }
    is_worth_waiting = busy;
    if (busy) break;
  }
  if (without_quota && !is_worth_waiting) {
    return start(*without_quota, lane_of(candidates[*without_quota].model));
  }
  return best;
}

FlowControl::Choice FlowControl::start(std::string_view model, SteadyTime now) {
  std::lock_guard lock(mutex_);
  Choice choice;
  choice.permit = lane_of(model);
  choice.ticket = choice.permit->lane.start(FlowLane::Kind::first, now);
  return choice;
}

void FlowControl::note_alive(const Choice& choice, SteadyTime now) {
  std::lock_guard lock(mutex_);
  choice.permit->lane.note_alive(choice.ticket, now);
}

void FlowControl::finish(const Choice& choice, const AttemptReport& report, SteadyTime now) {
  std::lock_guard lock(mutex_);
  choice.permit->lane.finish(choice.ticket, report, now);
}

const std::string& FlowControl::name_of(const std::shared_ptr<Lane>& permit) {
  return permit->name;
}

int FlowControl::room(const std::string& lane, SteadyTime now) const {
  std::lock_guard lock(mutex_);
  const auto found = lanes_.find(lane);
  if (found == lanes_.end()) return std::max(options_.initial_concurrency, 1);
  return (*found->second)->lane.room(now);
}

std::optional<SteadyTime> FlowControl::opens_at(const std::string& lane, SteadyTime now) const {
  std::lock_guard lock(mutex_);
  const auto found = lanes_.find(lane);
  if (found == lanes_.end()) return now;
  const auto gate = (*found->second)->lane.ask(FlowLane::Kind::first, now);
  if (gate.reason == HoldReason::none) return now;
  return gate.until;
}

std::vector<ModelStatus> FlowControl::status(SteadyTime now) const {
  std::vector<ModelStatus> all;
  {
    std::lock_guard lock(mutex_);
    for (const auto& lane : used_) {
      if (!lane->lane.is_known()) continue;
      ModelStatus status;
      status.model = lane->name;
      lane->lane.describe(status, now);
      all.push_back(std::move(status));
    }
  }
  std::sort(all.begin(), all.end(),
            [](const ModelStatus& a, const ModelStatus& b) { return a.model < b.model; });
  return all;
}

// Precondition of the private functions: the mutex is held.
const std::shared_ptr<FlowControl::Lane>& FlowControl::lane_of(std::string_view model) {
  const auto found = lanes_.find(model);
  if (found != lanes_.end()) {
    used_.splice(used_.begin(), used_, found->second);
    return used_.front();
  }
  if (lanes_.size() < kMaxLanes || forget_one()) return add_lane(model);
  // Beyond the bound by one lane for each provider at most.
  const std::string shared(model.substr(0, model.find('/')));
  const auto crowded = lanes_.find(shared + "/*");
  return crowded != lanes_.end() ? *crowded->second : add_lane(shared + "/*");
}

const std::shared_ptr<FlowControl::Lane>& FlowControl::add_lane(std::string_view name) {
  const bool guarded = options_.guard_simulator || !is_simulated(name);
  used_.push_front(std::make_shared<Lane>(std::string(name), options_, guarded));
  lanes_.emplace(std::string(name), used_.begin());
  return used_.front();
}

bool FlowControl::forget_one() {
  for (auto oldest = used_.end(); oldest != used_.begin();) {
    --oldest;
    if ((*oldest)->lane.under_way() > 0) continue;
    lanes_.erase((*oldest)->name);
    used_.erase(oldest);
    return true;
  }
  return false;
}

}  // namespace taskgate::engine
