#pragma once
// How long to wait before an attempt is repeated. Pure, but for uniform01().

#include <chrono>
#include <optional>

namespace taskgate::engine {

/// No upstream's hint holds a task back for longer.
inline constexpr std::chrono::milliseconds kLongestRetryAfter{300'000};

/// No backoff is longer than this, hint and jitter included.
constexpr std::chrono::milliseconds longest_backoff(std::chrono::milliseconds max) {
  return (max > kLongestRetryAfter ? max : kLongestRetryAfter) * 11 / 10;
}

struct BackoffPolicy {
  std::chrono::milliseconds base{500};
  std::chrono::milliseconds max{30'000};
  std::chrono::milliseconds longest_hint =
      kLongestRetryAfter;  ///< an upstream's Retry-After beyond this is cut to it
};

/// Full jitter ("Exponential Backoff And Jitter", AWS architecture blog, 2015): uniform in
/// [0, min(max, base · 2^(failures-1))]. An upstream's own hint is a lower bound, jittered upwards
/// by 10 %. `failures` counts from 1; `uniform01` is a random number in [0, 1).
std::chrono::milliseconds backoff_delay(const BackoffPolicy& policy,
                                        int failures,
                                        std::optional<std::chrono::milliseconds> hint,
                                        double uniform01);

/// A random number in [0, 1). Thread-safe.
double uniform01();

}  // namespace taskgate::engine
