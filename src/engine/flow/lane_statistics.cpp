#include "engine/flow/lane_statistics.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace taskgate::engine {

using runtime::SteadyTime;

namespace {

constexpr std::int64_t kStepSeconds = 30;

std::int64_t period_of(SteadyTime now) {
  return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count() / kStepSeconds;
}

}  // namespace

void LatencyRing::add(std::chrono::milliseconds sample) noexcept {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  samples_[count_++ % kSamples] =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(sample.count(), 0, kMost));
}

// Nearest rank: the smallest sample that at least that share of the samples does not exceed.
std::optional<Quantiles> LatencyRing::quantiles() const {
  if (count_ == 0) return std::nullopt;
  const std::size_t used = std::min(count_, kSamples);
  std::vector<std::uint32_t> sorted(samples_.begin(),
                                    samples_.begin() + static_cast<std::ptrdiff_t>(used));
  std::sort(sorted.begin(), sorted.end());
  const auto rank = [&](std::size_t percent) {
    return static_cast<std::int64_t>(sorted[(used * percent + 99) / 100 - 1]);
  };
  Quantiles found;
  found.samples = used;
  found.p50_ms = rank(50);
  found.p95_ms = rank(95);
  found.p99_ms = rank(99);
  return found;
}

void OutcomeCounts::add(bool error, SteadyTime now) noexcept {
  const auto number = period_of(now);
  auto& step = steps_[static_cast<std::size_t>(number) % steps_.size()];
  if (step.number != number) {
    step = Step{};
    step.number = number;
  }
  ++step.counts.attempts;
  if (error) ++step.counts.errors;
}

OutcomeCounts::Sum OutcomeCounts::sum(SteadyTime now) const noexcept {
  const auto oldest = period_of(now) - static_cast<std::int64_t>(steps_.size());
  Sum total;
  for (const auto& step : steps_) {
    if (step.number <= oldest) continue;
    total.attempts += step.counts.attempts;
    total.errors += step.counts.errors;
  }
  return total;
}

}  // namespace taskgate::engine
