#pragma once
// Keeps attempts away from an upstream that fails: closed (all may pass), open (none may),
// half-open (one probe decides). Pure: time comes in as an argument.

#include "taskgate/runtime/steady.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace taskgate::engine {

struct BreakerPolicy {
  int failures = 20;                            ///< of the last 32 outcomes; 0: never opens
  std::chrono::milliseconds window{60'000};     ///< older outcomes do not count
  std::chrono::milliseconds open_for{5'000};    ///< before the first probe
  std::chrono::milliseconds open_most{60'000};  ///< each failed probe doubles open_for up to this
};

enum class BreakerState { closed, open, half_open };
const char* to_string(BreakerState state) noexcept;

/// Not thread-safe: its owner locks.
class CircuitBreaker {
 public:
  /// What an attempt carries from its start to its end.
  struct Pass {
    std::uint64_t era = 0;  ///< outcomes of attempts that began before the last change do not count
    bool probe = false;
  };
  enum class Outcome {
    alive,    ///< the upstream did its work, or refused for a reason of ours
    failed,   ///< it did not
    unknown,  ///< the attempt was stopped before it could tell
  };

  explicit CircuitBreaker(BreakerPolicy policy) : policy_(policy) {}

  BreakerState state(runtime::SteadyTime now) const noexcept;
  /// An attempt may start now.
  bool may_pass(runtime::SteadyTime now) const noexcept;
  /// Precondition: may_pass(now).
  Pass pass(runtime::SteadyTime now) noexcept;
  /// True when this outcome closed a breaker that had been open.
  bool settle(Pass pass, Outcome outcome, runtime::SteadyTime now) noexcept;
  /// While open: when a probe may start. Unset while a probe is under way, and when closed.
  std::optional<runtime::SteadyTime> opens_up_at() const noexcept;

 private:
  static constexpr std::size_t kOutcomes = 32;
  struct Entry {
    runtime::SteadyTime at{};
    bool failed = false;
  };
  void note(bool failed, runtime::SteadyTime now) noexcept;
  int recent_failures(runtime::SteadyTime now) const noexcept;
  void open(std::chrono::milliseconds duration, runtime::SteadyTime now) noexcept;

  BreakerPolicy policy_;
  std::array<Entry, kOutcomes> outcomes_{};
  std::size_t noted_ = 0;  // ever, in this era
  std::uint64_t era_ = 0;
  bool closed_ = true;
  bool probing_ = false;
  std::chrono::milliseconds duration_{0};  // of the current opening
  runtime::SteadyTime until_{};
};

}  // namespace taskgate::engine
