#include "providers/upstream_error.hpp"

#include "providers/text_stitcher.hpp"
#include "taskgate/core/json_guard.hpp"
#include "taskgate/observe/redact.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace taskgate::providers {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxMessageBytes = 500;

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

template <std::size_t N>
bool names_any(const UpstreamError& error, const std::array<std::string_view, N>& names) noexcept {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return error.code == name || error.type == name;
  });
}

// OpenAI, DeepSeek, one-api and Anthropic names for "no money".
constexpr std::array<std::string_view, 8> kQuota{
    "insufficient_quota",           "credit_balance_exhausted",
    "billing_hard_limit_reached",   "billing_not_active",
    "insufficient_user_quota",      "insufficient_balance",
    "enforced_spend_limit_reached", "billing_error"};
constexpr std::array<std::string_view, 6> kOverload{
    "server_is_overloaded", "overloaded",          "overloaded_error",
    "engine_overloaded",    "service_unavailable", "service_unavailable_error"};
constexpr std::array<std::string_view, 5> kRate{"rate_limit_exceeded", "rate_limit_error",
                                                "slow_down", "too_many_requests", "rate_limited"};
constexpr std::array<std::string_view, 4> kServer{"server_error", "internal_error",
                                                  "internal_server_error", "api_error"};
constexpr std::array<std::string_view, 7> kCaller{
    "context_length_exceeded", "invalid_request_error", "invalid_api_key",     "model_not_found",
    "content_filter",          "invalid_prompt",        "authentication_error"};

}  // namespace

UpstreamError read_error_body(int status, std::string_view body) {
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

FailureClass classify(const UpstreamError& error) noexcept {
  if (error.status == 402 || names_any(error, kQuota)) return FailureClass::quota;
  if (error.status == 503 || error.status == 529) return FailureClass::overload;
  if (error.status == 429) return FailureClass::rate;
  if (error.status == 408) return FailureClass::timeout;
  if (error.status == 409 || error.status == 425) return FailureClass::server;
  if (error.status >= 500) return FailureClass::server;
  if (error.status >= 300) return FailureClass::caller;
  // Inside a 200 stream only the names tell.
  if (names_any(error, kOverload)) return FailureClass::overload;
  if (names_any(error, kRate)) return FailureClass::rate;
  if (names_any(error, kServer)) return FailureClass::server;
  if (names_any(error, kCaller)) return FailureClass::caller;
  return FailureClass::server;
}

std::string presentable(std::string_view text, std::string_view secret) {
  std::string clean(text.substr(0, 4 * kMaxMessageBytes));
  if (secret.size() >= 4) {
    for (auto at = clean.find(secret); at != std::string::npos; at = clean.find(secret, at)) {
      clean.replace(at, secret.size(), "…");
    }
  }
  clean = log::redact(to_valid_utf8(clean));
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') c = ' ';
  }
  if (clean.size() > kMaxMessageBytes) {
    std::size_t end = kMaxMessageBytes;
    while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0) == 0x80) --end;
    clean.resize(end);
    clean += "…";
  }
  return clean;
}

}  // namespace taskgate::providers
