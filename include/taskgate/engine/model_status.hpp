#pragma once
// How one model is doing, for GET /models.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace taskgate::engine {

/// Nearest-rank quantiles of the last samples (at most 256), in milliseconds.
struct Quantiles {
  std::size_t samples = 0;  ///< ≥ 1
  std::int64_t p50_ms = 0;
  std::int64_t p95_ms = 0;
  std::int64_t p99_ms = 0;
};

struct ModelStatus {
  std::string model;                                    ///< "provider/model"
  const char* breaker = "closed";                       ///< "closed", "open", "half_open"
  std::optional<std::chrono::milliseconds> probe_in;    ///< while open
  std::optional<std::chrono::milliseconds> paused_for;  ///< the upstream asked to be left alone
  std::optional<int> concurrency_limit;                 ///< unset: not limited (the simulator)
  int in_flight = 0;
  std::size_t held = 0;                  ///< tasks that flow control holds back
  std::int64_t attempts = 0;             ///< ended in the last five minutes
  std::int64_t errors = 0;               ///< of them failed
  std::optional<Quantiles> first_token;  ///< of successful attempts
  std::optional<Quantiles> total;
};

}  // namespace taskgate::engine
