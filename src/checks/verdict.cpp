#include "taskgate/checks/verdict.hpp"

#include <algorithm>

namespace taskgate::checks {
namespace {

constexpr auto kOk = TaskStatus::success;
constexpr auto kPart = TaskStatus::partial_success;
constexpr auto kFail = TaskStatus::failed;

struct VerdictRow {
  FindingType type;
  TaskStatus info, warning, error, error_repaired, critical;
};

// The verdict. `error_repaired`: a repair that validated was applied. What no repair can undo (a
// refusal, a filtered answer, a cut call of a tool) stays failed. `warning` repaired is `part` too:
// the client must be able to see that its answer was touched.
// clang-format off
constexpr VerdictRow kVerdicts[kFindingTypes] = {
    // type                             info  warning  error   repaired  critical
    {FindingType::schema_violation,      kOk,  kPart,   kFail,  kPart,    kFail},
    {FindingType::schema_drift,          kOk,  kPart,   kFail,  kPart,    kFail},
    {FindingType::truncation,            kOk,  kPart,   kFail,  kPart,    kFail},
    {FindingType::refusal,               kOk,  kPart,   kFail,  kFail,    kFail},
    {FindingType::content_filter,        kOk,  kPart,   kFail,  kFail,    kFail},
    {FindingType::hallucination,         kOk,  kPart,   kFail,  kFail,    kFail},
    {FindingType::low_confidence,        kOk,  kPart,   kFail,  kFail,    kFail},
    {FindingType::tool_error,            kOk,  kPart,   kFail,  kFail,    kFail},
    {FindingType::tool_args_incomplete,  kOk,  kPart,   kFail,  kFail,    kFail},
    {FindingType::provider_error,        kOk,  kPart,   kFail,  kFail,    kFail},
};
// clang-format on

}  // namespace

TaskStatus status_of(FindingType type, Severity severity, bool repaired) noexcept {
  const auto& row = kVerdicts[static_cast<std::size_t>(type)];
  switch (severity) {
    case Severity::info:
      return row.info;
    case Severity::warning:
      return row.warning;
    case Severity::error:
      return repaired ? row.error_repaired : row.error;
    case Severity::critical:
      break;
  }
  return row.critical;
}

TaskStatus judge(std::span<const Finding> findings) noexcept {
  auto worst = TaskStatus::success;
  for (const auto& finding : findings)
    worst = std::max(worst, status_of(finding.type, finding.severity, finding.repaired));
  return worst;
}

void apply_overrides(std::span<const SeverityOverride> overrides, std::vector<Finding>& findings) {
  for (auto& finding : findings) {
    if (finding.severity == Severity::info) continue;
    for (const auto& rule : overrides) {
      if (rule.type == finding.type) finding.severity = rule.severity;
    }
  }
}

}  // namespace taskgate::checks
