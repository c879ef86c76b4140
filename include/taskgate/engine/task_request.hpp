#pragma once
// A submitted task after validation: what admission, scheduling and the row need. The model's input
// itself stays in `body` as the client wrote it and is read again, once, by the attempt that runs
// it.

#include "taskgate/core/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::engine {

struct WebhookRequest {
  std::string url;
  std::uint32_t event_mask = 0;  ///< bit (1 << EventType)
};

struct TaskRequest {
  std::string body;                          ///< the JSON as received
  std::string model;                         ///< e.g. "sim/echo"
  std::vector<std::string> fallback_models;  ///< tried in order when `model` is out
  bool has_budget_usd = false;               ///< a bound in US dollars: the models must have prices
  bool has_output_schema = false;            ///< of `body`; see Gateway::check_schema()
  std::string judge_model;                   ///< gives a second opinion; empty: none does
  std::vector<std::string> tools;            ///< that the model may use
  int priority = 0;                          ///< 0..9
  std::optional<TimePoint> not_before;
  std::optional<TimePoint> deadline;
  std::optional<std::int64_t> result_ttl_seconds;
  std::optional<WebhookRequest> webhook;
  std::string metadata = "{}";  ///< JSON object
  std::string tags = "[]";      ///< JSON array of strings
};

}  // namespace taskgate::engine
