#include "engine/flow/lane_statistics.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

using namespace std::chrono_literals;
using runtime::SteadyTime;

const SteadyTime kStatisticsStart{std::chrono::hours{1}};

TEST(LatencyRing, HasNothingToSayBeforeTheFirstSample) {
  EXPECT_FALSE(LatencyRing().quantiles());
}

TEST(LatencyRing, GivesNearestRanks) {
  LatencyRing ring;
  for (int i = 100; i >= 1; --i) ring.add(std::chrono::milliseconds{i});

  const auto found = ring.quantiles();

  ASSERT_TRUE(found);
  EXPECT_EQ(found->samples, 100U);
  EXPECT_EQ(found->p50_ms, 50);
  EXPECT_EQ(found->p95_ms, 95);
  EXPECT_EQ(found->p99_ms, 99);
}

TEST(LatencyRing, OneSampleIsEveryQuantile) {
  LatencyRing ring;
  ring.add(7ms);

  EXPECT_EQ(ring.quantiles()->p50_ms, 7);
  EXPECT_EQ(ring.quantiles()->p99_ms, 7);
}

TEST(LatencyRing, KeepsTheLastSamplesOnly) {
  LatencyRing ring;
  for (int i = 0; i < 1000; ++i) ring.add(1h);
  for (int i = 0; i < 256; ++i) ring.add(5ms);

  EXPECT_EQ(ring.quantiles()->samples, 256U);
  EXPECT_EQ(ring.quantiles()->p99_ms, 5);
}

TEST(OutcomeCounts, CountsTheLastFiveMinutes) {
  OutcomeCounts counts;
  counts.add(true, kStatisticsStart);
  counts.add(false, kStatisticsStart + 2min);
  counts.add(true, kStatisticsStart + 4min);

  EXPECT_EQ(counts.sum(kStatisticsStart + 4min).attempts, 3);
  EXPECT_EQ(counts.sum(kStatisticsStart + 4min).errors, 2);
  EXPECT_EQ(counts.sum(kStatisticsStart + 6min).attempts, 2);
  EXPECT_EQ(counts.sum(kStatisticsStart + 6min).errors, 1);
  EXPECT_EQ(counts.sum(kStatisticsStart + 20min).attempts, 0);
}

}  // namespace
}  // namespace taskgate::engine
