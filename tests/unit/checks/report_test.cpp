#include "taskgate/checks/report.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace taskgate::checks {
namespace {

constexpr const char* kSchema =
    R"({"type":"object","properties":{"total":{"type":"integer"},"note":{"type":"string"},
        "lines":{"type":"array","items":{"type":"string"}}},
        "required":["total","lines"],"additionalProperties":false})";

CheckInput answer_with(const std::string& text) {
  CheckInput input;
  input.asked.output_schema = kSchema;
  input.answered.text = text;
  input.answered.finish = Finish::stop;
  return input;
}

Report report_on(const CheckInput& input, const Policy& policy) {
  const auto schema = compile_schema(kSchema);
  return run_checks(input, policy, &schema.value());
}

const Finding* find_type(const Report& report, FindingType type) {
  const auto found = std::find_if(report.findings.begin(), report.findings.end(),
                                  [type](const auto& finding) { return finding.type == type; });
  return found == report.findings.end() ? nullptr : &*found;
}

TEST(Report, ACleanAnswerIsASuccess) {
  const auto report = report_on(answer_with(R"({"total":1,"lines":[]})"), {});

  EXPECT_EQ(report.status, TaskStatus::success);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.output, R"({"total":1,"lines":[]})");
  EXPECT_FALSE(report.confidence.score);
}

TEST(Report, TheOutcomeOfEveryKindOfAnswer) {
  const struct {
    const char* name;
    const char* text;
    Finish finish;
    TaskStatus status;
    const char* output;
  } kCases[] = {
      {"fenced", "```json\n{\"total\":1,\"lines\":[]}\n```", Finish::stop, TaskStatus::success,
       R"({"total":1,"lines":[]})"},
      {"drift", R"({"Total":"1","lines":"a"})", Finish::stop, TaskStatus::partial_success,
       R"({"lines":["a"],"total":1})"},
      {"required part missing", R"({"lines":[]})", Finish::stop, TaskStatus::failed,
       R"({"lines":[]})"},
      {"optional part wrong", R"({"total":1,"lines":[],"note":{}})", Finish::stop,
       TaskStatus::partial_success, R"({"total":1,"lines":[],"note":{}})"},
      {"one member too many", R"({"total":1,"lines":[],"x":{}})", Finish::stop,
       TaskStatus::partial_success, R"({"total":1,"lines":[],"x":{}})"},
      {"cut after what is required", R"({"total":1,"lines":["a","b)", Finish::length,
       TaskStatus::partial_success, R"({"total":1,"lines":["a"]})"},
      {"cut before what is required", R"({"total":1,"li)", Finish::length, TaskStatus::failed, ""},
      {"cut and drifted", R"({"total":"1","lines":["a","b)", Finish::length,
       TaskStatus::partial_success, R"({"lines":["a"],"total":1})"},
      {"prose", "Sure!", Finish::stop, TaskStatus::failed, ""},
      {"refusal", "I'm sorry, but I can't help with that.", Finish::stop, TaskStatus::failed, ""},
      {"filtered", R"({"total":1,"lines":["a)", Finish::content_filter, TaskStatus::failed, ""},
      {"a number too large", R"({"total":1e400,"lines":[]})", Finish::stop, TaskStatus::failed, ""},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    auto input = answer_with(c.text);
    input.answered.finish = c.finish;

    const auto report = report_on(input, {});

    EXPECT_EQ(report.status, c.status);
    EXPECT_EQ(report.output, c.output);
    if (report.status == TaskStatus::success) {
      for (const auto& finding : report.findings) EXPECT_EQ(finding.severity, Severity::info);
    } else {
      EXPECT_FALSE(report.findings.empty());
    }
  }
}

TEST(Report, AViolationSaysWhere) {
  const auto report = report_on(answer_with(R"({"total":{},"lines":[]})"), {});

  const auto* finding = find_type(report, FindingType::schema_violation);
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->path, "/total");
  ASSERT_TRUE(finding->schema_path);
  EXPECT_NE(finding->schema_path->find("/properties/total/type"), std::string::npos);
  EXPECT_EQ(finding->recovery.action, RecoveryAction::retry_with_feedback);
  EXPECT_FALSE(finding->evidence.empty());
}

TEST(Report, OnInvalidReportOnlyProposes) {
  Policy policy;
  policy.on_invalid = OnInvalid::report;

  const auto report = report_on(answer_with(R"({"Total":1,"lines":[]})"), policy);

  EXPECT_EQ(report.status, TaskStatus::failed);
  EXPECT_EQ(report.output, R"({"Total":1,"lines":[]})");
  const auto* drift = find_type(report, FindingType::schema_drift);
  ASSERT_NE(drift, nullptr);
  EXPECT_EQ(drift->severity, Severity::info);
  EXPECT_EQ(drift->recovery.action, RecoveryAction::apply_patch);
  const auto params = nlohmann::json::parse(drift->recovery.params);
  EXPECT_EQ(params["patch"][0]["op"], "move");
  ASSERT_EQ(report.repairs.size(), 1U);
  EXPECT_FALSE(report.repairs[0].applied);
}

TEST(Report, NumbersThatADoubleCannotHoldAreNotWrittenAnew) {
  const auto report =
      report_on(answer_with(R"({"Total":123456789012345678901234567890,"lines":[]})"), {});

  EXPECT_EQ(report.status, TaskStatus::failed);
  EXPECT_TRUE(report.repairs.empty());
}

TEST(Report, TheProtocolsRefusalEndsTheMatter) {
  auto input = answer_with("");
  input.answered.refusal = "no";
  input.answered.finish = Finish::stop;

  const auto report = report_on(input, {});

  EXPECT_EQ(report.status, TaskStatus::failed);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].type, FindingType::refusal);
}

TEST(Report, APolicyMayHardenASignal) {
  CheckInput input;
  input.asked.grounded = true;
  input.answered.text = "It costs 99.95 euros.";
  input.answered.finish = Finish::stop;
  Policy policy;

  EXPECT_EQ(run_checks(input, policy, nullptr).status, TaskStatus::partial_success);
  policy.severities = {{FindingType::hallucination, Severity::error}};
  EXPECT_EQ(run_checks(input, policy, nullptr).status, TaskStatus::failed);
}

TEST(Report, JsonThatWouldBreakTheTaskObjectIsNotHandedOn) {
  using namespace std::string_literals;
  for (const auto& text :
       {"\xEF\xBB\xBF{\"total\":1}"s, "{\"total\":1}\0,junk"s, "{\"a\":\"\xFF\"}"s,
        std::string(5'000, '[') + std::string(5'000, ']')}) {
    const auto report = report_on(answer_with(text), {});
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_TRUE(report.output.empty() || report.output == R"({"total":1})") << report.output;
  }
}

}  // namespace
}  // namespace taskgate::checks
