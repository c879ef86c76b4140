#include "engine/flow/flow_control.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

using namespace std::chrono_literals;
using providers::FailureClass;
using runtime::SteadyTime;

const SteadyTime kControlStart{std::chrono::hours{1}};

class Flow : public testing::Test {
 protected:
  FlowControl& flow() {
    if (!flow_) flow_.emplace(options);
    return *flow_;
  }
  FlowControl::Choice choose(std::vector<FlowControl::Candidate> candidates,
                             SteadyTime now = kControlStart) {
    return flow().choose(candidates, now);
  }
  void fail(const char* model,
            FailureClass failure_class,
            int times,
            std::optional<std::chrono::milliseconds> retry_after = {}) {
    AttemptReport report;
    report.reached = true;
    report.failure = failure_class;
    report.retry_after = retry_after;
    for (int i = 0; i < times; ++i) {
      const auto choice = choose({{model}});
      ASSERT_TRUE(choice.permit);
      flow().finish(choice, report, kControlStart);
    }
  }

  FlowOptions options;

 private:
  std::optional<FlowControl> flow_;
};

TEST_F(Flow, TakesTheFirstModelThatMayStart) {
  EXPECT_EQ(choose({{"a/x"}, {"b/y"}}).index, 0U);

  fail("a/x", FailureClass::server, 20);

  const auto choice = choose({{"a/x"}, {"b/y"}});
  EXPECT_TRUE(choice.permit);
  EXPECT_EQ(choice.index, 1U);
}

TEST_F(Flow, OneModelsTroubleIsNotAnothers) {
  fail("a/x", FailureClass::server, 20);

  EXPECT_TRUE(choose({{"a/y"}}).permit);
  EXPECT_TRUE(choose({{"b/x"}}).permit);
  EXPECT_EQ(choose({{"a/x"}}).reason, HoldReason::breaker);
}

TEST_F(Flow, WaitsForTheSoonestWhenAllAreOut) {
  fail("a/x", FailureClass::rate, 1, 60s);
  fail("b/y", FailureClass::rate, 1, 20s);

  const auto choice = choose({{"a/x"}, {"b/y"}});

  EXPECT_FALSE(choice.permit);
  EXPECT_EQ(choice.reason, HoldReason::rate_limit);
  EXPECT_EQ(choice.lane, "b/y");
  EXPECT_EQ(choice.until, kControlStart + 20s);
}

TEST_F(Flow, WaitsOutAShortPauseRatherThanChangeTheModel) {
  fail("a/x", FailureClass::rate, 1, 2s);

  const auto choice = choose({{"a/x"}, {"b/y"}});

  EXPECT_FALSE(choice.permit);
  EXPECT_EQ(choice.lane, "a/x");
}

TEST_F(Flow, IsNotDrivenToAnotherModelByItsOwnCrowd) {
  options.initial_concurrency = 1;
  const auto running = choose({{"a/x"}});

  const auto choice = choose({{"a/x"}, {"b/y"}});

  EXPECT_EQ(choice.reason, HoldReason::concurrency);
  EXPECT_EQ(choice.lane, "a/x");
}

TEST_F(Flow, PassesOverAModelWithoutQuotaUnlessItIsTheOnlyOne) {
  fail("a/x", FailureClass::quota, 1);

  EXPECT_EQ(choose({{"a/x"}, {"b/y"}}).index, 1U);
  EXPECT_TRUE(choose({{"a/x"}}).permit);
  fail("b/y", FailureClass::rate, 1, 2s);
  EXPECT_EQ(choose({{"a/x"}, {"b/y"}}).lane, "b/y") << "a short pause is worth waiting for";
  fail("c/z", FailureClass::server, 20);
  EXPECT_EQ(choose({{"a/x"}, {"c/z"}}).index, 0U) << "better a refusal than to wait for an outage";
}

TEST_F(Flow, TheSimulatorIsNotGuardedUnlessAsked) {
  fail("sim/error", FailureClass::server, 100);

  EXPECT_TRUE(choose({{"sim/error"}}).permit);
}

TEST_F(Flow, RoomComesBackWithTheEndOfAnAttempt) {
  options.initial_concurrency = 1;
  const auto running = choose({{"a/x"}});
  EXPECT_EQ(flow().room("a/x", kControlStart), 0);
  EXPECT_FALSE(flow().opens_at("a/x", kControlStart));

  flow().finish(running, AttemptReport{}, kControlStart);

  EXPECT_EQ(flow().room("a/x", kControlStart), 1);
  EXPECT_EQ(flow().opens_at("a/x", kControlStart), kControlStart);
}

TEST_F(Flow, ForgetsTheModelThatRestedLongest) {
  fail("a/first", FailureClass::server, 20);
  for (std::size_t i = 0; i + 1 < FlowControl::kMaxLanes; ++i) {
    fail(("a/" + std::to_string(i)).c_str(), FailureClass::server, 1);
  }
  EXPECT_EQ(flow().status(kControlStart).size(), FlowControl::kMaxLanes);

  fail("a/one-more", FailureClass::server, 1);

  EXPECT_EQ(flow().status(kControlStart).size(), FlowControl::kMaxLanes);
  EXPECT_TRUE(choose({{"a/first"}}).permit) << "forgotten, it begins anew";
  EXPECT_GT(flow().room("a/nobody", kControlStart), 0);
}

TEST_F(Flow, PastTheBoundTheBusyModelsOfAProviderShareALane) {
  std::vector<FlowControl::Choice> running;
  for (std::size_t i = 0; i < FlowControl::kMaxLanes; ++i) {
    running.push_back(choose({{"a/" + std::to_string(i)}}));
  }

  const auto one = choose({{"b/1"}});
  const auto other = choose({{"b/2"}});

  EXPECT_EQ(FlowControl::name_of(one.permit), "b/*");
  EXPECT_EQ(one.permit, other.permit);
}

TEST_F(Flow, ShowsNoModelThatOnlyItsCallerBelievesIn) {
  fail("a/typo", FailureClass::caller, 3);
  fail("a/known", FailureClass::server, 1);

  const auto status = flow().status(kControlStart);

  ASSERT_EQ(status.size(), 1U);
  EXPECT_EQ(status[0].model, "a/known");
  EXPECT_EQ(status[0].errors, 1);
}

}  // namespace
}  // namespace taskgate::engine
