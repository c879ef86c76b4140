#pragma once
// Wall-clock time behind a seam, so that tests can turn the hands. Timers for I/O deadlines use
// std::chrono::steady_clock directly: a jump of the wall clock must not move them.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate {

/// A moment in UTC, millisecond resolution: what the database and the API speak.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// Source of "now". Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

/// The machine's own clock.
class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
};

/// RFC 3339 in UTC with milliseconds: "2026-03-01T09:30:00.125Z".
std::string to_rfc3339(TimePoint time);
/// The same, appended to `out`.
void append_rfc3339(std::string& out, TimePoint time);

/// Reads an RFC 3339 date-time (RFC 3339 §5.6), any offset; nullopt when it is not one.
std::optional<TimePoint> parse_rfc3339(std::string_view text);

}  // namespace taskgate
