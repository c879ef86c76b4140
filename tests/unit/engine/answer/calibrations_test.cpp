#include "engine/answer/calibrations.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace taskgate::engine {
namespace {

AnswerRoute route_of(std::vector<std::string> methods) {
  AnswerRoute route;
  route.model = "one/m";
  route.output_schema = schema_fingerprint(R"({"type":"object"})");
  route.methods = std::move(methods);
  return route;
}

store::Label label_of(int number, double score, bool correct, const std::string& tenant = "acme") {
  store::Label label;
  label.ref.tenant = tenant;
  label.ref.id = make_task_id(TimePoint{std::chrono::seconds{1'700'000'000 + number}});
  label.at = TimePoint{std::chrono::seconds{number}};
  label.route = to_string(route_of({"logprobs"}));
  label.score = score;
  label.correct = correct;
  return label;
}

// A model that is right in half of the cases in which it says 0.9, and always when it says 0.95.
std::vector<store::Label> overconfident(int count, const std::string& tenant = "acme") {
  std::vector<store::Label> labels;
  for (int i = 0; i < count; ++i)
    labels.push_back(label_of(i, i % 4 == 0 ? 0.95 : 0.9, i % 4 == 0 || i % 2 == 0, tenant));
  return labels;
}

checks::Confidence raw(double score) {
  checks::Confidence confidence;
  confidence.score = score;
  confidence.methods = {"logprobs"};
  return confidence;
}

TEST(Calibrations, BeginWithTheTwoHundredthLabel) {
  Calibrations calibrations;
  const auto labels = overconfident(200);
  calibrations.load({labels.begin(), labels.end() - 1});
  auto before = raw(0.9);
  calibrations.apply("acme", route_of({"logprobs"}), before);

  EXPECT_EQ(calibrations.add(labels.back()), 200U);
  auto after = raw(0.9);
  calibrations.apply("acme", route_of({"logprobs"}), after);

  EXPECT_FALSE(before.calibrated);
  EXPECT_EQ(before.score, 0.9);
  EXPECT_TRUE(after.calibrated);
  EXPECT_EQ(after.raw_score, 0.9);
  EXPECT_NEAR(*after.score, 1.0 / 3, 0.01);
  ASSERT_EQ(calibrations.list("acme").size(), 1U);
  const auto status = calibrations.list("acme").front();
  EXPECT_EQ(status.model, "one/m");
  EXPECT_EQ(status.output_schema.size(), 64U);
  EXPECT_EQ(status.methods, std::vector<std::string>{"logprobs"});
  EXPECT_EQ(status.labels, 200U);
  ASSERT_TRUE(status.error.has_value());
  EXPECT_LT(*status.error, 0.1);
}

TEST(Calibrations, HoldForTheirTenantAndRouteAlone) {
  Calibrations calibrations;
  calibrations.load(overconfident(300));
  auto foreign = raw(0.9);
  auto other = raw(0.9);

  calibrations.apply("other", route_of({"logprobs"}), foreign);
  calibrations.apply("acme", route_of({"self_consistency"}), other);

  EXPECT_FALSE(foreign.calibrated);
  EXPECT_FALSE(other.calibrated);
  EXPECT_TRUE(calibrations.list("other").empty());
}

TEST(Calibrations, TheLastLabelOfATaskCounts) {
  Calibrations calibrations;
  auto label = label_of(1, 0.5, true);

  EXPECT_EQ(calibrations.add(label), 1U);
  label.correct = false;
  EXPECT_EQ(calibrations.add(label), 1U);
  label.score.reset();
  EXPECT_EQ(calibrations.add(label), 0U);
  EXPECT_TRUE(calibrations.list("acme").empty());
}

TEST(Calibrations, AreBounded) {
  Calibrations calibrations;
  calibrations.load(overconfident(static_cast<int>(Calibrations::kMaxLabels) + 50));

  EXPECT_EQ(calibrations.list("acme").front().labels, Calibrations::kMaxLabels);
}

TEST(Calibrations, ManyRoutesOfOneTenantLeaveTheOthers) {
  Calibrations calibrations;
  calibrations.load(overconfident(200, "small"));
  const int routes = static_cast<int>(Calibrations::kMaxRoutes) + 20;
  for (int i = 0; i < routes; ++i) {
    auto label = label_of(1'000 + i, 0.5, true, "large");
    auto route = route_of({"logprobs"});
    route.model = "one/" + std::to_string(i);
    label.route = to_string(route);
    EXPECT_EQ(calibrations.add(label), 1U);
  }
  auto kept = raw(0.9);

  calibrations.apply("small", route_of({"logprobs"}), kept);

  EXPECT_TRUE(kept.calibrated);
  EXPECT_EQ(calibrations.list("small").size(), 1U);
  const auto large = calibrations.list("large");
  EXPECT_EQ(large.size(), Calibrations::kMaxRoutes - 1);
  EXPECT_TRUE(std::none_of(large.begin(), large.end(), [](const auto& status) {
    return status.model == "one/0";
  })) << "the oldest goes first";
}

TEST(Calibrations, AnUnreadableRouteIsPassedOver) {
  Calibrations calibrations;
  auto label = label_of(1, 0.5, true);
  label.route = "of another version";

  EXPECT_EQ(calibrations.add(label), 0U);
}

}  // namespace
}  // namespace taskgate::engine
