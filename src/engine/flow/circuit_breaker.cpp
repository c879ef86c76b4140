#include "engine/flow/circuit_breaker.hpp"

#include <algorithm>

namespace taskgate::engine {

using runtime::SteadyTime;

const char* to_string(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::closed:
      return "closed";
    case BreakerState::open:
      return "open";
    case BreakerState::half_open:
      break;
  }
  return "half_open";
}

BreakerState CircuitBreaker::state(SteadyTime now) const noexcept {
  if (closed_) return BreakerState::closed;
  return probing_ || now >= until_ ? BreakerState::half_open : BreakerState::open;
}

bool CircuitBreaker::may_pass(SteadyTime now) const noexcept {
  return closed_ || (!probing_ && now >= until_);
}

CircuitBreaker::Pass CircuitBreaker::pass(SteadyTime now) noexcept {
  Pass given;
  given.era = era_;
  given.probe = !closed_ && now >= until_;
  if (given.probe) probing_ = true;
  return given;
}

bool CircuitBreaker::settle(Pass pass, Outcome outcome, SteadyTime now) noexcept {
  if (pass.era != era_) return false;
  if (!pass.probe) {
    if (!closed_ || outcome == Outcome::unknown) return false;
    note(outcome == Outcome::failed, now);
    if (policy_.failures > 0 && recent_failures(now) >= policy_.failures) {
      open(policy_.open_for, now);
    }
    return false;
  }
  probing_ = false;
  switch (outcome) {
    case Outcome::unknown:
      return false;  // the next attempt is the probe
    case Outcome::failed:
      open(std::min(2 * duration_, policy_.open_most), now);
      return false;
    case Outcome::alive:
      break;
  }
  closed_ = true;
  noted_ = 0;
  ++era_;
  return true;
}

std::optional<SteadyTime> CircuitBreaker::opens_up_at() const noexcept {
  if (closed_ || probing_) return std::nullopt;
  return until_;
}

void CircuitBreaker::note(bool failed, SteadyTime now) noexcept {
  auto& entry = outcomes_[noted_++ % kOutcomes];
  entry.at = now;
  entry.failed = failed;
}

int CircuitBreaker::recent_failures(SteadyTime now) const noexcept {
  const auto used = static_cast<std::ptrdiff_t>(std::min(noted_, kOutcomes));
  return static_cast<int>(std::count_if(
      outcomes_.begin(), outcomes_.begin() + used,
      [&](const Entry& entry) { return entry.failed && now - entry.at <= policy_.window; }));
}

void CircuitBreaker::open(std::chrono::milliseconds duration, SteadyTime now) noexcept {
  closed_ = false;
  probing_ = false;
  duration_ = duration;
  until_ = now + duration;
  ++era_;
}

}  // namespace taskgate::engine
