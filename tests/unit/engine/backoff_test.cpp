#include "engine/backoff.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

using std::chrono::milliseconds;

const BackoffPolicy kPolicy{milliseconds{500}, milliseconds{30'000}, milliseconds{300'000}};

TEST(Backoff, CeilingDoublesAndStopsAtTheMaximum) {
  const double almost_one = 0.999999;

  EXPECT_EQ(backoff_delay(kPolicy, 1, std::nullopt, almost_one).count(), 499);
  EXPECT_EQ(backoff_delay(kPolicy, 2, std::nullopt, almost_one).count(), 999);
  EXPECT_EQ(backoff_delay(kPolicy, 4, std::nullopt, almost_one).count(), 3'999);
  EXPECT_EQ(backoff_delay(kPolicy, 60, std::nullopt, almost_one).count(), 29'999);
}

TEST(Backoff, JitterReachesDownToZero) {
  EXPECT_EQ(backoff_delay(kPolicy, 5, std::nullopt, 0.0).count(), 0);
}

TEST(Backoff, AnUpstreamsHintIsALowerBound) {
  EXPECT_EQ(backoff_delay(kPolicy, 1, milliseconds{2'000}, 0.0).count(), 2'000);
  EXPECT_EQ(backoff_delay(kPolicy, 1, milliseconds{2'000}, 0.5).count(), 2'100);
}

TEST(Backoff, AnAbsurdHintIsCut) {
  EXPECT_EQ(backoff_delay(kPolicy, 1, std::chrono::hours{1'000}, 0.0).count(), 300'000);
  EXPECT_EQ(backoff_delay(kPolicy, 1, milliseconds{-5}, 0.0).count(), 0);
}

}  // namespace
}  // namespace taskgate::engine
