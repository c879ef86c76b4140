#include "taskgate/checks/report.hpp"

#include "taskgate/checks/recovery.hpp"

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

// The client gets the repaired document, so that is what has to be in the catalogue.
TEST(Report, ARepairedAnswerIsHeldAgainstItsCatalogues) {
  const struct {
    const char* text;
    Finish finish;
    const char* output;
    std::vector<std::string> paths;
  } kCases[] = {
      {R"({"SKU":"Z-9"})", Finish::stop, R"({"sku":"Z-9"})", {"/sku"}},
      {R"({"SKU":"A-1"})", Finish::stop, R"({"sku":"A-1"})", {}},
      {R"({"sku":"Z-9","tags":["bad")",
       Finish::length,
       R"({"sku":"Z-9","tags":["bad"]})",
       {"/sku", "/tags/0"}},
      {R"({"sku":"A-1","tags":["ok","no)", Finish::length, R"({"sku":"A-1","tags":["ok"]})", {}},
  };
  const auto schema = compile_schema(
      R"({"type":"object","properties":{"sku":{"type":"string"},"tags":{"type":"array",
          "items":{"type":"string"}}},"required":["sku"],"additionalProperties":false})");
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.text);
    auto input = answer_with(c.text);
    input.answered.finish = c.finish;
    input.asked.catalogues = {{"/sku", {"A-1"}}, {"/tags/*", {"ok"}}};

    const auto report = run_checks(input, {}, &schema.value());

    EXPECT_EQ(report.output, c.output);
    std::vector<std::string> paths;
    for (const auto& finding : report.findings) {
      if (finding.type == FindingType::hallucination) paths.push_back(finding.path.value());
    }
    EXPECT_EQ(paths, c.paths);
  }
}

TEST(Report, AMemberThatStandsTwiceIsAWarning) {
  const struct {
    const char* text;
    std::vector<std::string> paths;
  } kCases[] = {
      {R"({"total":1,"lines":[],"total":2})", {"/total"}},
      {R"({"total":1,"lines":[],"\u0074otal":2,"total":3})", {"/total"}},
      {R"({"total":1,"lines":[{"a":{},"a":[{"b":1,"b":1}]}],"total":2})",
       {"/lines/0/a", "/lines/0/a/0/b", "/total"}},
      {R"({"total":1,"lines":[{"total":"lines"},{"total":"total"}]})", {}},
  };
  const auto schema = compile_schema(R"({"type":"object"})");
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.text);

    const auto report = run_checks(answer_with(c.text), {}, &schema.value());

    std::vector<std::string> paths;
    for (const auto& finding : report.findings) {
      EXPECT_EQ(finding.type, FindingType::schema_violation);
      EXPECT_EQ(finding.severity, Severity::warning);
      EXPECT_NE(finding.message.find("stands twice in one object"), std::string::npos);
      paths.push_back(finding.path.value());
    }
    EXPECT_EQ(paths, c.paths);
    EXPECT_EQ(report.status, c.paths.empty() ? TaskStatus::success : TaskStatus::partial_success);
  }
}

TEST(Report, ManyMembersThatStandTwiceAreBounded) {
  std::string text = R"({"total":1,"lines":[])";
  for (int i = 0; i < 5'000; ++i) text += R"(,"n)" + std::to_string(i % 2'500) + R"(":{})";
  const auto schema = compile_schema(R"({"type":"object"})");

  const auto report = run_checks(answer_with(text + "}"), {}, &schema.value());

  EXPECT_EQ(report.findings.size(), 10U);
}

// What can be left out is a warning, which nobody is told, unless the task says otherwise.
TEST(Report, ATaskMayMakeEveryViolationCount) {
  for (const char* text :
       {R"({"total":1,"lines":[],"note":{}})", R"({"total":1,"lines":[],"x":{}})"}) {
    SCOPED_TRACE(text);
    Policy policy;
    const auto lenient = report_on(answer_with(text), policy);
    policy.severities = {{FindingType::schema_violation, Severity::error}};
    const auto strict = report_on(answer_with(text), policy);

    EXPECT_EQ(lenient.status, TaskStatus::partial_success);
    EXPECT_EQ(plan_recovery(lenient, policy, {}, {}).kind, RecoveryKind::accept);
    EXPECT_EQ(strict.status, TaskStatus::failed);
    EXPECT_EQ(plan_recovery(strict, policy, {}, {}).kind, RecoveryKind::retry_with_feedback);
  }
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
