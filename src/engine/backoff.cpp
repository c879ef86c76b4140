#include "engine/backoff.hpp"

#include <algorithm>
#include <random>

namespace taskgate::engine {

std::chrono::milliseconds backoff_delay(const BackoffPolicy& policy,
                                        int failures,
                                        std::optional<std::chrono::milliseconds> hint,
                                        double uniform01) {
  auto ceiling = policy.base;
  for (int i = 1; i < failures && ceiling < policy.max; ++i) ceiling *= 2;
  ceiling = std::min(ceiling, policy.max);
  const auto scaled = [&](std::chrono::milliseconds range) {
    return std::chrono::milliseconds{
        static_cast<std::int64_t>(static_cast<double>(range.count()) * uniform01)};
  };
  const auto jittered = scaled(ceiling);
  if (!hint) return jittered;
  const auto asked = std::clamp(*hint, std::chrono::milliseconds{0}, policy.longest_hint);
  return std::max(asked + scaled(asked / 10), jittered);
}

double uniform01() {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

}  // namespace taskgate::engine
