#include "providers/gemini/errors.hpp"

#include "providers/json_values.hpp"

#include <string>

namespace taskgate::providers {
namespace {

constexpr int kNoStatus = ErrorRule::kInStream;
constexpr ErrorRule kGeminiRules[] = {
    {FailureClass::quota, 0, "daily_quota", {}},
    {FailureClass::quota, 0, "no_quota", {}},
    {FailureClass::quota, 0, "BILLING_DISABLED", {}},
    {FailureClass::server, 499, {}, {}},  // CANCELLED, though nobody here cancelled
    // An error in a stream carries its status as a rule; without one the name tells.
    {FailureClass::rate, kNoStatus, "RESOURCE_EXHAUSTED", {}},
    {FailureClass::overload, kNoStatus, "UNAVAILABLE", {}},
    {FailureClass::caller, kNoStatus, "INVALID_ARGUMENT", {}},
    {FailureClass::caller, kNoStatus, "FAILED_PRECONDITION", {}},
    {FailureClass::caller, kNoStatus, "PERMISSION_DENIED", {}},
    {FailureClass::caller, kNoStatus, "UNAUTHENTICATED", {}},
    {FailureClass::caller, kNoStatus, "NOT_FOUND", {}},
};

constexpr ErrorTable kGeminiErrors{&read_gemini_error, kGeminiRules};

// A quota that a wait does not restore: of a day, or of nothing at all.
void judge_quota(std::string_view id, std::string_view limit, UpstreamError& error) {
  if (id.find("PerDay") != std::string_view::npos) error.type = "daily_quota";
  if (limit == "0") error.type = "no_quota";
}

void take_detail(std::string_view detail, UpstreamError& error) {
  constexpr std::array<std::string_view, 5> kNames{"@type", "reason", "metadata", "violations",
                                                   "retryDelay"};
  const auto found = members(detail, kNames);
  if (!found) return;
  const auto& [type, reason, metadata, violations, delay] = *found;
  if (!delay.empty()) error.retry_after = parse_reset_duration(text_value(delay));
  if (error.type.empty()) error.type = text_value(reason);
  judge_quota(text_value(member(metadata, "quota_limit")),
              text_value(member(metadata, "quota_limit_value")), error);
  JsonCursor cursor(violations);
  cursor.array([&] {
    const std::string_view violation = cursor.value();
    judge_quota(text_value(member(violation, "quotaId")),
                text_value(member(violation, "quotaValue")), error);
  });
}

}  // namespace

UpstreamError read_gemini_error(int status, std::string_view body) {
  constexpr std::array<std::string_view, 4> kNames{"code", "message", "status", "details"};
  UpstreamError read;
  read.status = status;
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos && body[begin] == '[') {
    JsonCursor cursor(body);
    std::string_view first;
    cursor.array([&] {
      const std::string_view element = cursor.value();
      if (first.empty()) first = element;
    });
    body = first;
  }
  const auto found = members(member(body, "error"), kNames);
  if (!found) return read;
  const auto& [code, message, name, details] = *found;
  const std::int64_t number = raw_integer(code).value_or(0);
  if (number >= 400 && number <= 599 && read.status < 400) read.status = static_cast<int>(number);
  read.message = text_value(message);
  read.code = text_value(name);
  JsonCursor cursor(details);
  cursor.array([&] { take_detail(cursor.value(), read); });
  return read;
}

const ErrorTable& gemini_errors() {
  return kGeminiErrors;
}

}  // namespace taskgate::providers
