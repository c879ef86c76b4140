#include "engine/verdict.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

using providers::FinishReason;

struct Row {
  const char* name;
  FinishReason reason;
  const char* text;
  const char* refusal;
  bool wants_json;
  TaskStatus status;
  const char* finding;  // type of the first finding above info; "" for none
};

const Row kRows[] = {
    {"plain answer", FinishReason::stop, "hello", "", false, TaskStatus::success, ""},
    {"empty answer", FinishReason::stop, "", "", false, TaskStatus::failed, "provider_error"},
    {"cut prose", FinishReason::length, "hel", "", false, TaskStatus::partial_success,
     "truncation"},
    {"cut json", FinishReason::length, R"({"a":)", "", true, TaskStatus::failed, "truncation"},
    {"whole json at the limit", FinishReason::length, R"({"a":1})", "", true,
     TaskStatus::partial_success, "truncation"},
    {"refusal field", FinishReason::stop, "", "I cannot", false, TaskStatus::failed, "refusal"},
    {"refusal reason", FinishReason::refusal, "no", "", false, TaskStatus::failed, "refusal"},
    {"filtered to nothing", FinishReason::content_filter, "", "", false, TaskStatus::failed,
     "content_filter"},
    {"filtered midway", FinishReason::content_filter, "half", "", false,
     TaskStatus::partial_success, "content_filter"},
    {"json asked, json given", FinishReason::stop, R"({"a":1})", "", true, TaskStatus::success, ""},
    {"json asked, prose given", FinishReason::stop, "sure!", "", true, TaskStatus::failed,
     "schema_violation"},
    {"tool asked for without tools", FinishReason::tool_calls, "", "", false, TaskStatus::failed,
     "tool_error"},
    {"unknown reason", FinishReason::unknown, "text", "", false, TaskStatus::success, ""},
};

TEST(Verdict, EveryRowOfTheTable) {
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    providers::ModelTurn turn;
    turn.finish_reason = row.reason;
    turn.text = row.text;
    turn.refusal = row.refusal;

    const auto verdict = judge(turn, row.wants_json);

    EXPECT_EQ(verdict.status, row.status);
    std::string first;
    for (const auto& finding : verdict.findings) {
      if (first.empty() && finding.severity != "info") first = finding.type;
    }
    EXPECT_EQ(first, row.finding);
  }
}

TEST(Verdict, SuccessHoldsNothingAboveInfo) {
  providers::ModelTurn turn;
  turn.finish_reason = FinishReason::stop;
  turn.text = R"({"a":1})";

  const auto verdict = judge(turn, true);

  ASSERT_EQ(verdict.status, TaskStatus::success);
  EXPECT_EQ(verdict.output, turn.text);
  for (const auto& finding : verdict.findings) EXPECT_EQ(finding.severity, "info");
}

TEST(Verdict, JsonThatWouldBreakTheTaskObjectIsNotJson) {
  using namespace std::string_literals;
  for (const auto& text : {"\xEF\xBB\xBF{\"a\":1}"s, "{\"a\":1}\0,junk"s,
                           std::string(5'000, '[') + std::string(5'000, ']')}) {
    providers::ModelTurn turn;
    turn.finish_reason = FinishReason::stop;
    turn.text = text;

    const auto verdict = judge(turn, true);

    EXPECT_EQ(verdict.status, TaskStatus::failed);
    EXPECT_TRUE(verdict.output.empty());
  }
}

TEST(Verdict, FailureClassesBecomeTypedErrors) {
  providers::Failure failure;
  failure.message = "m";
  failure.failure_class = providers::FailureClass::rate;
  EXPECT_EQ(describe(failure).type, "rate_limited");
  failure.failure_class = providers::FailureClass::timeout;
  EXPECT_EQ(describe(failure).type, "provider_timeout");
  failure.failure_class = providers::FailureClass::quota;
  EXPECT_EQ(describe(failure).recovery, "human_review");
  failure.failure_class = providers::FailureClass::caller;
  failure.http_status = 400;
  failure.code = "bad";
  EXPECT_EQ(describe(failure).recovery, "none");
  EXPECT_EQ(describe(failure).evidence, "HTTP 400, code bad");
}

}  // namespace
}  // namespace taskgate::engine
