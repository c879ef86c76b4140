#include "taskgate/checks/calibration.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <random>

namespace taskgate::checks {
namespace {

// Scores that are too sure of themselves: right with probability score².
std::vector<LabelledScore> overconfident(std::size_t count) {
  std::mt19937_64 random(7);
  std::vector<LabelledScore> labels;
  for (std::size_t i = 0; i < count; ++i) {
    const double score = static_cast<double>(random() % 1'001) / 1'000;
    const double draw = static_cast<double>(random() % 1'000'000) / 1e6;
    labels.push_back({score, draw < score * score});
  }
  return labels;
}

TEST(Calibration, NeedsTwoHundredLabels) {
  EXPECT_FALSE(Calibrator::fit(overconfident(199)));
  EXPECT_TRUE(Calibrator::fit(overconfident(200)));
  EXPECT_EQ(held_out_error(overconfident(199)), 0);
}

TEST(Calibration, NeverFallsAndStaysWithinBounds) {
  const auto calibrator = Calibrator::fit(overconfident(500));
  ASSERT_TRUE(calibrator);
  double last = 0;
  for (double score = -0.5; score <= 1.5; score += 0.01) {
    const double probability = (*calibrator)(score);
    EXPECT_GE(probability, last);
    EXPECT_LE(probability, 1);
    last = probability;
  }
}

TEST(Calibration, LowersTheErrorOnLabelsItHasNotSeen) {
  const auto labels = overconfident(5'000);
  EXPECT_GT(calibration_error(labels), 0.12);
  EXPECT_LT(held_out_error(labels), 0.04);
  const auto calibrator = Calibrator::fit(labels);
  ASSERT_TRUE(calibrator);
  EXPECT_NEAR((*calibrator)(0.5), 0.25, 0.06);
}

// Labels that come in rounds of five (five schemas in turn, say) must not put each kind into a fold
// of its own: no fold would then have seen what it is measured on.
TEST(Calibration, FoldsDoNotFollowTheOrderOfTheLabels) {
  constexpr std::array<int, 5> kRightOfTen = {0, 1, 2, 9, 10};  // at .1, .3, .5, .7, .9
  std::vector<LabelledScore> labels;
  for (std::size_t i = 0; i < 1'000; ++i) {
    const auto kind = i % 5;
    const auto round = static_cast<int>(i / 5 % 10);
    labels.push_back({0.1 + 0.2 * static_cast<double>(kind), round < kRightOfTen.at(kind)});
  }
  EXPECT_LT(held_out_error(labels), 0.05);
  EXPECT_EQ(held_out_error(labels), held_out_error(labels));
}

TEST(Calibration, PoolsAdjacentViolators) {
  std::vector<LabelledScore> labels;
  for (int i = 0; i < 100; ++i) {
    labels.push_back({0.2, i < 60});  // 60 % right below …
    labels.push_back({0.8, i < 40});  // … 40 % right above: one block of 50 %
  }
  const auto calibrator = Calibrator::fit(labels);
  ASSERT_TRUE(calibrator);
  EXPECT_DOUBLE_EQ((*calibrator)(0.1), 0.5);
  EXPECT_DOUBLE_EQ((*calibrator)(0.9), 0.5);
}

TEST(Calibration, ErrorOfKnownLabels) {
  std::vector<LabelledScore> labels;
  for (int i = 0; i < 100; ++i) labels.push_back({0.9, i % 10 < 7});
  EXPECT_NEAR(calibration_error(labels), 0.2, 1e-9);
  for (auto& label : labels) label = {1.0, true};
  EXPECT_DOUBLE_EQ(calibration_error(labels), 0);
  EXPECT_DOUBLE_EQ(calibration_error({}), 0);
}

TEST(Calibration, IgnoresScoresThatAreNoNumbers) {
  auto labels = overconfident(200);
  labels[0].score = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(Calibrator::fit(labels));
}

}  // namespace
}  // namespace taskgate::checks
