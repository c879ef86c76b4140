#include "engine/flow/retry_budget.hpp"

namespace taskgate::engine {

using runtime::SteadyTime;

namespace {

std::int64_t second_of(SteadyTime now) {
  return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
}

}  // namespace

RetryBudget::Step& RetryBudget::step(SteadyTime now) {
  const auto number = second_of(now);
  auto& place = steps_[static_cast<std::size_t>(number) % steps_.size()];
  if (place.number != number) {
    place = Step{};
    place.number = number;
  }
  return place;
}

void RetryBudget::note_request(SteadyTime now) {
  ++step(now).requests;
}

void RetryBudget::note_retry(SteadyTime now) {
  ++step(now).retries;
}

bool RetryBudget::may_retry(SteadyTime now) const {
  const auto oldest = second_of(now) - static_cast<std::int64_t>(steps_.size());
  std::int64_t requests = 0;
  std::int64_t retries = 0;
  for (const auto& step : steps_) {
    if (step.number <= oldest) continue;
    requests += step.requests;
    retries += step.retries;
  }
  return retries < policy_.floor + requests * policy_.percent / 100;
}

}  // namespace taskgate::engine
