#pragma once
// What lately became of a model's attempts: latency quantiles and the share of errors, for /models.
// Bounded: a fixed ring of samples and a fixed window of counts.

#include "taskgate/engine/model_status.hpp"
#include "taskgate/runtime/steady.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace taskgate::engine {

/// The last 256 samples of one duration.
class LatencyRing {
 public:
  void add(std::chrono::milliseconds sample) noexcept;
  /// Unset when there are no samples.
  std::optional<Quantiles> quantiles() const;

 private:
  static constexpr std::size_t kSamples = 256;
  std::array<std::uint32_t, kSamples> samples_{};
  std::size_t count_ = 0;  // ever
};

/// Attempts that ended in the last five minutes.
class OutcomeCounts {
 public:
  static constexpr std::chrono::minutes kWindow{5};
  struct Sum {
    std::int64_t attempts = 0;
    std::int64_t errors = 0;
  };

  void add(bool error, runtime::SteadyTime now) noexcept;
  Sum sum(runtime::SteadyTime now) const noexcept;

 private:
  struct Step {
    std::int64_t number = -1;  // periods of 30 s since the clock's start
    Sum counts;
  };
  std::array<Step, 10> steps_{};
};

}  // namespace taskgate::engine
