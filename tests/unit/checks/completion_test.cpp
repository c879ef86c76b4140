#include "checks/completion.hpp"

#include "checks/json_check.hpp"

#include <gtest/gtest.h>

namespace taskgate::checks {
namespace {

struct Case {
  const char* name;
  Finish finish;
  const char* text;
  bool wants_json;
  bool saw_terminal;
  const char* type;  // of the first finding; "" for none
  const char* severity;
  const char* path;  // "-": none
};

const Case kCompletionCases[] = {
    {"whole prose", Finish::stop, "hello", false, true, "", "", "-"},
    {"cut prose", Finish::length, "hel", false, true, "truncation", "warning", "-"},
    {"cut before a word", Finish::length, "", false, true, "truncation", "error", "-"},
    {"cut json", Finish::length, R"({"a":[1,)", true, true, "truncation", "error", "/a/1"},
    {"whole json at the limit", Finish::length, R"({"a":1})", true, true, "truncation", "warning",
     "-"},
    {"open json with stop", Finish::stop, R"({"a":)", true, true, "truncation", "error", "/a"},
    {"open json nobody asked for", Finish::stop, R"({"a":)", false, true, "truncation", "warning",
     "/a"},
    {"a brace is not a document", Finish::stop, "{ see below", false, true, "", "", "-"},
    {"no end marker", Finish::stop, "hello", false, false, "truncation", "warning", "-"},
    {"no end marker, cut json", Finish::unknown, R"({"a")", true, false, "provider_error", "info",
     "-"},
    {"filtered to nothing", Finish::content_filter, "", false, true, "content_filter", "error",
     "-"},
    {"filtered midway", Finish::content_filter, "half", false, true, "content_filter", "warning",
     "-"},
    {"filtered json", Finish::content_filter, R"({"a":1,)", true, true, "content_filter", "error",
     ""},
    {"unknown reason", Finish::unknown, "text", false, true, "provider_error", "info", "-"},
    {"empty", Finish::stop, "", false, true, "provider_error", "error", "-"},
    {"tool without tools", Finish::tool_calls, "", false, true, "tool_error", "error", "-"},
};

TEST(Completion, EveryWayToEnd) {
  for (const auto& c : kCompletionCases) {
    SCOPED_TRACE(c.name);
    CheckInput input;
    input.answered.finish = c.finish;
    input.answered.raw_finish_reason = "raw";
    input.answered.text = c.text;
    input.answered.saw_terminal = c.saw_terminal;
    if (c.wants_json) input.asked.output_schema = "{}";
    Findings findings;

    check_completion(Answer(input), findings);

    ASSERT_EQ(findings.empty(), std::string_view(c.type).empty());
    if (findings.empty()) continue;
    EXPECT_STREQ(to_string(findings[0].type), c.type);
    EXPECT_STREQ(to_string(findings[0].severity), c.severity);
    EXPECT_EQ(findings[0].path.value_or("-"), c.path);
  }
}

TEST(Completion, SuggestsTwiceTheLimit) {
  CheckInput input;
  input.answered.finish = Finish::length;
  input.answered.text = "x";
  input.asked.max_output_tokens = 100;
  Findings findings;

  check_completion(Answer(input), findings);

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].recovery.action, RecoveryAction::raise_max_output_tokens);
  EXPECT_EQ(findings[0].recovery.params, R"({"max_output_tokens":200})");
}

TEST(Completion, ExactlyTheLimitIsOnlySuspected) {
  CheckInput input;
  input.answered.finish = Finish::stop;
  input.answered.text = "x";
  input.asked.max_output_tokens = 100;
  input.answered.output_tokens = 100;
  Findings findings;

  check_completion(Answer(input), findings);

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, Severity::info);
}

TEST(Completion, CutArgumentsMustNotBeCalled) {
  CheckInput input;
  input.answered.finish = Finish::length;
  input.asked.tools.push_back({"pay", {"amount"}, true, ToolSpec::Effect::write});
  input.answered.tool_calls.push_back({"pay", R"({"amount":1)"});
  Findings findings;

  check_completion(Answer(input), findings);

  bool seen = false;
  for (const auto& finding : findings) {
    if (finding.type != FindingType::tool_args_incomplete) continue;
    seen = true;
    EXPECT_EQ(finding.severity, Severity::error);
    EXPECT_EQ(finding.path, "/amount");
  }
  EXPECT_TRUE(seen);
}

TEST(Completion, ArgumentsThatAreNoObjectAreAToolError) {
  CheckInput input;
  input.answered.finish = Finish::tool_calls;
  input.asked.tools.push_back({"pay", {}, false, ToolSpec::Effect::write});
  input.answered.tool_calls.push_back({"pay", "[1]"});
  input.answered.tool_calls.push_back({"pay", ""});
  Findings findings;

  check_completion(Answer(input), findings);

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].type, FindingType::tool_error);
}

TEST(JsonCheck, ProseIsAViolationAndAFenceIsAnInfo) {
  CheckInput prose;
  prose.asked.output_schema = "{}";
  prose.answered.text = "sure!";
  CheckInput fenced = prose;
  fenced.answered.text = "```\n{}\n```";
  Findings of_prose;
  Findings of_fence;

  check_json(Answer(prose), of_prose);
  check_json(Answer(fenced), of_fence);

  ASSERT_EQ(of_prose.size(), 1U);
  EXPECT_EQ(of_prose[0].severity, Severity::error);
  EXPECT_EQ(of_prose[0].type, FindingType::schema_violation);
  ASSERT_EQ(of_fence.size(), 1U);
  EXPECT_EQ(of_fence[0].severity, Severity::info);
}

TEST(JsonCheck, SaysWhereTheSyntaxBreaks) {
  CheckInput input;
  input.asked.output_schema = "{}";
  input.answered.text = R"({"a":1,})";
  Findings findings;

  check_json(Answer(input), findings);

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings[0].message.find("byte 7"), std::string::npos) << findings[0].message;
}

}  // namespace
}  // namespace taskgate::checks
