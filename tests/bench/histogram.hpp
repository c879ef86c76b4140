#pragma once
// Latencies counted in buckets of ~3 % width: constant memory, no allocation while measuring.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace taskgate::bench {

class Histogram {
 public:
  void add(std::uint64_t nanoseconds) {
    ++buckets_[index(nanoseconds)];
    ++count_;
  }
  std::uint64_t count() const { return count_; }
  /// Microseconds below which that share (0..1) of the values lies; 0 when empty.
  double quantile_us(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > wanted || (seen == count_ && seen > 0)) return middle(i) / 1000.0;
    }
    return 0;
  }

 private:
  static constexpr unsigned kBits = 5;  // 32 buckets to each doubling
  static constexpr std::size_t kSteps = std::size_t{1} << kBits;

  static std::size_t index(std::uint64_t value) {
    if (value < kSteps) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
    return (shift + 1) * kSteps + ((value >> shift) & (kSteps - 1));
  }
  static double middle(std::size_t bucket) {
    if (bucket < kSteps) return static_cast<double>(bucket);
    const auto shift = bucket / kSteps - 1;
    const auto low = (kSteps + bucket % kSteps) << shift;
    return static_cast<double>(low) + static_cast<double>(std::uint64_t{1} << shift) / 2;
  }

  std::array<std::uint64_t, 64 * kSteps> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace taskgate::bench
