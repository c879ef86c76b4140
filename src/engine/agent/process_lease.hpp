#pragma once
// Until when this process may act on the tasks that it runs. Another one may take them over once
// the lease has run out; so a process that was stopped, or whose machine slept, must find out by
// itself that it has lost them before it sends anything.
//
// A heartbeat renews the lease. One that comes too late does not: it begins a new epoch, and
// attempts of the old one may record facts, and send nothing more.

#include "taskgate/core/boot_clock.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>

namespace taskgate::engine {

/// Thread-safe.
class ProcessLease {
 public:
  using Epoch = std::uint64_t;

  /// `duration` ≥ 1 ms: how long the lease outlives a heartbeat.
  explicit ProcessLease(std::chrono::milliseconds duration) : duration_(duration) { renew(); }

  /// The heartbeat. Returns the epoch that runs now.
  Epoch renew() {
    const std::lock_guard lock(mutex_);
    const auto now = BootClock::now();
    if (now >= until_) ++epoch_;
    until_ = now + duration_;
    return epoch_;
  }
  /// Until when whoever began in `epoch` may act; long ago when that is over.
  BootTime until(Epoch epoch) const {
    const std::lock_guard lock(mutex_);
    return epoch == epoch_ ? until_ : BootTime{};
  }
  bool holds(Epoch epoch) const { return BootClock::now() < until(epoch); }
  std::chrono::milliseconds heartbeat() const { return duration_ / 3; }

 private:
  const std::chrono::milliseconds duration_;
  mutable std::mutex mutex_;
  Epoch epoch_ = 0;
  BootTime until_{};
};

}  // namespace taskgate::engine
