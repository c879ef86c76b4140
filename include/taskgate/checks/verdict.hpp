#pragma once
// From findings to a task's final status: one table, no code paths. A route's policy changes the
// findings' severities before they get here, nothing else.

#include "taskgate/checks/finding.hpp"
#include "taskgate/core/task.hpp"

#include <span>
#include <vector>

namespace taskgate::checks {

/// A severity that a route's policy sets for a type.
struct SeverityOverride {
  FindingType type = FindingType::hallucination;
  Severity severity = Severity::warning;
};

/// Changes the severity of what is above `info`; what is only suspected stays `info`. Setting
/// `info` silences a type. The last override of a type counts.
void apply_overrides(std::span<const SeverityOverride> overrides, std::vector<Finding>& findings);

/// What one finding means: success, partial_success or failed.
TaskStatus status_of(FindingType type, Severity severity, bool repaired) noexcept;

/// The worst of what the findings mean; success when there are none.
TaskStatus judge(std::span<const Finding> findings) noexcept;

}  // namespace taskgate::checks
