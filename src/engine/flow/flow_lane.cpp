#include "engine/flow/flow_lane.hpp"

#include <algorithm>

namespace taskgate::engine {

using providers::FailureClass;
using runtime::SteadyClock;
using runtime::SteadyTime;

namespace {

constexpr std::chrono::seconds kAskBudgetAgain{1};
constexpr std::chrono::minutes kLongestPause{5};  // an absurd Retry-After must not stop a model
constexpr std::chrono::minutes kQuotaMemory{1};
constexpr int kAfterOutage = 8;  // attempts at once when a breaker has closed

CircuitBreaker::Outcome outcome_of(const AttemptReport& report) {
  if (!report.reached) return CircuitBreaker::Outcome::unknown;
  if (!report.failure) return CircuitBreaker::Outcome::alive;
  switch (*report.failure) {
    case FailureClass::rate:
    case FailureClass::quota:
    case FailureClass::caller:
      return CircuitBreaker::Outcome::alive;
    case FailureClass::cancelled:
      return CircuitBreaker::Outcome::unknown;
    case FailureClass::overload:
    case FailureClass::server:
    case FailureClass::connect:
    case FailureClass::stream_cut:
    case FailureClass::malformed:
    case FailureClass::timeout:
      break;
  }
  return CircuitBreaker::Outcome::failed;
}

BreakerPolicy breaker_policy(const FlowOptions& options) {
  BreakerPolicy policy;
  policy.failures = options.breaker_failures;
  policy.open_for = options.breaker_open;
  policy.open_most = std::max(options.breaker_open, options.breaker_open_most);
  return policy;
}

ConcurrencyPolicy concurrency_policy(const FlowOptions& options) {
  ConcurrencyPolicy policy;
  policy.most = std::max(options.max_concurrency, 1);
  policy.initial = std::clamp(options.initial_concurrency, 1, policy.most);
  return policy;
}

RetryBudgetPolicy budget_policy(const FlowOptions& options) {
  RetryBudgetPolicy policy;
  policy.percent = options.retry_percent;
  policy.floor = options.retry_floor;
  return policy;
}

}  // namespace

const char* to_string(HoldReason reason) noexcept {
  switch (reason) {
    case HoldReason::concurrency:
      return "concurrency";
    case HoldReason::rate_limit:
      return "rate_limit";
    case HoldReason::breaker:
      return "breaker";
    case HoldReason::retry_budget:
      return "retry_budget";
    case HoldReason::none:
      break;
  }
  return "none";
}

FlowLane::FlowLane(const FlowOptions& options, bool guarded)
    : guarded_(guarded),
      breaker_(breaker_policy(options)),
      limit_(concurrency_policy(options)),
      budget_(budget_policy(options)) {}

FlowLane::Gate FlowLane::ask(Kind kind, SteadyTime now) const {
  Gate gate;
  if (!guarded_) return gate;
  if (!breaker_.may_pass(now)) {
    gate.reason = HoldReason::breaker;
    gate.until = breaker_.opens_up_at();
  } else if (now < paused_until_) {
    gate.reason = HoldReason::rate_limit;
    gate.until = paused_until_;
  } else if (under_way_ >= limit_.limit()) {
    gate.reason = HoldReason::concurrency;
  } else if (kind == Kind::retry && !budget_.may_retry(now)) {
    gate.reason = HoldReason::retry_budget;
    gate.until = now + kAskBudgetAgain;
  }
  return gate;
}

FlowLane::Ticket FlowLane::start(Kind kind, SteadyTime now) {
  ++under_way_;
  if (kind == Kind::retry) {
    budget_.note_retry(now);
  } else {
    budget_.note_request(now);
  }
  Ticket ticket;
  ticket.pass = breaker_.pass(now);
  ticket.round = limit_.round();
  return ticket;
}

int FlowLane::room(SteadyTime now) const {
  const auto gate = ask(Kind::first, now);
  if (gate.reason != HoldReason::none) return 0;
  if (breaker_.state(now) == BreakerState::half_open) return 1;
  return limit_.limit() - under_way_;
}

void FlowLane::note_alive(const Ticket& ticket, SteadyTime now) {
  if (!ticket.pass.probe) return;
  if (breaker_.settle(ticket.pass, CircuitBreaker::Outcome::alive, now))
    limit_.restart(kAfterOutage);
}

void FlowLane::finish(const Ticket& ticket, const AttemptReport& report, SteadyTime now) {
  if (report.reached) {
    outcomes_.add(report.failure.has_value(), now);
    if (!report.failure) {
      total_.add(report.total);
      if (report.first_token) first_token_.add(*report.first_token);
    }
    if (!report.failure || *report.failure != FailureClass::caller) known_ = true;
  }
  if (guarded_) learn(ticket, report, now);
  --under_way_;
}

void FlowLane::learn(const Ticket& ticket, const AttemptReport& report, SteadyTime now) {
  if (breaker_.settle(ticket.pass, outcome_of(report), now)) limit_.restart(kAfterOutage);
  if (!report.reached) return;
  if (!report.failure) {
    limit_.on_success(under_way_);
  } else if (*report.failure == FailureClass::rate || *report.failure == FailureClass::overload) {
    limit_.on_congestion(ticket.round, under_way_);
    pause(report, now);
  } else if (*report.failure == FailureClass::quota) {
    quota_until_ = now + kQuotaMemory;
  }
}

void FlowLane::pause(const AttemptReport& report, SteadyTime now) {
  if (!report.retry_after) return;
  const auto asked = std::clamp<std::chrono::milliseconds>(
      *report.retry_after, std::chrono::milliseconds{0}, kLongestPause);
  paused_until_ = std::max(paused_until_, now + asked);
}

void FlowLane::describe(ModelStatus& status, SteadyTime now) const {
  const auto left = [&](SteadyTime until) {
    return std::chrono::ceil<std::chrono::milliseconds>(
        std::max(until - now, SteadyClock::duration{}));
  };
  status.breaker = to_string(breaker_.state(now));
  if (const auto until = breaker_.opens_up_at(); until && *until > now)
    status.probe_in = left(*until);
  if (paused_until_ > now) status.paused_for = left(paused_until_);
  if (guarded_) status.concurrency_limit = limit_.limit();
  status.in_flight = under_way_;
  const auto sum = outcomes_.sum(now);
  status.attempts = sum.attempts;
  status.errors = sum.errors;
  status.first_token = first_token_.quantiles();
  status.total = total_.quantiles();
}

}  // namespace taskgate::engine
