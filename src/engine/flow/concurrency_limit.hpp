#pragma once
// How many attempts an upstream takes at once, found out by trying: doubling each round at first,
// one more each round near the last trouble, half of what was under way when the upstream says "too
// many" (additive increase, multiplicative decrease; the names of TCP's congestion control, RFC
// 5681 §3.1). Pure.

#include <cstdint>

namespace taskgate::engine {

struct ConcurrencyPolicy {
  int initial = 128;  ///< ≥ 1
  int most = 1024;    ///< ≥ initial
};

/// Not thread-safe: its owner locks.
class ConcurrencyLimit {
 public:
  explicit ConcurrencyLimit(ConcurrencyPolicy policy);

  /// ≥ 1.
  int limit() const noexcept { return static_cast<int>(limit_); }
  /// An attempt remembers the round that it began in: trouble of an earlier round has been answered
  /// already and halves nothing again.
  std::uint64_t round() const noexcept { return round_; }
  /// An attempt ended well, `under_way` (itself included) having run at once.
  void on_success(int under_way) noexcept;
  /// An attempt of `round` was told that there are too many.
  void on_congestion(std::uint64_t round, int under_way) noexcept;
  /// Begins again from `limit`, carefully: after an outage.
  void restart(int limit) noexcept;

 private:
  ConcurrencyPolicy policy_;
  double limit_;
  double threshold_;  // below it the limit doubles each round, from it on it grows by one
  std::uint64_t round_ = 0;
};

}  // namespace taskgate::engine
