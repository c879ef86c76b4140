#pragma once
// Notices that the machine's wall clock was set, by comparing it with the steady one. For those who
// wait for a while but have to write the end down as a time of the wall clock.

#include "taskgate/core/clock.hpp"

#include <chrono>

namespace taskgate {

/// For one thread, or under a lock.
class JumpWatch {
 public:
  /// `clock` outlives it.
  explicit JumpWatch(const Clock& clock) : clock_(clock) { restart(); }

  /// By how much the wall clock was set since restart(): positive when forward. Some milliseconds
  /// are the difference between the two clocks' rates, no jump.
  std::chrono::milliseconds jump() const {
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - steady_);
    return clock_.now() - wall_ - passed;
  }
  void restart() {
    wall_ = clock_.now();
    steady_ = std::chrono::steady_clock::now();
  }

 private:
  const Clock& clock_;
  TimePoint wall_;
  std::chrono::steady_clock::time_point steady_;
};

}  // namespace taskgate
