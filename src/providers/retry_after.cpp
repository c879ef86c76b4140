#include "providers/upstream_error.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace taskgate::providers {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMaxRetryAfter = std::chrono::hours(24);

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// "12" or "1.5" at the front of `text`, in thousandths; takes it off.
std::optional<std::int64_t> take_thousandths(std::string_view& text) {
  std::int64_t whole = 0;
  std::size_t at = 0;
  while (at < text.size() && is_digit(text[at])) {
    whole = std::min<std::int64_t>(whole * 10 + (text[at] - '0'), 1'000'000'000'000);
    ++at;
  }
  if (at == 0) return std::nullopt;
  std::int64_t fraction = 0;
  if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
    std::int64_t scale = 100;
    for (++at; at < text.size() && is_digit(text[at]); ++at) {
      fraction += (text[at] - '0') * scale;
      scale /= 10;
    }
  }
  text.remove_prefix(at);
  return whole * 1000 + fraction;
}

std::optional<milliseconds> bounded(std::optional<milliseconds> wait) {
  if (!wait || wait->count() < 0) return std::nullopt;
  return std::min(*wait, kMaxRetryAfter);
}

std::optional<milliseconds> from_seconds(std::string_view text) {
  const auto thousandths = take_thousandths(text);
  if (!thousandths || !text.empty()) return std::nullopt;
  return milliseconds(*thousandths);
}

std::optional<milliseconds> from_milliseconds(std::string_view text) {
  const auto thousandths = take_thousandths(text);
  if (!thousandths || !text.empty()) return std::nullopt;
  return milliseconds(*thousandths / 1000);
}

std::optional<milliseconds> from_date(std::string_view text, TimePoint now) {
  const auto date = parse_http_date(text);
  if (!date) return std::nullopt;
  return std::max(milliseconds(0), *date - now);
}

// The limit that is used up says when it resets; when none says so, the latest of all.
std::optional<milliseconds> from_rate_limits(const std::vector<RateLimit>& limits) {
  std::optional<milliseconds> exhausted;
  std::optional<milliseconds> any;
  for (const RateLimit& limit : limits) {
    if (!limit.reset) continue;
    any = std::max(any.value_or(milliseconds(0)), *limit.reset);
    if (limit.remaining == 0) {
      exhausted = std::max(exhausted.value_or(milliseconds(0)), *limit.reset);
    }
  }
  return exhausted ? exhausted : any;
}

std::optional<std::int64_t> whole_number(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || stop != end || value < 0) return std::nullopt;
  return value;
}

std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + count, value);
  if (error != std::errc() || end != begin + count || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::optional<milliseconds> retry_after(const net::Headers& headers,
                                        FailureClass failure_class,
                                        const std::vector<RateLimit>& limits,
                                        TimePoint now) {
  if (const auto value = headers.find("retry-after-ms")) {
    if (const auto wait = bounded(from_milliseconds(*value))) return wait;
  }
  if (const auto value = headers.find("retry-after")) {
    if (const auto wait = bounded(from_seconds(*value))) return wait;
    if (const auto wait = bounded(from_date(*value, now))) return wait;
  }
  if (failure_class != FailureClass::rate) return std::nullopt;
  return bounded(from_rate_limits(limits));
}

std::optional<milliseconds> parse_reset_duration(std::string_view text) {
  if (auto seconds = from_seconds(text)) return bounded(seconds);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;  // ms
  while (!text.empty()) {
    const auto thousandths = take_thousandths(text);
    if (!thousandths) return std::nullopt;
    std::int64_t unit = 0;  // ms
    std::size_t letters = 1;
    if (text.substr(0, 2) == "ms") {
      unit = 1;
      letters = 2;
    } else if (text.substr(0, 1) == "s") {
      unit = 1000;
    } else if (text.substr(0, 1) == "m") {
      unit = 60'000;
    } else if (text.substr(0, 1) == "h") {
      unit = 3'600'000;
    } else {
      return std::nullopt;
    }
    text.remove_prefix(letters);
    total += std::min<std::int64_t>(*thousandths, 1'000'000'000) * unit / 1000;
  }
  return bounded(milliseconds(total));
}

std::optional<TimePoint> parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(25) != " GMT" || text.substr(3, 2) != ", ") {
    return std::nullopt;
  }
  const auto day = number_at(text, 5, 2);
  const std::size_t month = kMonths.find(text.substr(8, 3));
  const auto year = number_at(text, 12, 4);
  const auto hour = number_at(text, 17, 2);
  const auto minute = number_at(text, 20, 2);
  const auto second = number_at(text, 23, 2);
  if (!day || month == std::string_view::npos || month % 3 != 0 || !year || !hour || !minute ||
      !second || text[19] != ':' || text[22] != ':') {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

std::optional<TimePoint> parse_rfc3339_utc(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':') {
    return std::nullopt;
  }
  const std::string_view zone =
      text.substr(std::min(text.find_first_not_of("0123456789.", 19), text.size()));
  if (zone != "Z" && zone != "+00:00") return std::nullopt;
  const auto year = number_at(text, 0, 4);
  const auto month = number_at(text, 5, 2);
  const auto day = number_at(text, 8, 2);
  const auto hour = number_at(text, 11, 2);
  const auto minute = number_at(text, 14, 2);
  const auto second = number_at(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

RateLimit read_rate_limit(std::string_view name,
                          std::optional<std::string_view> limit,
                          std::optional<std::string_view> remaining,
                          std::optional<std::string_view> reset,
                          TimePoint now) {
  RateLimit read;
  read.name = name;
  read.limit = whole_number(limit);
  read.remaining = whole_number(remaining);
  if (!reset) return read;
  read.reset = parse_reset_duration(*reset);
  if (read.reset) return read;
  if (const auto at = parse_rfc3339_utc(*reset)) {
    read.reset = std::clamp(milliseconds(*at - now), milliseconds(0), kMaxRetryAfter);
  }
  return read;
}

}  // namespace taskgate::providers
