#include "engine/admission.hpp"

#include <algorithm>
#include <cmath>

namespace taskgate::engine {

Result<void> Admission::enter(const std::string& tenant, std::size_t bytes) {
  std::lock_guard lock(mutex_);
  auto& mine = per_tenant_[tenant];
  if (mine >= limits_.max_live_tasks_per_tenant) {
    return refusal(Errc::rate_limited, "this tenant has as many unfinished tasks as it may have",
                   mine / 20 + 1);
  }
  if (tasks_ >= limits_.max_live_tasks || bytes_ + bytes > limits_.max_live_bytes) {
    if (mine == 0) per_tenant_.erase(tenant);
    return refusal(Errc::overloaded, "the server has as many unfinished tasks as it can hold",
                   tasks_ / 20 + 1);
  }
  ++mine;
  ++tasks_;
  bytes_ += bytes;
  return {};
}

void Admission::restore(const std::string& tenant, std::size_t bytes) {
  std::lock_guard lock(mutex_);
  ++per_tenant_[tenant];
  ++tasks_;
  bytes_ += bytes;
}

void Admission::withdraw(const std::string& tenant, std::size_t bytes) {
  std::lock_guard lock(mutex_);
  release(tenant, bytes);
}

void Admission::leave(const std::string& tenant,
                      std::size_t bytes,
                      std::chrono::steady_clock::time_point now) {
  std::lock_guard lock(mutex_);
  release(tenant, bytes);
  ++window_count_;
  const std::chrono::duration<double> elapsed = now - window_start_;
  if (elapsed.count() < 1.0) return;
  const double rate = elapsed.count() > 60.0 ? static_cast<double>(window_count_)
                                             : static_cast<double>(window_count_) / elapsed.count();
  drain_rate_ = drain_rate_ == 0.0 ? rate : 0.7 * drain_rate_ + 0.3 * rate;
  window_count_ = 0;
  window_start_ = now;
}

std::size_t Admission::live() const {
  std::lock_guard lock(mutex_);
  return tasks_;
}

void Admission::release(const std::string& tenant, std::size_t bytes) {
  if (tasks_ > 0) --tasks_;
  bytes_ -= std::min(bytes_, bytes);
  const auto mine = per_tenant_.find(tenant);
  if (mine != per_tenant_.end() && --mine->second == 0) per_tenant_.erase(mine);
}

// Waiting until 5 % of the places are free again keeps a crowd from coming back for one place each.
Error Admission::refusal(Errc code, std::string message, std::size_t excess) const {
  double seconds = drain_rate_ > 0.0 ? std::ceil(static_cast<double>(excess) / drain_rate_) : 2.0;
  seconds = std::clamp(seconds, 1.0, 300.0);
  Error error(code, std::move(message));
  error.with_retry_after(std::chrono::seconds{static_cast<std::int64_t>(seconds)});
  return error;
}

}  // namespace taskgate::engine
