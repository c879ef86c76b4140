#include "taskgate/core/boot_clock.hpp"

#include <ctime>

namespace taskgate {

BootTime BootClock::now() noexcept {
  timespec now{};
  // Cannot fail: the clock is there since Linux 2.6.39, and `now` is ours.
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return BootTime(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace taskgate
