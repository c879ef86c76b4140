#include "engine/flow/circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

using namespace std::chrono_literals;
using Outcome = CircuitBreaker::Outcome;
using runtime::SteadyTime;

const SteadyTime kBreakerStart{std::chrono::hours{1}};

BreakerPolicy policy() {
  BreakerPolicy settings;
  settings.failures = 4;
  settings.window = 60s;
  settings.open_for = 5s;
  settings.open_most = 15s;
  return settings;
}

void run(CircuitBreaker& breaker, Outcome outcome, SteadyTime now) {
  ASSERT_TRUE(breaker.may_pass(now));
  (void)breaker.settle(breaker.pass(now), outcome, now);
}

void open_it(CircuitBreaker& breaker) {
  for (int i = 0; i < 4; ++i) run(breaker, Outcome::failed, kBreakerStart);
  ASSERT_EQ(breaker.state(kBreakerStart), BreakerState::open);
}

TEST(CircuitBreaker, OpensAtTheLimitAndNotBefore) {
  CircuitBreaker breaker(policy());
  for (int i = 0; i < 3; ++i) run(breaker, Outcome::failed, kBreakerStart);
  for (int i = 0; i < 9; ++i) run(breaker, Outcome::alive, kBreakerStart);
  EXPECT_EQ(breaker.state(kBreakerStart), BreakerState::closed);

  run(breaker, Outcome::failed, kBreakerStart);

  EXPECT_EQ(breaker.state(kBreakerStart), BreakerState::open);
  EXPECT_FALSE(breaker.may_pass(kBreakerStart + 4999ms));
  EXPECT_EQ(breaker.opens_up_at(), kBreakerStart + 5s);
}

TEST(CircuitBreaker, ForgetsWhatIsOldOrFarBack) {
  CircuitBreaker breaker(policy());
  for (int i = 0; i < 3; ++i) run(breaker, Outcome::failed, kBreakerStart);
  run(breaker, Outcome::failed, kBreakerStart + 61s);
  EXPECT_EQ(breaker.state(kBreakerStart + 61s), BreakerState::closed)
      << "three are over a minute old";

  CircuitBreaker busy(policy());
  for (int i = 0; i < 3; ++i) run(busy, Outcome::failed, kBreakerStart);
  for (int i = 0; i < 32; ++i) run(busy, Outcome::alive, kBreakerStart);
  run(busy, Outcome::failed, kBreakerStart);
  EXPECT_EQ(busy.state(kBreakerStart), BreakerState::closed) << "32 outcomes later";
}

TEST(CircuitBreaker, LetsOneProbeThroughAndClosesWhenItLives) {
  CircuitBreaker breaker(policy());
  open_it(breaker);
  const auto later = kBreakerStart + 5s;
  EXPECT_EQ(breaker.state(later), BreakerState::half_open);

  const auto probe = breaker.pass(later);
  EXPECT_TRUE(probe.probe);
  EXPECT_FALSE(breaker.may_pass(later + 1h)) << "one probe at a time, however long it takes";

  EXPECT_TRUE(breaker.settle(probe, Outcome::alive, later + 1s));
  EXPECT_EQ(breaker.state(later + 1s), BreakerState::closed);
  for (int i = 0; i < 3; ++i) run(breaker, Outcome::failed, later + 1s);
  EXPECT_EQ(breaker.state(later + 1s), BreakerState::closed) << "it counts from nothing again";
}

TEST(CircuitBreaker, EachFailedProbeDoublesTheWaitUpToTheLongest) {
  CircuitBreaker breaker(policy());
  open_it(breaker);
  auto now = kBreakerStart;

  for (const auto wait : {5s, 10s, 15s, 15s}) {
    EXPECT_EQ(breaker.opens_up_at(), now + wait);
    now += wait;
    run(breaker, Outcome::failed, now);
  }
}

TEST(CircuitBreaker, AProbeThatTellsNothingMakesRoomForTheNext) {
  CircuitBreaker breaker(policy());
  open_it(breaker);
  const auto later = kBreakerStart + 6s;

  run(breaker, Outcome::unknown, later);

  EXPECT_EQ(breaker.state(later), BreakerState::half_open);
  EXPECT_TRUE(breaker.may_pass(later));
}

TEST(CircuitBreaker, StragglersOfAnEarlierEraDecideNothing) {
  CircuitBreaker breaker(policy());
  const auto straggler = breaker.pass(kBreakerStart);
  open_it(breaker);
  const auto later = kBreakerStart + 5s;

  EXPECT_FALSE(breaker.settle(straggler, Outcome::alive, later));
  EXPECT_EQ(breaker.state(later), BreakerState::half_open);
  const auto probe = breaker.pass(later);
  EXPECT_FALSE(breaker.settle(straggler, Outcome::failed, later));
  EXPECT_TRUE(breaker.settle(probe, Outcome::alive, later));
}

TEST(CircuitBreaker, ZeroFailuresMeansNoBreaker) {
  auto settings = policy();
  settings.failures = 0;
  CircuitBreaker breaker(settings);

  for (int i = 0; i < 100; ++i) run(breaker, Outcome::failed, kBreakerStart);

  EXPECT_EQ(breaker.state(kBreakerStart), BreakerState::closed);
}

}  // namespace
}  // namespace taskgate::engine
