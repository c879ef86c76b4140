#include "checks/refusal.hpp"

#include "checks/refusal_rules.hpp"

#include <gtest/gtest.h>
#include <re2/re2.h>

namespace taskgate::checks {
namespace {

TEST(Refusal, EveryRuleCompiles) {
  auto all = refusal_openings();
  for (const auto& list : {signs_of_an_answer(), refusal_hints()})
    all.insert(all.end(), list.begin(), list.end());
  all.emplace_back(kRefusalIdiom);
  all.emplace_back(kRenderingTask);
  all.emplace_back(kAnswerKey);
  for (const auto& pattern : all) {
    RE2::Options options;
    options.set_case_sensitive(false);
    options.set_max_mem(kRuleMemory);
    const RE2 rule(pattern, options);
    EXPECT_TRUE(rule.ok()) << rule.error() << "\n" << pattern;
  }
}

TEST(Refusal, TheProtocolsWordIsExact) {
  CheckInput input;
  input.answered.finish = Finish::stop;
  EXPECT_FALSE(is_protocol_refusal(input));
  input.answered.refusal = "no";
  EXPECT_TRUE(is_protocol_refusal(input));
  input.answered.refusal.clear();
  input.answered.finish = Finish::refusal;
  EXPECT_TRUE(is_protocol_refusal(input));
}

TEST(Refusal, OnlyAWholeAnswerIsCertain) {
  const std::string refusal = "I'm sorry, but I can't help with that.";
  EXPECT_EQ(refusal_in_text(refusal, ""), RefusalSign::certain);
  EXPECT_EQ(refusal_in_text(refusal + " " + std::string(1'200, 'x'), ""), RefusalSign::suspected);
  EXPECT_EQ(refusal_in_text("Here is the first half of the script. " + refusal, ""),
            RefusalSign::suspected);
  EXPECT_EQ(refusal_in_text("The capital of France is Paris.", ""), RefusalSign::none);
}

TEST(Refusal, ATaskOfTranslatingMakesItTheSubject) {
  EXPECT_EQ(refusal_in_text("I'm sorry, but I can't help with that.", "Translate into English: …"),
            RefusalSign::suspected);
}

TEST(Refusal, InsideJsonOnlyTheAnswersOwnFieldCounts) {
  const struct {
    const char* text;
    bool certain;
  } kCases[] = {
      {R"({"answer":"I'm sorry, but I can't help with that."})", true},
      {R"({"quote":"I'm sorry, but I can't help with that."})", false},
      {R"({"answer":"I'm sorry, but I can't help with that.","other":"The capital is Paris."})",
       false},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.text);
    CheckInput input;
    input.asked.output_schema = "{}";
    input.answered.text = c.text;
    input.answered.finish = Finish::stop;
    Findings findings;

    check_refusal(Answer(input), findings);

    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].severity, c.certain ? Severity::error : Severity::info);
    EXPECT_TRUE(findings[0].path.has_value());
  }
}

}  // namespace
}  // namespace taskgate::checks
