#include "taskgate/core/clock.hpp"

#include "taskgate/core/jump_watch.hpp"

#include <gtest/gtest.h>

namespace taskgate {
namespace {

using namespace std::chrono_literals;

TimePoint at_ms(std::int64_t ms) {
  return TimePoint{std::chrono::milliseconds{ms}};
}

struct TimeCase {
  const char* text;
  std::int64_t ms;
};

// Milliseconds checked with GNU date(1): date -u -d TEXT +%s%3N
const TimeCase kReadable[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01T00:00:00.001Z", 1},
    {"1969-12-31T23:59:59.999Z", -1},
    {"2026-03-01T09:30:00.125Z", 1772357400125},
    {"2026-03-01t09:30:00.125z", 1772357400125},
    {"2026-03-01T10:30:00.125+01:00", 1772357400125},
    {"2026-03-01T00:00:00.125-09:30", 1772357400125},
    {"2026-03-01T09:30:00.1Z", 1772357400100},
    {"2026-03-01T09:30:00.1259999Z", 1772357400125},
    {"2024-02-29T00:00:00Z", 1709164800000},
    {"2016-12-31T23:59:60Z", 1483228800000},
};

TEST(Rfc3339, ReadsEveryFormOfADateTime) {
  for (const auto& c : kReadable) {
    SCOPED_TRACE(c.text);
    const auto time = parse_rfc3339(c.text);
    ASSERT_TRUE(time.has_value());
    EXPECT_EQ(time->time_since_epoch().count(), c.ms);
  }
}

TEST(Rfc3339, RefusesWhatIsNotADateTime) {
  for (const char* text : {"",
                           "2026-03-01",
                           "2026-03-01T09:30Z",
                           "2026-03-01 09:30:00Z",
                           "2026-03-01T09:30:00",
                           "2026-02-30T00:00:00Z",
                           "2025-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-03-01T24:00:00Z",
                           "2026-03-01T09:60:00Z",
                           "2026-03-01T09:30:61Z",
                           "2026-03-01T09:30:00.Z",
                           "2026-03-01T09:30:00+1:00",
                           "2026-03-01T09:30:00+01:60",
                           "2026-03-01T09:30:00ZZ",
                           "2026-03-01T09:30:00Z ",
                           "+026-03-01T09:30:00Z",
                           "2026-3-001T09:30:00Z",
                           "1772357400125"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(parse_rfc3339(text).has_value());
  }
}

TEST(Rfc3339, PrintsUtcWithMilliseconds) {
  EXPECT_EQ(to_rfc3339(at_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(at_ms(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(to_rfc3339(at_ms(1772357400125)), "2026-03-01T09:30:00.125Z");
}

TEST(Rfc3339, WhatItPrintsItReadsBack) {
  for (std::int64_t ms = -2'000'000'000'007; ms < 4'000'000'000'000; ms += 86'399'987'654) {
    EXPECT_EQ(parse_rfc3339(to_rfc3339(at_ms(ms))), at_ms(ms));
  }
}

TEST(SystemClock, AgreesWithTheMachine) {
  const auto before = std::chrono::system_clock::now() - 1ms;
  const TimePoint now = SystemClock().now();
  EXPECT_GE(now, before);
  EXPECT_LE(now, std::chrono::system_clock::now());
}

class HandClock final : public Clock {
 public:
  TimePoint now() const override { return SystemClock().now() + shift; }
  std::chrono::milliseconds shift{0};
};

TEST(JumpWatch, TellsByHowMuchTheClockWasSet) {
  constexpr std::chrono::milliseconds kSlack{30'000};
  HandClock clock;
  JumpWatch watch(clock);
  EXPECT_LT(std::chrono::abs(watch.jump()), kSlack);

  clock.shift = std::chrono::hours(-24);
  EXPECT_LT(std::chrono::abs(watch.jump() + std::chrono::hours(24)), kSlack);
  watch.restart();
  EXPECT_LT(std::chrono::abs(watch.jump()), kSlack);

  clock.shift = std::chrono::hours(1);
  EXPECT_LT(std::chrono::abs(watch.jump() - std::chrono::hours(25)), kSlack);
}

}  // namespace
}  // namespace taskgate
