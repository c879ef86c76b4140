#include "taskgate/checks/recovery.hpp"

#include "taskgate/core/json_text.hpp"

#include <algorithm>
#include <iterator>

namespace taskgate::checks {
namespace {

constexpr std::size_t kMaxFeedbackFindings = 20;
constexpr std::size_t kMaxFeedback = 8U << 10;
constexpr int kMostFeedbacks = 10;
constexpr std::int64_t kSmallestTurn = 64;  // tokens: with less left no turn is begun

bool is_fault(const Finding& finding) {
  return status_of(finding.type, finding.severity, finding.repaired) == TaskStatus::failed;
}

// What telling the model can change. A limit, a filter and a refusal stay what they are.
bool answers_to_feedback(const Finding& finding) {
  switch (finding.type) {
    case FindingType::schema_violation:  // a schema that cannot be checked by is no model's fault
      return finding.recovery.action != RecoveryAction::relax_schema;
    case FindingType::schema_drift:
    case FindingType::tool_error:
    case FindingType::hallucination:
    case FindingType::provider_error:
      return true;
    case FindingType::truncation:
    case FindingType::tool_args_incomplete:
      return finding.recovery.action != RecoveryAction::raise_max_output_tokens;
    case FindingType::refusal:
    case FindingType::content_filter:
    case FindingType::low_confidence:
      return false;
  }
  return false;
}

bool was_repaired(const Report& report) {
  return std::any_of(report.repairs.begin(), report.repairs.end(),
                     [](const Repair& repair) { return repair.applied; });
}

bool may_run_turn(const RecoveryBounds& bounds) {
  return bounds.may_run_turns && bounds.tokens_left.value_or(kSmallestTurn) >= kSmallestTurn;
}

// The first fallback model that has not run yet; empty when there is none.
std::string next_model(const Policy& policy, const RecoveryLog& log) {
  for (const auto& model : policy.fallback_models) {
    const bool ran = std::any_of(log.steps().begin(), log.steps().end(), [&](const auto& step) {
      return step.kind == RecoveryKind::fallback_model && step.model == model;
    });
    if (!ran) return model;
  }
  return {};
}

RecoveryPlan plan(RecoveryKind kind, std::string reason) {
  RecoveryPlan made;
  made.kind = kind;
  made.reason = std::move(reason);
  return made;
}

}  // namespace

const char* to_string(RecoveryKind kind) noexcept {
  switch (kind) {
    case RecoveryKind::accept:
      return "accept";
    case RecoveryKind::repair:
      return "repair";
    case RecoveryKind::retry_with_feedback:
      return "retry_with_feedback";
    case RecoveryKind::fallback_model:
      return "fallback_model";
    case RecoveryKind::report:
      break;
  }
  return "report";
}

int RecoveryLog::count(RecoveryKind kind) const noexcept {
  return static_cast<int>(std::count_if(steps_.begin(), steps_.end(),
                                        [kind](const auto& step) { return step.kind == kind; }));
}

StepCost RecoveryLog::total() const {
  StepCost sum;
  sum.usd = 0;
  for (const auto& step : steps_) {
    sum.input_tokens += step.cost.input_tokens;
    sum.output_tokens += step.cost.output_tokens;
    sum.duration_ms += step.cost.duration_ms;
    if (step.cost.usd && sum.usd) {
      *sum.usd += *step.cost.usd;
    } else {
      sum.usd.reset();
    }
  }
  return sum;
}

RecoveryPlan plan_recovery(const Report& report,
                           const Policy& policy,
                           const RecoveryLog& log,
                           const RecoveryBounds& bounds) {
  if (report.status != TaskStatus::failed) {
    return was_repaired(report) ? plan(RecoveryKind::repair, "the repaired answer fits")
                                : plan(RecoveryKind::accept, "the answer is usable");
  }
  if (policy.on_invalid == OnInvalid::report)
    return plan(RecoveryKind::report, "on_invalid is \"report\"");
  if (!may_run_turn(bounds)) return plan(RecoveryKind::report, "no turn may be run any more");
  std::vector<Finding> faults;
  std::copy_if(report.findings.begin(), report.findings.end(), std::back_inserter(faults),
               is_fault);
  if (faults.empty()) return plan(RecoveryKind::report, "nothing that can be undone");
  const bool helps = std::all_of(faults.begin(), faults.end(), answers_to_feedback);
  const int most = std::clamp(policy.max_repairs, 0, kMostFeedbacks);
  if (helps && log.count(RecoveryKind::retry_with_feedback) < most) {
    auto retry = plan(RecoveryKind::retry_with_feedback, faults.front().message);
    retry.feedback = feedback_text(faults);
    return retry;
  }
  if (auto model = next_model(policy, log); !model.empty()) {
    auto fallback = plan(RecoveryKind::fallback_model, faults.front().message);
    fallback.model = std::move(model);
    return fallback;
  }
  return plan(RecoveryKind::report, "nothing is left to try");
}

std::string feedback_text(const std::vector<Finding>& findings) {
  std::string out = "Your previous answer cannot be used. What is wrong with it:\n";
  std::size_t listed = 0;
  for (const auto& finding : findings) {
    if (listed == kMaxFeedbackFindings || out.size() > kMaxFeedback) break;
    out += std::to_string(++listed) + ". " + evidence_of(finding.message);
    // The validator's own message begins with the place and ends with what was found.
    const bool has_place = finding.path && finding.message.starts_with(*finding.path + ":");
    const bool has_evidence = finding.message.find(finding.evidence) != std::string::npos;
    if (finding.path && !finding.path->empty() && !has_place)
      out += " (at " + evidence_of(*finding.path) + ")";
    if (!has_evidence) {
      out += "; found ";
      append_json_string(out, finding.evidence);
    }
    out += '\n';
  }
  if (listed < findings.size())
    out += "… and " + std::to_string(findings.size() - listed) + " more.\n";
  out += "Answer the task again, in full. Reply with the corrected answer alone, without comments.";
  return out;
}

}  // namespace taskgate::checks
