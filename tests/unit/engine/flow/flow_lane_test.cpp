#include "engine/flow/flow_lane.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

using namespace std::chrono_literals;
using providers::FailureClass;
using runtime::SteadyTime;
using Kind = FlowLane::Kind;

const SteadyTime kLaneStart{std::chrono::hours{1}};

AttemptReport answer() {
  AttemptReport report;
  report.reached = true;
  report.total = 80ms;
  report.first_token = 20ms;
  return report;
}

AttemptReport failure(FailureClass failure_class,
                      std::optional<std::chrono::milliseconds> retry_after = {}) {
  AttemptReport report;
  report.reached = true;
  report.failure = failure_class;
  report.retry_after = retry_after;
  return report;
}

struct Lane {
  FlowOptions options;
  FlowLane lane;

  explicit Lane(FlowOptions settings = {}) : options(settings), lane(options, true) {}

  void run(const AttemptReport& report, SteadyTime now = kLaneStart) {
    ASSERT_EQ(lane.ask(Kind::first, now).reason, HoldReason::none);
    lane.finish(lane.start(Kind::first, now), report, now);
  }
  HoldReason reason(SteadyTime now, Kind kind = Kind::first) const {
    return lane.ask(kind, now).reason;
  }
  ModelStatus status(SteadyTime now) const {
    ModelStatus described;
    lane.describe(described, now);
    return described;
  }
};

TEST(FlowLane, HoldsWhatGoesBeyondTheLimitUntilAnAttemptEnds) {
  FlowOptions options;
  options.initial_concurrency = 2;
  Lane lane(options);
  const auto first = lane.lane.start(Kind::first, kLaneStart);
  EXPECT_EQ(lane.lane.room(kLaneStart), 1);
  (void)lane.lane.start(Kind::first, kLaneStart);

  EXPECT_EQ(lane.reason(kLaneStart), HoldReason::concurrency);
  EXPECT_FALSE(lane.lane.ask(Kind::first, kLaneStart).until) << "no time to wait for, only an end";
  EXPECT_EQ(lane.lane.room(kLaneStart), 0);

  lane.lane.finish(first, answer(), kLaneStart);
  EXPECT_EQ(lane.reason(kLaneStart), HoldReason::none);
}

TEST(FlowLane, RetryAfterPausesEverybody) {
  for (const auto failure_class : {FailureClass::rate, FailureClass::overload}) {
    Lane lane;
    lane.run(failure(failure_class, 3s));

    EXPECT_EQ(lane.reason(kLaneStart + 2999ms), HoldReason::rate_limit);
    EXPECT_EQ(lane.lane.ask(Kind::first, kLaneStart).until, kLaneStart + 3s);
    EXPECT_EQ(lane.status(kLaneStart + 1s).paused_for, 2s);
    EXPECT_EQ(lane.reason(kLaneStart + 3s), HoldReason::none);
  }
}

TEST(FlowLane, AnAbsurdRetryAfterIsCutAndANegativeOneIsNone) {
  Lane absurd;
  absurd.run(failure(FailureClass::rate, 1'000'000'000s));
  EXPECT_EQ(absurd.lane.ask(Kind::first, kLaneStart).until, kLaneStart + 5min);

  Lane negative;
  negative.run(failure(FailureClass::rate, -5s));
  EXPECT_EQ(negative.reason(kLaneStart), HoldReason::none);
}

TEST(FlowLane, OnlyTroubleOfTheUpstreamOpensItsBreaker) {
  for (const auto failure_class :
       {FailureClass::overload, FailureClass::server, FailureClass::connect,
        FailureClass::stream_cut, FailureClass::malformed, FailureClass::timeout}) {
    Lane lane;
    for (int i = 0; i < 20; ++i) lane.run(failure(failure_class));
    EXPECT_EQ(lane.reason(kLaneStart), HoldReason::breaker) << providers::to_string(failure_class);
  }
  for (const auto failure_class :
       {FailureClass::rate, FailureClass::quota, FailureClass::caller, FailureClass::cancelled}) {
    Lane lane;
    for (int i = 0; i < 40; ++i) lane.run(failure(failure_class));
    EXPECT_EQ(lane.reason(kLaneStart), HoldReason::none) << providers::to_string(failure_class);
  }
}

TEST(FlowLane, AfterAnOutageItBeginsCarefully) {
  Lane lane;
  for (int i = 0; i < 20; ++i) lane.run(failure(FailureClass::server));
  EXPECT_EQ(lane.lane.room(kLaneStart), 0);
  const auto later = kLaneStart + 5s;
  EXPECT_EQ(lane.lane.room(later), 1) << "one probe";
  EXPECT_EQ(lane.status(later).breaker, std::string("half_open"));

  lane.run(answer(), later);

  EXPECT_EQ(lane.lane.room(later), 8);
}

TEST(FlowLane, AProbesFirstWordsAreEnough) {
  Lane lane;
  for (int i = 0; i < 20; ++i) lane.run(failure(FailureClass::server));
  const auto later = kLaneStart + 5s;
  const auto probe = lane.lane.start(Kind::first, later);
  ASSERT_EQ(lane.lane.room(later), 0);

  lane.lane.note_alive(probe, later);

  EXPECT_EQ(lane.lane.room(later), 7) << "eight, and the probe is one of them";
  lane.lane.finish(probe, failure(FailureClass::stream_cut), later);
  EXPECT_EQ(lane.reason(later), HoldReason::none) << "its end is one failure among others";
}

TEST(FlowLane, AStoppedProbeLeavesTheQuestionOpen) {
  Lane lane;
  for (int i = 0; i < 20; ++i) lane.run(failure(FailureClass::server));
  const auto later = kLaneStart + 5s;

  lane.run(AttemptReport{}, later);

  EXPECT_EQ(lane.lane.room(later), 1);
}

TEST(FlowLane, RetriesAreHeldPastTheBudgetAndFirstAttemptsAreNot) {
  FlowOptions options;
  options.retry_floor = 2;
  Lane lane(options);
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(lane.reason(kLaneStart, Kind::retry), HoldReason::none);
    lane.lane.finish(lane.lane.start(Kind::retry, kLaneStart), answer(), kLaneStart);
  }

  EXPECT_EQ(lane.reason(kLaneStart, Kind::retry), HoldReason::retry_budget);
  EXPECT_EQ(lane.reason(kLaneStart, Kind::first), HoldReason::none);
  EXPECT_EQ(lane.reason(kLaneStart + 10s, Kind::retry), HoldReason::none);
}

TEST(FlowLane, NoMoneyIsRememberedForAMinute) {
  Lane lane;
  lane.run(failure(FailureClass::quota));

  EXPECT_TRUE(lane.lane.is_out_of_quota(kLaneStart + 59s));
  EXPECT_FALSE(lane.lane.is_out_of_quota(kLaneStart + 60s));
  EXPECT_EQ(lane.reason(kLaneStart), HoldReason::none)
      << "whoever has no other model hears it anew";
}

TEST(FlowLane, AnUnguardedLaneOnlyCounts) {
  FlowOptions options;
  options.initial_concurrency = 1;
  FlowLane lane(options, false);
  for (int i = 0; i < 50; ++i) (void)lane.start(Kind::retry, kLaneStart);
  for (int i = 0; i < 50; ++i) lane.finish({}, failure(FailureClass::server, 9s), kLaneStart);

  EXPECT_EQ(lane.ask(Kind::retry, kLaneStart).reason, HoldReason::none);
  ModelStatus status;
  lane.describe(status, kLaneStart);
  EXPECT_EQ(status.errors, 50);
  EXPECT_FALSE(status.concurrency_limit);
}

TEST(FlowLane, IsKnownOnceItsUpstreamDidMoreThanRefuseTheRequest) {
  Lane lane;
  lane.run(failure(FailureClass::caller));
  EXPECT_FALSE(lane.lane.is_known());

  lane.run(answer());

  EXPECT_TRUE(lane.lane.is_known());
  const auto status = lane.status(kLaneStart);
  EXPECT_EQ(status.attempts, 2);
  EXPECT_EQ(status.errors, 1);
  EXPECT_EQ(status.total->p50_ms, 80);
  EXPECT_EQ(status.first_token->p50_ms, 20);
}

}  // namespace
}  // namespace taskgate::engine
