#include "engine/flow/concurrency_limit.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

ConcurrencyPolicy from(int initial, int most) {
  ConcurrencyPolicy policy;
  policy.initial = initial;
  policy.most = most;
  return policy;
}

// A round: as many successes as the limit lets run at once.
void succeed_round(ConcurrencyLimit& limit) {
  const int under_way = limit.limit();
  for (int i = 0; i < under_way; ++i) limit.on_success(under_way);
}

TEST(ConcurrencyLimit, DoublesEachRoundUntilTheFirstTrouble) {
  ConcurrencyLimit limit(from(4, 100));

  succeed_round(limit);
  EXPECT_EQ(limit.limit(), 8);
  succeed_round(limit);
  EXPECT_EQ(limit.limit(), 16);
  for (int i = 0; i < 5; ++i) succeed_round(limit);

  EXPECT_EQ(limit.limit(), 100) << "and never goes beyond the most";
}

TEST(ConcurrencyLimit, HalvesWhatWasUnderWay) {
  ConcurrencyLimit limit(from(64, 100));

  limit.on_congestion(limit.round(), 20);

  EXPECT_EQ(limit.limit(), 10);
}

TEST(ConcurrencyLimit, AnswersTheTroubleOfOneRoundOnce) {
  ConcurrencyLimit limit(from(64, 100));
  const auto round = limit.round();

  for (int i = 0; i < 64; ++i) limit.on_congestion(round, 64 - i);

  EXPECT_EQ(limit.limit(), 32);
  limit.on_congestion(limit.round(), 32);
  EXPECT_EQ(limit.limit(), 16) << "the next round's trouble counts";
}

TEST(ConcurrencyLimit, GrowsByOneARoundNearTheLastTrouble) {
  ConcurrencyLimit limit(from(64, 1000));
  limit.on_congestion(limit.round(), 64);
  ASSERT_EQ(limit.limit(), 32);

  succeed_round(limit);
  EXPECT_LE(limit.limit(), 33);
  for (int i = 0; i < 9; ++i) succeed_round(limit);

  EXPECT_GE(limit.limit(), 40);
  EXPECT_LE(limit.limit(), 42);
}

TEST(ConcurrencyLimit, RecoversQuicklyFromOneRefusalOfALoneAttempt) {
  ConcurrencyLimit limit(from(64, 1000));
  limit.on_congestion(limit.round(), 1);
  ASSERT_EQ(limit.limit(), 1);

  for (int i = 0; i < 5; ++i) succeed_round(limit);

  EXPECT_GE(limit.limit(), 32);
}

TEST(ConcurrencyLimit, DoesNotGrowWhereItIsNotReached) {
  ConcurrencyLimit limit(from(10, 1000));

  for (int i = 0; i < 100; ++i) limit.on_success(4);

  EXPECT_EQ(limit.limit(), 10);
}

TEST(ConcurrencyLimit, NeverFallsBelowOne) {
  ConcurrencyLimit limit(from(2, 10));

  for (int i = 0; i < 5; ++i) limit.on_congestion(limit.round(), 1);
  limit.restart(0);

  EXPECT_EQ(limit.limit(), 1);
}

}  // namespace
}  // namespace taskgate::engine
