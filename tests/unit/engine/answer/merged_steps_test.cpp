#include "engine/answer/merged_steps.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace taskgate::engine {
namespace {

using Json = nlohmann::json;

TEST(MergedSteps, StandInTheOrderInWhichTheyWereDone) {
  FinalResult result;
  result.agent_steps =
      R"({"index":1,"kind":"model","started_at":"2026-01-01T00:00:01.000Z","errors":[]},)"
      R"({"index":2,"kind":"tool","started_at":null,"errors":[]},)"
      R"({"index":3,"kind":"model","started_at":"2026-01-01T00:00:05.000Z","errors":[]})";
  result.steps =
      R"({"index":1,"kind":"model","started_at":"2026-01-01T00:00:03.000Z","errors":[]},)"
      R"({"index":2,"kind":"check","started_at":"2026-01-01T00:00:04.000Z","errors":[{"step":1}]},)"
      R"({"index":3,"kind":"model","started_at":"2026-01-01T00:00:06.000Z","errors":[]})";
  result.findings.resize(2);
  result.findings[0].step = 3;
  result.findings[1].step = 1;

  merge_steps(result, 1);

  const auto steps = Json::parse("[" + result.steps + "]");
  std::string kinds;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i]["index"], static_cast<int>(i) + 1);
    kinds += steps[i]["kind"].get<std::string>() + ' ';
  }
  EXPECT_EQ(kinds, "model tool model check model model ");
  EXPECT_EQ(steps[3]["errors"][0]["step"], 3);
  EXPECT_EQ(result.findings[0].step, 6);
  EXPECT_EQ(result.findings[1].step, 1) << "not of the answer";
}

TEST(MergedSteps, WithoutAJournalStayAsTheyAre) {
  FinalResult result;
  result.steps = R"({"index":1})";

  merge_steps(result, 0);

  EXPECT_EQ(result.steps, R"({"index":1})");
}

}  // namespace
}  // namespace taskgate::engine
