#pragma once
// When a delivery is tried again, and when it is given up. Pure: time and randomness come in.

#include "taskgate/core/clock.hpp"
#include "taskgate/store/store.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::delivery {

/// Delays before the second attempt, the third, …; after the last one the delivery is exhausted.
struct RetrySchedule {
  /// Svix's default (server/svix-server/config.default.toml): 27.6 hours in all.
  std::vector<std::chrono::milliseconds> delays{std::chrono::seconds(5),  std::chrono::minutes(5),
                                                std::chrono::minutes(30), std::chrono::hours(2),
                                                std::chrono::hours(5),    std::chrono::hours(10),
                                                std::chrono::hours(10)};
  /// Each delay is stretched or shrunk by up to this part, so that what failed together does not
  /// come back together.
  double jitter = 0.2;
  /// No Retry-After holds a delivery back for longer.
  std::chrono::milliseconds retry_after_limit = std::chrono::hours(24);
};

/// The delay after attempt number `attempts_made` (1 = the first); nullopt when that was the last.
/// `random` is uniform in [0, 1).
std::optional<std::chrono::milliseconds> next_delay(const RetrySchedule& schedule,
                                                    int attempts_made,
                                                    double random);

/// Reads Retry-After (RFC 9110 §10.2.3): seconds, or any of the three HTTP-date forms. A date that
/// is past gives zero. nullopt when it is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, TimePoint now);

/// What one attempt came to.
struct AttemptOutcome {
  std::optional<int> http_status;          ///< unset: no answer came
  std::string error;                       ///< why no answer came
  std::optional<std::string> retry_after;  ///< the answer's header
  bool permanent = false;                  ///< no later attempt can do better (a refused URL)
};

/// What follows from it.
struct Judgement {
  store::DeliveryState state = store::DeliveryState::pending;
  TimePoint next_attempt_at{};  ///< when pending
  std::string error;            ///< for the delivery log; empty on success
  bool endpoint_gone = false;   ///< 410: nothing more of this task goes to this URL
};

/// Said of every delivery that a 410 ended.
inline constexpr std::string_view kEndpointGone = "410 gone: endpoint disabled";

/// Only 2xx is success. 429 and 503 may ask for a longer wait than the schedule's. 410 ends the
/// endpoint. `attempts_made` counts this attempt.
Judgement judge(const AttemptOutcome& outcome,
                const RetrySchedule& schedule,
                int attempts_made,
                TimePoint now,
                double random);

}  // namespace taskgate::delivery
