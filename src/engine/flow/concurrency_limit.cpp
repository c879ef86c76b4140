#include "engine/flow/concurrency_limit.hpp"

#include <algorithm>

namespace taskgate::engine {

ConcurrencyLimit::ConcurrencyLimit(ConcurrencyPolicy policy)
    : policy_(policy),
      limit_(std::max(policy.initial, 1)),
      threshold_(std::max(policy.most, policy.initial)) {}

void ConcurrencyLimit::on_success(int under_way) noexcept {
  // A limit that is not being reached says nothing about what lies above it.
  if (2 * under_way < limit()) return;
  limit_ += limit_ < threshold_ ? 1.0 : 1.0 / limit_;
  limit_ = std::min(limit_, static_cast<double>(std::max(policy_.most, 1)));
}

void ConcurrencyLimit::on_congestion(std::uint64_t round, int under_way) noexcept {
  if (round < round_) return;
  ++round_;
  threshold_ = std::max(limit_ / 2, 1.0);
  limit_ = std::max(std::min(limit_, static_cast<double>(under_way)) / 2, 1.0);
}

void ConcurrencyLimit::restart(int limit) noexcept {
  ++round_;
  threshold_ = std::max(limit_ / 2, 1.0);
  limit_ = std::max(std::min(limit_, static_cast<double>(limit)), 1.0);
}

}  // namespace taskgate::engine
