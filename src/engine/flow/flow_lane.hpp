#pragma once
// One model of one provider (a provider has one key, so this is the triple of provider, model and
// key): whether an attempt may start, and what its end teaches. Pure.

#include "engine/flow/circuit_breaker.hpp"
#include "engine/flow/concurrency_limit.hpp"
#include "engine/flow/lane_statistics.hpp"
#include "engine/flow/retry_budget.hpp"
#include "taskgate/engine/flow_options.hpp"
#include "taskgate/engine/model_status.hpp"
#include "taskgate/providers/provider.hpp"

#include <optional>
#include <string>

namespace taskgate::engine {

/// What an attempt came to, as far as its upstream is concerned.
struct AttemptReport {
  bool reached = false;  ///< false: stopped before the upstream showed how it is
  std::optional<providers::FailureClass> failure;  ///< unset: a turn
  std::optional<std::chrono::milliseconds> retry_after;
  std::optional<std::chrono::milliseconds> first_token;
  std::chrono::milliseconds total{0};
};

/// Why an attempt may not start now.
enum class HoldReason {
  none,          ///< it may
  concurrency,   ///< as many as the upstream takes are under way
  rate_limit,    ///< the upstream asked to be left alone for a while
  breaker,       ///< the upstream fails
  retry_budget,  ///< too many retries already
};
const char* to_string(HoldReason reason) noexcept;

/// Not thread-safe: its owner locks.
class FlowLane {
 public:
  struct Gate {
    HoldReason reason = HoldReason::none;
    std::optional<runtime::SteadyTime> until;  ///< when to ask again; unset: when an attempt ends
  };
  struct Ticket {
    CircuitBreaker::Pass pass;
    std::uint64_t round = 0;
  };
  enum class Kind { first, retry };

  FlowLane(const FlowOptions& options, bool guarded);

  Gate ask(Kind kind, runtime::SteadyTime now) const;
  /// Precondition: ask() said none.
  Ticket start(Kind kind, runtime::SteadyTime now);
  /// A probe has brought the beginning of an answer: that is enough to let others through.
  void note_alive(const Ticket& ticket, runtime::SteadyTime now);
  void finish(const Ticket& ticket, const AttemptReport& report, runtime::SteadyTime now);
  /// The upstream said that there is no money: whoever has another model should use it.
  bool is_out_of_quota(runtime::SteadyTime now) const noexcept { return now < quota_until_; }

  int under_way() const noexcept { return under_way_; }
  /// How many more attempts may start now.
  int room(runtime::SteadyTime now) const;
  /// Worth showing: the upstream knows this model, or has trouble of its own.
  bool is_known() const noexcept { return known_; }
  void describe(ModelStatus& status, runtime::SteadyTime now) const;

 private:
  void learn(const Ticket& ticket, const AttemptReport& report, runtime::SteadyTime now);
  void pause(const AttemptReport& report, runtime::SteadyTime now);

  const bool guarded_;  // false: only statistics are kept
  CircuitBreaker breaker_;
  ConcurrencyLimit limit_;
  RetryBudget budget_;
  LatencyRing first_token_;
  LatencyRing total_;
  OutcomeCounts outcomes_;
  int under_way_ = 0;
  bool known_ = false;
  runtime::SteadyTime paused_until_{};
  runtime::SteadyTime quota_until_{};
};

}  // namespace taskgate::engine
