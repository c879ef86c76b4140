#pragma once
// Time since the machine started, counting the time that it slept: what a lease is measured by. The
// wall clock can be set, and the steady clock stands still while the machine is suspended; to
// whoever waits for a lease to run out neither excuse counts.

#include <chrono>

namespace taskgate {

/// CLOCK_BOOTTIME (clock_gettime(2)): monotonic, goes on while a process is stopped or the machine
/// suspended.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
  /// Thread-safe.
  static time_point now() noexcept;
};

using BootTime = BootClock::time_point;

}  // namespace taskgate
