#include "taskgate/checks/verdict.hpp"

#include <gtest/gtest.h>

namespace taskgate::checks {
namespace {

constexpr auto kInfo = Severity::info;
constexpr auto kWarning = Severity::warning;
constexpr auto kError = Severity::error;
constexpr auto kCritical = Severity::critical;

struct Row {
  const char* type;
  bool repairable;  // an applied repair makes an error usable
};
const Row kRows[] = {
    {"schema_violation", true}, {"schema_drift", true},    {"truncation", true},
    {"refusal", false},         {"content_filter", false}, {"hallucination", false},
    {"low_confidence", false},  {"tool_error", false},     {"tool_args_incomplete", false},
    {"provider_error", false},
};

TEST(Verdict, EveryRowOfTheTable) {
  ASSERT_EQ(std::size(kRows), kFindingTypes);
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.type);
    const auto type = parse_finding_type(row.type);
    ASSERT_TRUE(type);
    EXPECT_STREQ(to_string(*type), row.type);
    EXPECT_EQ(status_of(*type, kInfo, false), TaskStatus::success);
    EXPECT_EQ(status_of(*type, kWarning, false), TaskStatus::partial_success);
    EXPECT_EQ(status_of(*type, kWarning, true), TaskStatus::partial_success);
    EXPECT_EQ(status_of(*type, kError, false), TaskStatus::failed);
    EXPECT_EQ(status_of(*type, kError, true),
              row.repairable ? TaskStatus::partial_success : TaskStatus::failed);
    EXPECT_EQ(status_of(*type, kCritical, false), TaskStatus::failed);
    EXPECT_EQ(status_of(*type, kCritical, true), TaskStatus::failed);
  }
}

Finding finding_of(FindingType type, Severity severity) {
  Finding finding;
  finding.type = type;
  finding.severity = severity;
  return finding;
}

TEST(Verdict, TheWorstFindingCounts) {
  std::vector<Finding> findings;
  EXPECT_EQ(judge(findings), TaskStatus::success);
  findings.push_back(finding_of(FindingType::refusal, kInfo));
  EXPECT_EQ(judge(findings), TaskStatus::success);
  findings.push_back(finding_of(FindingType::hallucination, kWarning));
  EXPECT_EQ(judge(findings), TaskStatus::partial_success);
  findings.push_back(finding_of(FindingType::refusal, kError));
  EXPECT_EQ(judge(findings), TaskStatus::failed);
}

TEST(Verdict, APolicyChangesSeveritiesButNotSuspicions) {
  const SeverityOverride rules[] = {{FindingType::hallucination, kError},
                                    {FindingType::refusal, kWarning}};
  std::vector<Finding> findings = {finding_of(FindingType::hallucination, kWarning),
                                   finding_of(FindingType::refusal, kInfo),
                                   finding_of(FindingType::truncation, kError)};

  apply_overrides(rules, findings);

  EXPECT_EQ(findings[0].severity, kError);
  EXPECT_EQ(findings[1].severity, kInfo);
  EXPECT_EQ(findings[2].severity, kError);
}

TEST(Finding, EvidenceIsCutBetweenCharacters) {
  std::string text(kMaxEvidence - 1, 'a');
  text += "é and more";
  const auto shown = evidence_of(text);
  EXPECT_EQ(shown, std::string(kMaxEvidence - 1, 'a') + "…");
}

}  // namespace
}  // namespace taskgate::checks
