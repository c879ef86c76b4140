#include "engine/duration_history.hpp"

#include <algorithm>

namespace taskgate::engine {

void DurationHistory::record(const std::string& model, std::int64_t total_ms) {
  std::lock_guard lock(mutex_);
  if (rings_.size() >= kModels && !rings_.contains(model)) rings_.clear();
  auto& ring = rings_[model];
  ring.values[ring.count++ % kSamples] = total_ms;
  // Recomputing at every task would cost more than the estimate is worth once the ring is full.
  if (ring.count < kSamples || ring.count % 16 == 0) ring.cached.reset();
}

std::optional<std::int64_t> DurationHistory::median(const std::string& model) const {
  std::lock_guard lock(mutex_);
  const auto found = rings_.find(model);
  if (found == rings_.end() || found->second.count < kMinimum) return std::nullopt;
  auto& ring = found->second;
  if (!ring.cached) {
    auto sorted = ring.values;
    const auto used = static_cast<std::ptrdiff_t>(std::min(ring.count, kSamples));
    std::nth_element(sorted.begin(), sorted.begin() + used / 2, sorted.begin() + used);
    ring.cached = sorted[static_cast<std::size_t>(used / 2)];
  }
  return ring.cached;
}

}  // namespace taskgate::engine
