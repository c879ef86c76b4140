#include "checks/confidence.hpp"

#include "checks/consistency.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace taskgate::checks {
namespace {

CheckInput json_answer(const char* text) {
  CheckInput input;
  input.asked.output_schema = "{}";
  input.answered.text = text;
  input.answered.finish = Finish::stop;
  return input;
}

TEST(Confidence, NothingRanMeansNoNumber) {
  Confidence confidence;
  Findings findings;

  check_confidence(Answer(json_answer("{}")), 0.5, confidence, findings);

  EXPECT_FALSE(confidence.score);
  EXPECT_EQ(to_json(confidence), R"({"score":null,"methods":[],"calibrated":false,"fields":{}})");
}

TEST(Confidence, OfEachLeafFromItsOwnTokens) {
  auto input = json_answer(R"({"a":12,"b":"xy"})");
  const double half = std::log(0.5);
  input.answered.logprobs = {{"{\"", -9},     {"a", -9},    {"\":", -9},   {"1", 0},
                             {"2", 0},        {",\"b", -9}, {"\":\"", -9}, {"x", half},
                             {"y", 4 * half}, {"\"}", -9}};
  Confidence confidence;
  Findings findings;
  const Answer answer(input);

  check_confidence(answer, 0.5, confidence, findings);

  ASSERT_EQ(confidence.fields.size(), 2U);
  EXPECT_NEAR(confidence.fields["/a"], 1, 1e-9);
  EXPECT_NEAR(confidence.fields["/b"], std::exp(2.5 * half), 1e-9);
  EXPECT_NEAR(*confidence.score, std::exp(5 * half / 4), 1e-9);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].type, FindingType::low_confidence);
  EXPECT_EQ(findings[0].path, "/b");
}

TEST(Confidence, TokensThatDoNotSpellTheAnswerSayNothing) {
  auto input = json_answer(R"({"a":12})");
  input.answered.logprobs = {{"{\"a\":13}", -0.1}};
  Confidence confidence;
  Findings findings;

  check_confidence(Answer(input), 0.5, confidence, findings);

  EXPECT_FALSE(confidence.score);
}

TEST(Consistency, CountsAgreementOfEachLeaf) {
  auto input = json_answer(R"({"total":12,"name":"Ann"})");
  input.answered.other_samples = {R"({"total":12.0,"name":"Bob"})",
                                  R"(Here: {"total":"12","name":"Bob"})", R"({"name":"Bob"})"};
  Confidence confidence;
  Findings findings;
  const Answer answer(input);

  check_consistency(answer, confidence, findings);

  EXPECT_DOUBLE_EQ(confidence.fields["/total"], 0.75);
  EXPECT_DOUBLE_EQ(confidence.fields["/name"], 0.25);
  EXPECT_DOUBLE_EQ(*confidence.score, 0.5);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].type, FindingType::hallucination);  // outvoted
  EXPECT_EQ(findings[0].path, "/name");
}

TEST(Consistency, OfProseIsThatOfItsFacts) {
  CheckInput input;
  input.answered.text = "Founded in 1998 by 240 people.";
  input.answered.other_samples = {"In 1998 it began.", "1998, with 350 people."};
  Confidence confidence;
  Findings findings;

  check_consistency(Answer(input), confidence, findings);

  EXPECT_NEAR(*confidence.score, (1 + 1.0 / 3) / 2, 1e-9);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings[0].evidence.find("240"), std::string::npos);
}

TEST(Consistency, ShortProseIsOneValue) {
  const struct {
    const char* text;
    std::vector<std::string> others;
    double score;
    std::optional<FindingType> finding;
  } kCases[] = {
      {"yes", {"no", "no"}, 1.0 / 3, FindingType::hallucination},
      {"no", {"yes", "No."}, 2.0 / 3, std::nullopt},
      {"yes", {"no"}, 0.5, FindingType::low_confidence},
      {"Not  at all!", {"not at all", " not at all.\n"}, 1, std::nullopt},
      {"red", {"green", "blue"}, 1.0 / 3, FindingType::low_confidence},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.text);
    CheckInput input;
    input.answered.text = c.text;
    input.answered.other_samples = c.others;
    Confidence confidence;
    Findings findings;

    check_consistency(Answer(input), confidence, findings);

    ASSERT_TRUE(confidence.score);
    EXPECT_NEAR(*confidence.score, c.score, 1e-9);
    ASSERT_EQ(findings.size(), c.finding ? 1U : 0U);
    if (c.finding) {
      EXPECT_EQ(findings[0].type, *c.finding);
      EXPECT_EQ(findings[0].severity, Severity::warning);
    }
  }
}

TEST(Consistency, SamplesThatCannotBeComparedAreSaid) {
  std::string prose;
  for (int i = 0; i < 60; ++i) prose += "words ";
  CheckInput text;
  text.answered.text = prose;
  text.answered.other_samples = {"other words"};
  auto json = json_answer("{}");
  json.answered.other_samples = {"{}"};
  for (const auto& input : {text, json}) {
    SCOPED_TRACE(input.answered.text);
    Confidence confidence;
    Findings findings;

    check_consistency(Answer(input), confidence, findings);

    EXPECT_FALSE(confidence.score);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].type, FindingType::low_confidence);
    EXPECT_EQ(findings[0].severity, Severity::info);
  }
}

TEST(Consistency, OneSampleSaysNothing) {
  Confidence confidence;
  Findings findings;

  check_consistency(Answer(json_answer("{}")), confidence, findings);

  EXPECT_FALSE(confidence.score);
}

}  // namespace
}  // namespace taskgate::checks
