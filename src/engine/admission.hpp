#pragma once
// The door: how much live work may be inside at once, and how long a caller who is turned away
// should wait. Thread-safe.

#include "taskgate/core/clock.hpp"
#include "taskgate/core/result.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace taskgate::engine {

struct AdmissionLimits {
  std::size_t max_live_tasks = 100'000;     ///< queued, running and waiting, all tenants
  std::size_t max_live_bytes = 512U << 20;  ///< of their request bodies
  std::size_t max_live_tasks_per_tenant = 50'000;
};

class Admission {
 public:
  explicit Admission(AdmissionLimits limits) : limits_(limits) {}

  /// Takes a place for one task. Errors: rate_limited (the tenant is full), overloaded (the server
  /// is), both with retry_after computed from how fast places have lately become free.
  Result<void> enter(const std::string& tenant, std::size_t bytes);
  /// Counts a task that is inside already (recovery): never refused.
  void restore(const std::string& tenant, std::size_t bytes);
  /// Gives a place back without having done work (the submission was a replay or failed).
  void withdraw(const std::string& tenant, std::size_t bytes);
  /// Gives the place of a finished task back; feeds the drain rate.
  void leave(const std::string& tenant,
             std::size_t bytes,
             std::chrono::steady_clock::time_point now);

  std::size_t live() const;

 private:
  Error refusal(Errc code, std::string message, std::size_t excess) const;
  void release(const std::string& tenant, std::size_t bytes);

  const AdmissionLimits limits_;
  mutable std::mutex mutex_;
  std::size_t tasks_ = 0;
  std::size_t bytes_ = 0;
  std::unordered_map<std::string, std::size_t> per_tenant_;
  // Finished tasks per second: an exponential average over windows of one second.
  double drain_rate_ = 0.0;
  std::size_t window_count_ = 0;
  std::chrono::steady_clock::time_point window_start_{};
};

}  // namespace taskgate::engine
