#include "providers/anthropic/errors.hpp"

#include "providers/json_values.hpp"

#include <string>
#include <utility>

namespace taskgate::providers {
namespace {

constexpr int kCutStatus = ErrorRule::kInStream;
constexpr ErrorRule kAnthropicRules[] = {
    // No money: by name whatever the status, and two that hide behind invalid_request_error.
    {FailureClass::quota, 0, "billing_error", {}},
    {FailureClass::quota, 0, "enforced_spend_limit_reached", {}},
    {FailureClass::quota, 400, {}, "credit balance is too low"},
    {FailureClass::quota, 400, {}, "reached your specified API usage limits"},
    // Inside a 200 stream only the type tells.
    {FailureClass::overload, kCutStatus, "overloaded_error", {}},
    {FailureClass::rate, kCutStatus, "rate_limit_error", {}},
    {FailureClass::server, kCutStatus, "api_error", {}},
    {FailureClass::server, kCutStatus, "timeout_error", {}},
    {FailureClass::caller, kCutStatus, "invalid_request_error", {}},
    {FailureClass::caller, kCutStatus, "authentication_error", {}},
    {FailureClass::caller, kCutStatus, "permission_error", {}},
    {FailureClass::caller, kCutStatus, "not_found_error", {}},
    {FailureClass::caller, kCutStatus, "request_too_large", {}},
};

constexpr ErrorTable kAnthropicErrors{&read_anthropic_error, kAnthropicRules};

}  // namespace

UpstreamError read_anthropic_error(int status, std::string_view body) {
  constexpr std::array<std::string_view, 3> kNames{"type", "message", "details"};
  UpstreamError read;
  read.status = status;
  const std::string_view inner = member(body, "error");
  const auto found = members(inner.empty() ? body : inner, kNames);
  if (!found) return read;
  const auto& [type, message, details] = *found;
  read.type = text_value(type);
  read.message = text_value(message);
  read.code = text_value(member(details, "error_code"));
  return read;
}

const ErrorTable& anthropic_errors() {
  return kAnthropicErrors;
}

std::vector<RateLimit> anthropic_rate_limits(const net::Headers& headers, TimePoint now) {
  std::vector<RateLimit> limits;
  for (const char* kind : {"requests", "tokens", "input-tokens", "output-tokens"}) {
    const auto field = [&](const char* what) {
      return headers.find(std::string("anthropic-ratelimit-") + kind + '-' + what);
    };
    RateLimit limit =
        read_rate_limit(kind, field("limit"), field("remaining"), field("reset"), now);
    if (limit.limit || limit.remaining || limit.reset) limits.push_back(std::move(limit));
  }
  return limits;
}

}  // namespace taskgate::providers
