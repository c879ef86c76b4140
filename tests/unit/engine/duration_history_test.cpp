#include "engine/duration_history.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

TEST(DurationHistory, SaysNothingBeforeFiveTasks) {
  DurationHistory history;
  for (int i = 0; i < 4; ++i) history.record("m", 100);

  EXPECT_FALSE(history.median("m"));
  history.record("m", 100);
  EXPECT_EQ(history.median("m"), 100);
}

TEST(DurationHistory, MedianIgnoresAnOutlier) {
  DurationHistory history;
  for (const int ms : {10, 20, 30, 40, 1'000'000}) history.record("m", ms);

  EXPECT_EQ(history.median("m"), 30);
}

TEST(DurationHistory, FollowsWhatIsRecent) {
  DurationHistory history;
  for (int i = 0; i < 64; ++i) history.record("m", 10);
  for (int i = 0; i < 64; ++i) history.record("m", 500);

  EXPECT_EQ(history.median("m"), 500);
}

TEST(DurationHistory, ModelsDoNotMix) {
  DurationHistory history;
  for (int i = 0; i < 5; ++i) history.record("slow", 900);

  EXPECT_FALSE(history.median("fast"));
}

}  // namespace
}  // namespace taskgate::engine
