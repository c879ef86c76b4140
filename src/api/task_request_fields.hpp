#pragma once
// Names of the members that a task request may have, place by place, and the words that faults are
// made of. Private to the reader.

#include "api/task_request_sax.hpp"
#include "taskgate/core/event.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace taskgate::api {

/// Members of the body, in the order of kEnvelopeNames.
enum class EnvelopeField : int {
  model,
  input,
  instructions,
  output_schema,
  on_invalid,
  context,
  tools,
  max_steps,
  max_tool_calls,
  max_output_tokens,
  temperature,
  seed,
  samples,
  webhook,
  priority,
  not_before,
  deadline,
  budget,
  fallback_models,
  on_disconnect,
  result_ttl_seconds,
  metadata,
  tags,
  reasoning,
  max_repairs,
  judge,
  logprobs,
  catalogues,
  severities
};

inline constexpr auto kEnvelopeNames = std::to_array<std::string_view>({"model",
                                                                        "input",
                                                                        "instructions",
                                                                        "output_schema",
                                                                        "on_invalid",
                                                                        "context",
                                                                        "tools",
                                                                        "max_steps",
                                                                        "max_tool_calls",
                                                                        "max_output_tokens",
                                                                        "temperature",
                                                                        "seed",
                                                                        "samples",
                                                                        "webhook",
                                                                        "priority",
                                                                        "not_before",
                                                                        "deadline",
                                                                        "budget",
                                                                        "fallback_models",
                                                                        "on_disconnect",
                                                                        "result_ttl_seconds",
                                                                        "metadata",
                                                                        "tags",
                                                                        "reasoning",
                                                                        "max_repairs",
                                                                        "judge",
                                                                        "logprobs",
                                                                        "catalogues",
                                                                        "severities"});
static_assert(kEnvelopeNames.size() == static_cast<std::size_t>(EnvelopeField::severities) + 1);

inline constexpr auto kMessageNames = std::to_array<std::string_view>({"role", "content"});
inline constexpr auto kPartNames = std::to_array<std::string_view>({"type", "text"});
inline constexpr auto kWebhookNames = std::to_array<std::string_view>({"url", "events"});

inline constexpr auto kJudgeNames = std::to_array<std::string_view>({"model", "rubric"});
inline constexpr auto kCatalogueNames = std::to_array<std::string_view>({"path", "values"});
/// What checks may find, and how bad it may be called.
inline constexpr auto kFindingNames = std::to_array<std::string_view>(
    {"schema_violation", "schema_drift", "truncation", "refusal", "content_filter", "hallucination",
     "low_confidence", "tool_args_incomplete"});
inline constexpr auto kSeverities =
    std::to_array<std::string_view>({"info", "warning", "error", "critical"});
inline constexpr auto kBudgetNames = std::to_array<std::string_view>({"tokens", "usd"});

inline constexpr auto kRoles =
    std::to_array<std::string_view>({"system", "user", "assistant", "tool"});
inline constexpr auto kOnInvalid = std::to_array<std::string_view>({"repair", "retry", "report"});
inline constexpr auto kOnDisconnect = std::to_array<std::string_view>({"continue", "cancel"});

/// Events that a webhook may ask for: changes of state, never deltas.
inline constexpr auto kWebhookEvents = std::to_array<std::string_view>(
    {"task.running", "task.waiting", "task.retrying", "task.success", "task.partial_success",
     "task.failed", "task.cancelled", "task.expired"});

inline constexpr std::size_t kMaxMetadata = 16 * 1024;  ///< bytes of JSON

/// The bit of an event in WebhookRequest::event_mask.
constexpr std::uint32_t event_bit(EventType type) {
  return 1U << static_cast<unsigned>(type);
}

/// "a string", "null" …
const char* kind_name(JsonValue::Kind kind) noexcept;
/// "a, b, c"
std::string listed(std::span<const std::string_view> names);
/// "… is not supported by this version"
std::string unsupported(std::string_view what);

}  // namespace taskgate::api
