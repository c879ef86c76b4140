#include "taskgate/checks/recovery.hpp"

#include <gtest/gtest.h>

namespace taskgate::checks {
namespace {

Finding fault(FindingType type, RecoveryAction action) {
  Finding finding;
  finding.type = type;
  finding.severity = Severity::error;
  finding.message = "expected a number";
  finding.path = "/total";
  finding.evidence = "\"x\"";
  finding.recovery.action = action;
  return finding;
}

Report failed_with(FindingType type, RecoveryAction action) {
  Report report;
  report.findings.push_back(fault(type, action));
  report.status = judge(report.findings);
  return report;
}

RecoveryStep step_of(RecoveryKind kind, const char* model) {
  RecoveryStep step;
  step.kind = kind;
  step.model = model;
  step.cost = {10, 5, 0.5, 100};
  return step;
}

TEST(Recovery, GoesThroughItsStepsInOrderAndEnds) {
  const auto report =
      failed_with(FindingType::schema_violation, RecoveryAction::retry_with_feedback);
  Policy policy;
  policy.fallback_models = {"a/one", "b/two"};
  RecoveryLog log;
  std::vector<std::string> taken;
  for (int i = 0; i < 10; ++i) {
    const auto plan = plan_recovery(report, policy, log, {});
    taken.push_back(std::string(to_string(plan.kind)) + " " + plan.model);
    if (plan.kind == RecoveryKind::report) break;
    log.add(step_of(plan.kind, plan.model.c_str()));
  }

  const std::vector<std::string> expected = {"retry_with_feedback ", "retry_with_feedback ",
                                             "fallback_model a/one", "fallback_model b/two",
                                             "report "};
  EXPECT_EQ(taken, expected);
  EXPECT_EQ(log.total().input_tokens, 40);
  EXPECT_DOUBLE_EQ(log.total().usd.value(), 2.0);
}

TEST(Recovery, AUsableAnswerIsTaken) {
  Report report;
  EXPECT_EQ(plan_recovery(report, {}, {}, {}).kind, RecoveryKind::accept);
  report.status = TaskStatus::partial_success;
  report.repairs.push_back({Repair::Kind::patch, "[]", 0.99, true, 1});
  EXPECT_EQ(plan_recovery(report, {}, {}, {}).kind, RecoveryKind::repair);
}

TEST(Recovery, FeedbackDoesNotMoveALimitOrARefusal) {
  Policy policy;
  for (const auto type : {FindingType::refusal, FindingType::content_filter}) {
    const auto report = failed_with(type, RecoveryAction::human_review);
    EXPECT_EQ(plan_recovery(report, policy, {}, {}).kind, RecoveryKind::report);
  }
  const auto cut = failed_with(FindingType::truncation, RecoveryAction::raise_max_output_tokens);
  EXPECT_EQ(plan_recovery(cut, policy, {}, {}).kind, RecoveryKind::report);
  policy.fallback_models = {"a/one"};
  EXPECT_EQ(plan_recovery(cut, policy, {}, {}).kind, RecoveryKind::fallback_model);
}

TEST(Recovery, TheModelIsNotToldOfASchemaThatCannotBeUsed) {
  const auto report = failed_with(FindingType::schema_violation, RecoveryAction::relax_schema);
  EXPECT_EQ(plan_recovery(report, {}, {}, {}).kind, RecoveryKind::report);
}

TEST(Recovery, HonoursItsBounds) {
  const auto report =
      failed_with(FindingType::schema_violation, RecoveryAction::retry_with_feedback);
  Policy policy;
  RecoveryBounds bounds;
  bounds.may_run_turns = false;
  EXPECT_EQ(plan_recovery(report, policy, {}, bounds).kind, RecoveryKind::report);
  bounds.may_run_turns = true;
  bounds.tokens_left = 10;
  EXPECT_EQ(plan_recovery(report, policy, {}, bounds).kind, RecoveryKind::report);
  policy.on_invalid = OnInvalid::report;
  EXPECT_EQ(plan_recovery(report, policy, {}, {}).kind, RecoveryKind::report);
  policy.on_invalid = OnInvalid::retry;
  policy.max_repairs = 0;
  EXPECT_EQ(plan_recovery(report, policy, {}, {}).kind, RecoveryKind::report);
}

TEST(Recovery, FeedbackHoldsTheValidatorsWords) {
  const auto text = feedback_text({fault(FindingType::schema_violation, RecoveryAction::none)});
  EXPECT_NE(text.find("1. expected a number (at /total); found \"\\\"x\\\"\""), std::string::npos)
      << text;
}

TEST(Recovery, FeedbackSaysNothingTwice) {
  auto finding = fault(FindingType::schema_violation, RecoveryAction::none);
  finding.message = R"(/age: expected integer, got string "3")";
  finding.path = "/age";
  finding.evidence = R"(string "3")";
  const auto text = feedback_text({finding});
  EXPECT_NE(text.find("1. /age: expected integer, got string \"3\"\n"), std::string::npos) << text;
  finding.path = "/ag";  // another place
  EXPECT_NE(feedback_text({finding}).find("(at /ag)"), std::string::npos);
}

TEST(Recovery, FeedbackIsBounded) {
  std::vector<Finding> many(500, fault(FindingType::schema_violation, RecoveryAction::none));
  const auto text = feedback_text(many);
  EXPECT_LT(text.size(), 20'000U);
  EXPECT_NE(text.find("and 480 more"), std::string::npos);
}

}  // namespace
}  // namespace taskgate::checks
