#include "providers/openai_errors.hpp"

#include "taskgate/core/json_guard.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace taskgate::providers {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number_integer()) return std::to_string(found->get<std::int64_t>());
  return {};
}

void take_fields(const json& object, UpstreamError& error) {
  error.message = text_of(object, "message");
  error.type = text_of(object, "type");
  error.code = text_of(object, "code");
  if (error.message.empty()) error.message = text_of(object, "detail");
  // OpenRouter, vLLM: a numeric code is the HTTP status that the stream's 200 hides.
  const auto code = object.find("code");
  if (code != object.end() && code->is_number_integer()) {
    const auto number = code->get<std::int64_t>();
    if (number >= 400 && number <= 599 && error.status < 400) {
      error.status = static_cast<int>(number);
    }
  }
}

constexpr int kInStream = ErrorRule::kInStream;
constexpr ErrorRule kOpenAiRules[] = {
    // No money, whatever the status (429, 403, 400) and inside a stream too.
    {FailureClass::quota, 0, "insufficient_quota", {}},
    {FailureClass::quota, 0, "credit_balance_exhausted", {}},
    {FailureClass::quota, 0, "billing_hard_limit_reached", {}},
    {FailureClass::quota, 0, "billing_not_active", {}},
    {FailureClass::quota, 0, "insufficient_user_quota", {}},       // one-api
    {FailureClass::quota, 0, "insufficient_balance", {}},          // DeepSeek, Moonshot
    {FailureClass::quota, 0, "enforced_spend_limit_reached", {}},  // Anthropic behind a proxy
    {FailureClass::quota, 0, "billing_error", {}},                 // likewise
    {FailureClass::quota, 429, {}, "You exceeded your current quota"},
    // Inside a 200 stream only the names tell.
    {FailureClass::overload, kInStream, "server_is_overloaded", {}},
    {FailureClass::overload, kInStream, "overloaded", {}},
    {FailureClass::overload, kInStream, "overloaded_error", {}},
    {FailureClass::overload, kInStream, "engine_overloaded", {}},
    {FailureClass::overload, kInStream, "service_unavailable", {}},
    {FailureClass::overload, kInStream, "service_unavailable_error", {}},
    {FailureClass::rate, kInStream, "rate_limit_exceeded", {}},
    {FailureClass::rate, kInStream, "rate_limit_error", {}},
    {FailureClass::rate, kInStream, "slow_down", {}},
    {FailureClass::rate, kInStream, "too_many_requests", {}},
    {FailureClass::rate, kInStream, "rate_limited", {}},
    {FailureClass::server, kInStream, "server_error", {}},
    {FailureClass::server, kInStream, "internal_error", {}},
    {FailureClass::server, kInStream, "internal_server_error", {}},
    {FailureClass::server, kInStream, "api_error", {}},
    {FailureClass::server, kInStream, "vector_store_timeout", {}},
    {FailureClass::caller, kInStream, "context_length_exceeded", {}},
    {FailureClass::caller, kInStream, "invalid_request_error", {}},
    {FailureClass::caller, kInStream, "invalid_api_key", {}},
    {FailureClass::caller, kInStream, "model_not_found", {}},
    {FailureClass::caller, kInStream, "content_filter", {}},
    {FailureClass::caller, kInStream, "invalid_prompt", {}},
    {FailureClass::caller, kInStream, "bio_policy", {}},
    {FailureClass::caller, kInStream, "data_residency_mismatch", {}},
    {FailureClass::caller, kInStream, "authentication_error", {}},
};

constexpr ErrorTable kOpenAiErrors{&read_openai_error, kOpenAiRules};

}  // namespace

UpstreamError read_openai_error(int status, std::string_view body) {
  UpstreamError error;
  error.status = status;
  if (guard_json(body)) return error;
  const json document = json::parse(body, nullptr, false);
  if (!document.is_object()) return error;
  const auto inner = document.find("error");
  if (inner != document.end() && inner->is_object()) {
    take_fields(*inner, error);
  } else if (inner != document.end() && inner->is_string()) {
    take_fields(document, error);
    if (error.message.empty()) error.message = inner->get<std::string>();
  } else {
    take_fields(document, error);
  }
  return error;
}

const ErrorTable& openai_errors() {
  return kOpenAiErrors;
}

std::vector<RateLimit> openai_rate_limits(const net::Headers& headers, TimePoint now) {
  std::vector<RateLimit> limits;
  for (const char* kind : {"requests", "tokens"}) {
    const auto field = [&](const char* what) {
      return headers.find(std::string("x-ratelimit-") + what + '-' + kind);
    };
    RateLimit limit =
        read_rate_limit(kind, field("limit"), field("remaining"), field("reset"), now);
    if (limit.limit || limit.remaining || limit.reset) limits.push_back(std::move(limit));
  }
  return limits;
}

}  // namespace taskgate::providers
