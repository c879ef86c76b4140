#include "taskgate/core/clock.hpp"

#include <cstddef>

namespace taskgate {
namespace {

// Reads exactly `count` digits at `pos`; -1 when one is missing.
int digits(std::string_view text, std::size_t pos, std::size_t count) {
  if (pos + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = pos; i < pos + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

void put_digits(char* to, int count, unsigned value) {
  for (int i = count; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

// Reads the offset "Z", "+hh:mm" or "-hh:mm" that must end the text.
std::optional<std::chrono::minutes> zone_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes{0};
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const int hours = digits(text, 1, 2);
  const int minutes = digits(text, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const std::chrono::minutes offset{hours * 60 + minutes};
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

TimePoint SystemClock::now() const {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// Written by hand: a task's end names six times, and printf costs half a microsecond each.
void append_rfc3339(std::string& out, TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  const int year = static_cast<int>(date.year());
  char text[] = "0000-00-00T00:00:00.000Z";
  if (year >= 0 && year <= 9999) {
    put_digits(text, 4, static_cast<unsigned>(year));
  } else {
    out += std::to_string(year);  // beyond what RFC 3339 can say; no time of ours is
  }
  put_digits(text + 5, 2, static_cast<unsigned>(date.month()));
  put_digits(text + 8, 2, static_cast<unsigned>(date.day()));
  put_digits(text + 11, 2, static_cast<unsigned>(clock.hours().count()));
  put_digits(text + 14, 2, static_cast<unsigned>(clock.minutes().count()));
  put_digits(text + 17, 2, static_cast<unsigned>(clock.seconds().count()));
  put_digits(text + 20, 3, static_cast<unsigned>(clock.subseconds().count()));
  const std::size_t skip = year >= 0 && year <= 9999 ? 0 : 4;
  out.append(text + skip, sizeof text - 1 - skip);
}

std::string to_rfc3339(TimePoint time) {
  std::string text;
  append_rfc3339(text, time);
  return text;
}

std::optional<TimePoint> parse_rfc3339(std::string_view text) {
  // RFC 3339 §5.6: date-time = full-date "T" partial-time time-offset
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  if (text[10] != 'T' && text[10] != 't') return std::nullopt;
  const int year = digits(text, 0, 4);
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (year < 0 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59)
    return std::nullopt;
  if (second < 0 || second > 60) return std::nullopt;  // 60: a leap second, read as the next minute
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  std::size_t pos = 19;
  int milliseconds = 0;
  if (pos < text.size() && text[pos] == '.') {
    int scale = 100;
    const std::size_t first = ++pos;
    for (; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos) {
      milliseconds += (text[pos] - '0') * scale;
      scale /= 10;
    }
    if (pos == first) return std::nullopt;
  }
  const auto offset = zone_offset(text.substr(pos));
  if (!offset) return std::nullopt;
  return TimePoint{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
         std::chrono::minutes{minute} + std::chrono::seconds{second} +
         std::chrono::milliseconds{milliseconds} - *offset;
}

}  // namespace taskgate
