#pragma once
// Keeps retries a small part of the requests, so that an upstream in trouble is not sent a multiple
// of its usual load. A floor lets a lone task retry all the same. Pure.

#include "taskgate/runtime/steady.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace taskgate::engine {

struct RetryBudgetPolicy {
  int percent = 10;  ///< retries per hundred requests, over the window
  int floor = 10;    ///< retries that are allowed in a window whatever the requests
};

/// A sliding window of ten seconds in steps of one. Not thread-safe: its owner locks.
class RetryBudget {
 public:
  static constexpr std::chrono::seconds kWindow{10};

  explicit RetryBudget(RetryBudgetPolicy policy) : policy_(policy) {}

  /// A task's first attempt begins.
  void note_request(runtime::SteadyTime now);
  bool may_retry(runtime::SteadyTime now) const;
  /// A retry begins. Precondition: may_retry(now).
  void note_retry(runtime::SteadyTime now);

 private:
  struct Step {
    std::int64_t number = -1;  // seconds since the clock's start
    std::int64_t requests = 0;
    std::int64_t retries = 0;
  };
  Step& step(runtime::SteadyTime now);

  RetryBudgetPolicy policy_;
  std::array<Step, 10> steps_{};
};

}  // namespace taskgate::engine
