#include "taskgate/delivery/schedule.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>

namespace taskgate::delivery {
namespace {

using std::chrono::milliseconds;

constexpr int kTooManyRequests = 429;
constexpr int kServiceUnavailable = 503;
constexpr int kGone = 410;

constexpr int kNoYear = -10'000;

// RFC 9110 §5.6.7: a recipient must read all three.
constexpr std::array<const char*, 3> kDateForms{
    "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"};

std::optional<TimePoint> parse_http_date(std::string_view value) {
  for (const char* form : kDateForms) {
    std::istringstream in{std::string(value)};
    in.imbue(std::locale::classic());
    std::tm parts{};
    parts.tm_year = kNoYear;
    in >> std::get_time(&parts, form);
    if (in.fail() || in.peek() != std::istringstream::traits_type::eof()) continue;
    // libstdc++'s get_time is content when the text ends before the form does.
    const bool whole = std::string_view(form).ends_with("GMT") ? value.ends_with(" GMT")
                                                               : parts.tm_year != kNoYear;
    if (!whole) continue;
    const std::chrono::year_month_day day(
        std::chrono::year(parts.tm_year + 1900),
        std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
        std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
    if (!day.ok()) return std::nullopt;
    return std::chrono::sys_days(day) + std::chrono::hours(parts.tm_hour) +
           std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
  }
  return std::nullopt;
}

std::string describe_failure(const AttemptOutcome& outcome) {
  if (!outcome.http_status) return outcome.error;
  const int status = *outcome.http_status;
  auto text = "answered " + std::to_string(status);
  if (status >= 300 && status < 400) text += ": redirects are not followed";
  return text;
}

milliseconds wait_asked_for(const AttemptOutcome& outcome,
                            const RetrySchedule& schedule,
                            milliseconds planned,
                            TimePoint now) {
  const bool may_ask =
      outcome.http_status == kTooManyRequests || outcome.http_status == kServiceUnavailable;
  if (!may_ask || !outcome.retry_after) return planned;
  const auto asked = parse_retry_after(*outcome.retry_after, now);
  if (!asked) return planned;
  return std::max(planned, std::min(*asked, schedule.retry_after_limit));
}

}  // namespace

std::optional<milliseconds> next_delay(const RetrySchedule& schedule,
                                       int attempts_made,
                                       double random) {
  const auto index = static_cast<std::size_t>(std::max(attempts_made, 1) - 1);
  if (index >= schedule.delays.size()) return std::nullopt;
  const double factor = 1.0 + schedule.jitter * (2.0 * random - 1.0);
  const auto exact = static_cast<double>(schedule.delays[index].count()) * factor;
  return milliseconds(std::llround(std::max(exact, 0.0)));
}

std::optional<milliseconds> parse_retry_after(std::string_view value, TimePoint now) {
  constexpr std::size_t kDigitsThatFit = 12;
  if (value.empty()) return std::nullopt;
  const bool number =
      std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (number) {
    std::int64_t seconds = 0;
    if (value.size() > kDigitsThatFit) value = "999999999999";
    std::from_chars(value.data(), value.data() + value.size(), seconds);
    return std::chrono::seconds(seconds);
  }
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  return std::max(*date - now, milliseconds(0));
}

Judgement judge(const AttemptOutcome& outcome,
                const RetrySchedule& schedule,
                int attempts_made,
                TimePoint now,
                double random) {
  Judgement out;
  if (outcome.http_status && *outcome.http_status >= 200 && *outcome.http_status < 300) {
    out.state = store::DeliveryState::delivered;
    return out;
  }
  if (outcome.http_status == kGone) {
    out.state = store::DeliveryState::exhausted;
    out.error = kEndpointGone;
    out.endpoint_gone = true;
    return out;
  }
  out.error = describe_failure(outcome);
  const auto planned = next_delay(schedule, attempts_made, random);
  if (!planned || outcome.permanent) {
    out.state = store::DeliveryState::exhausted;
    return out;
  }
  out.next_attempt_at = now + wait_asked_for(outcome, schedule, *planned, now);
  return out;
}

}  // namespace taskgate::delivery
