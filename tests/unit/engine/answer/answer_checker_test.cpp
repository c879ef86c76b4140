// What a turn and a request come to: the engine's mapping onto the checks and back.

#include "engine/answer/answer_checker.hpp"

#include "taskgate/checks/judge.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace taskgate::engine {
namespace {

using providers::FinishReason;

providers::ModelTurn turn_of(std::string text) {
  providers::ModelTurn turn;
  turn.finish_reason = FinishReason::stop;
  turn.saw_terminal = true;
  turn.text = std::move(text);
  return turn;
}

FinalResult check(providers::ModelTurn turn, const char* body) {
  checks::SchemaCache schemas({}, {});
  AnswerChecker checker(read_answer_request(nlohmann::json::parse(body)), schemas);
  auto report = checker.check(turn, {}, 1);
  return answered_result(std::move(turn), std::move(report));
}

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

TEST(AnswerChecker, EveryRowOfTheTable) {
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    auto turn = turn_of(row.text);
    turn.finish_reason = row.reason;
    turn.refusal = row.refusal;

    const auto result =
        check(std::move(turn), row.wants_json ? R"({"output_schema":{"required":["a"]}})" : "{}");

    EXPECT_EQ(result.status, row.status);
    std::string first;
    for (const auto& finding : result.findings) {
      if (first.empty() && finding.severity != "info") first = finding.type;
    }
    EXPECT_EQ(first, row.finding);
  }
}

TEST(AnswerChecker, SuccessHoldsNothingAboveInfo) {
  const auto result = check(turn_of(R"({"a":1})"), R"({"output_schema":{}})");

  ASSERT_EQ(result.status, TaskStatus::success);
  EXPECT_EQ(result.output, R"({"a":1})");
  for (const auto& finding : result.findings) EXPECT_EQ(finding.severity, "info");
}

TEST(AnswerChecker, WhatWouldBreakTheTaskObjectNeverStandsInIt) {
  using namespace std::string_literals;
  for (const auto& text : {"\xEF\xBB\xBF{\"a\":1}"s, "{\"a\":1}\0,junk"s, "{\"a\":\"\xFF\"}"s,
                           std::string(5'000, '[') + std::string(5'000, ']')}) {
    const auto result = check(turn_of(text), R"({"output_schema":{}})");

    EXPECT_TRUE(result.output.empty() || result.output == R"({"a":1})") << result.output;
    EXPECT_EQ(result.output.empty(), result.status == TaskStatus::failed);
  }
}

TEST(AnswerChecker, AViolationNamesItsPlacesAndWhatMayHelp) {
  const auto result = check(turn_of(R"({"items":[{"price":"a lot"}]})"), R"({"output_schema":
      {"properties":{"items":{"items":{"properties":{"price":{"type":"number"}},
       "required":["price"]}}},"required":["items"]}})");

  ASSERT_EQ(result.findings.size(), 1U);
  const auto& finding = result.findings.front();
  EXPECT_EQ(finding.type, "schema_violation");
  EXPECT_EQ(finding.severity, "error");
  EXPECT_EQ(finding.path, "/items/0/price");
  EXPECT_EQ(finding.schema_path, "#/properties/items/items/properties/price/type");
  EXPECT_EQ(finding.recovery, "retry_with_feedback");
  EXPECT_EQ(finding.source, "model");
}

TEST(AnswerChecker, ARepairedAnswerIsHandedOnAndSaysSo) {
  const auto result = check(turn_of(R"({"unitPrice":12})"), R"({"output_schema":
      {"properties":{"unit_price":{"type":"number"}},"required":["unit_price"],
       "additionalProperties":false}})");

  EXPECT_EQ(result.status, TaskStatus::partial_success);
  EXPECT_EQ(result.output, R"({"unit_price":12})");
  EXPECT_EQ(result.text, R"({"unitPrice":12})");
  ASSERT_FALSE(result.findings.empty());
  EXPECT_EQ(result.findings.front().type, "schema_drift");
  EXPECT_TRUE(result.findings.front().repaired);
  EXPECT_EQ(result.findings.front().recovery, "none") << "there is nothing left to do";
  EXPECT_TRUE(nlohmann::json::parse(result.findings.front().params).contains("patch"));
}

TEST(AnswerChecker, ASchemaThatCannotBeUsedAnyMoreIsNoSilentPass) {
  const auto result = check(turn_of(R"({"a":1})"), R"({"output_schema":{"type":"nonsense"}})");

  EXPECT_EQ(result.status, TaskStatus::partial_success);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings.front().source, "gateway");
  EXPECT_EQ(result.findings.front().recovery, "relax_schema");
}

TEST(AnswerChecker, LogprobsThatNeverCameAreSaid) {
  auto spelt = turn_of("hello");
  spelt.logprobs = {{"hello", -0.01, {}}};
  auto misspelt = turn_of("hello");
  misspelt.logprobs = {{"hallo", -0.01, {}}};

  const auto none = check(turn_of("hello"), R"({"logprobs":true})");
  const auto other = check(std::move(misspelt), R"({"logprobs":true})");

  for (const auto* result : {&none, &other}) {
    EXPECT_EQ(result->status, TaskStatus::success);
    ASSERT_EQ(result->findings.size(), 1U);
    EXPECT_EQ(result->findings.front().type, "low_confidence");
    EXPECT_EQ(result->findings.front().severity, "info");
  }
  EXPECT_TRUE(check(std::move(spelt), R"({"logprobs":true})").findings.empty());
  EXPECT_TRUE(check(turn_of("hello"), "{}").findings.empty());
}

TEST(AnswerChecker, WhatToolsSaidIsAGroundLikeTheDocuments) {
  checks::SchemaCache schemas({}, {});
  AnswerChecker checker(
      read_answer_request(nlohmann::json::parse(R"({"context":["Invoice 77 of ACME."]})")),
      schemas);
  auto turn = turn_of("Invoice 77 costs 4711.50 EUR.");

  const auto before = checker.check(turn, {}, 1);
  checker.set_sources({R"({"price":4711.5})"});
  const auto after = checker.check(turn, {}, 1);

  EXPECT_EQ(before.status, TaskStatus::partial_success);
  EXPECT_EQ(after.status, TaskStatus::success);
}

TEST(AnswerChecker, SeveritiesReachWhatIsAddedLater) {
  const auto verdict_of = [](const char* body, const char* opinion) {
    checks::SchemaCache schemas({}, {});
    AnswerChecker checker(read_answer_request(nlohmann::json::parse(body)), schemas);
    auto turn = turn_of("hello");
    auto report = checker.check(turn, {}, 1);
    checker.add_findings(checks::findings_of_judge(opinion, 1, "be kind"), report);
    return report.status;
  };
  const char* doubts = R"({"refused":false,"unsupported":["x"],"score":1})";
  const char* low = R"({"refused":false,"unsupported":[],"score":0.2})";

  EXPECT_EQ(verdict_of("{}", doubts), TaskStatus::partial_success);
  EXPECT_EQ(verdict_of(R"({"severities":{"hallucination":"error"}})", doubts), TaskStatus::failed);
  EXPECT_EQ(verdict_of(R"({"severities":{"hallucination":"info"}})", doubts), TaskStatus::success);
  EXPECT_EQ(verdict_of(R"({"severities":{"low_confidence":"error"}})", low), TaskStatus::failed);
  EXPECT_EQ(verdict_of(R"({"severities":{"provider_error":"error"}})", "no JSON"),
            TaskStatus::success)
      << "a judge that fails is no verdict";
}

TEST(AnswerChecker, TheTurnComesBackAsItWas) {
  checks::SchemaCache schemas({}, {});
  AnswerChecker checker(read_answer_request(nlohmann::json::parse("{}")), schemas);
  auto turn = turn_of("hello");

  (void)checker.check(turn, {}, 1);  // void: the turn is what is looked at

  EXPECT_EQ(turn.text, "hello");
}

TEST(AnswerRequest, APlainTaskIsNotChecked) {
  const auto plain = read_answer_request(nlohmann::json::parse(R"({"input":"x","samples":1})"));
  const auto schema = read_answer_request(nlohmann::json::parse(R"({"output_schema":true})"));
  const auto context = read_answer_request(nlohmann::json::parse(R"({"context":[]})"));

  EXPECT_FALSE(plain.is_checked);
  EXPECT_TRUE(schema.is_checked);
  EXPECT_TRUE(context.is_checked);
  EXPECT_TRUE(context.asked.grounded);
}

TEST(AnswerRequest, EverythingThatTheClientWroteIsThePrompt) {
  const auto request = read_answer_request(nlohmann::json::parse(
      R"({"instructions":"one","context":["d"],"input":[{"role":"user","content":"two"},
          {"role":"user","content":[{"type":"text","text":"three"}]}]})"));

  EXPECT_EQ(request.asked.prompt, "one\ntwo\nthree");
  EXPECT_EQ(request.asked.context, std::vector<std::string>{"d"});
}

}  // namespace
}  // namespace taskgate::engine
