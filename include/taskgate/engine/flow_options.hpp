#pragma once
// The settings of flow control: how the engine adapts to what each model's upstream takes. Their
// meaning and defaults stand in docs/config.md and docs/limits.md.

#include <chrono>

namespace taskgate::engine {

/// Per provider and model.
struct FlowOptions {
  int initial_concurrency = 128;  ///< attempts at once before anything is known, ≥ 1
  int max_concurrency = 1024;     ///< and never more than this
  int breaker_failures = 20;      ///< of the last 32 attempts within a minute; 0: no breaker
  std::chrono::milliseconds breaker_open{5'000};  ///< before the first probe
  std::chrono::milliseconds breaker_open_most{
      60'000};             ///< doubled after each failed probe up to this
  int retry_percent = 10;  ///< retries per hundred requests
  int retry_floor = 10;    ///< retries in ten seconds that are allowed whatever the requests
  /// How long a task may be held because its models fail; then it fails. Waiting for a place or for
  /// a rate limit is not bounded by it.
  std::chrono::milliseconds max_hold{900'000};
  bool guard_simulator = false;  ///< the simulator too; it has no upstream to protect
};

}  // namespace taskgate::engine
