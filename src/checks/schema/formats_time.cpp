// Dates, times and durations.
#include "checks/schema/formats.hpp"

#include <array>

namespace taskgate::checks::schema {
namespace {

// Reads a text from left to right.
class TimeScan {
 public:
  explicit TimeScan(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // A letter in either case.
  bool take_letter(char upper) { return take(upper) || take(static_cast<char>(upper + 32)); }
  // Exactly `count` digits.
  bool digits(int count, int& value) {
    value = 0;
    for (int i = 0; i < count; ++i) {
      if (!is_digit()) return false;
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return true;
  }
  // One digit or more.
  bool some_digits() {
    if (!is_digit()) return false;
    while (is_digit()) rest_.remove_prefix(1);
    return true;
  }

 private:
  bool is_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }

  std::string_view rest_;
};

bool is_leap_year(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool take_date(TimeScan& scan) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year = 0;
  int month = 0;
  int day = 0;
  if (!scan.digits(4, year) || !scan.take('-') || !scan.digits(2, month) || !scan.take('-') ||
      !scan.digits(2, day))
    return false;
  if (month < 1 || month > 12 || day < 1) return false;
  const int days = kDays[static_cast<std::size_t>(month - 1)];
  return day <= (month == 2 && is_leap_year(year) ? 29 : days);
}

// "Z" or "+01:30", in minutes.
bool take_offset(TimeScan& scan, int& minutes) {
  minutes = 0;
  if (scan.take_letter('Z')) return true;
  const bool is_negative = scan.take('-');
  int hour = 0;
  int minute = 0;
  if (!is_negative && !scan.take('+')) return false;
  if (!scan.digits(2, hour) || !scan.take(':') || !scan.digits(2, minute)) return false;
  minutes = (is_negative ? -1 : 1) * (hour * 60 + minute);
  return hour <= 23 && minute <= 59;
}

bool take_time(TimeScan& scan) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!scan.digits(2, hour) || !scan.take(':') || !scan.digits(2, minute) || !scan.take(':') ||
      !scan.digits(2, second))
    return false;
  if (scan.take('.') && !scan.some_digits()) return false;
  int offset = 0;
  if (!take_offset(scan, offset)) return false;
  if (hour > 23 || minute > 59 || second > 60) return false;
  if (second < 60) return true;
  constexpr int kDay = 24 * 60;  // a leap second is the last one of a day in UTC
  const int utc = ((hour * 60 + minute - offset) % kDay + kDay) % kDay;
  return utc == kDay - 1;
}

// Parts such as "1Y2M3D": only units of `units`, in their order, none left out between two. Returns
// how many there are; -1 when it is malformed.
int take_parts(TimeScan& scan, std::string_view units) {
  std::size_t next = 0;  // where in `units` the next one may stand
  int count = 0;
  while (!scan.at_end()) {
    if (!scan.some_digits()) return -1;
    std::size_t unit = next;
    while (unit < units.size() && !scan.take(units[unit])) ++unit;
    if (unit == units.size() || (count > 0 && unit != next)) return -1;
    next = unit + 1;
    ++count;
  }
  return count;
}

}  // namespace

bool is_date(std::string_view text) {
  TimeScan scan(text);
  return take_date(scan) && scan.at_end();
}

bool is_time(std::string_view text) {
  TimeScan scan(text);
  return take_time(scan) && scan.at_end();
}

bool is_date_time(std::string_view text) {
  TimeScan scan(text);
  return take_date(scan) && scan.take_letter('T') && take_time(scan) && scan.at_end();
}

bool is_duration(std::string_view text) {
  if (!text.starts_with('P')) return false;
  text.remove_prefix(1);
  if (text.ends_with('W')) {
    TimeScan weeks(text);
    return weeks.some_digits() && weeks.take('W') && weeks.at_end();
  }
  const std::size_t split = text.find('T');
  TimeScan days(text.substr(0, split));
  const int of_days = take_parts(days, "YMD");
  if (split == std::string_view::npos) return of_days > 0;
  TimeScan hours(text.substr(split + 1));
  return of_days >= 0 && take_parts(hours, "HMS") > 0;
}

}  // namespace taskgate::checks::schema
