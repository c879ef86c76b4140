#pragma once
// What to do next about an answer that is not usable: a pure function of the report, the policy and
// what was tried before. The engine carries the step out, records it, and asks again.

#include "taskgate/checks/report.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace taskgate::checks {

enum class RecoveryKind : std::uint8_t {
  accept,               ///< the answer stands as it is
  repair,               ///< the answer stands as run_checks repaired it; costs no model turn
  retry_with_feedback,  ///< another turn of the same model, with `feedback` appended
  fallback_model,       ///< a fresh turn of `model`
  report                ///< nothing more to try: the task ends with what the report says
};
const char* to_string(RecoveryKind kind) noexcept;

/// What a step cost, as far as it is known.
struct StepCost {
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::optional<double> usd;
  std::int64_t duration_ms = 0;
};

/// One step that was carried out, for the task's `steps`.
struct RecoveryStep {
  RecoveryKind kind = RecoveryKind::report;
  std::string model;  ///< that ran; empty for a local repair
  StepCost cost;
};

/// The steps so far. The first turn of the task is not one of them.
class RecoveryLog {
 public:
  void add(RecoveryStep step) { steps_.push_back(std::move(step)); }
  const std::vector<RecoveryStep>& steps() const noexcept { return steps_; }
  int count(RecoveryKind kind) const noexcept;
  /// The sum of all; `usd` is unset when any step's is.
  StepCost total() const;

 private:
  std::vector<RecoveryStep> steps_;
};

/// Bounds from outside the policy.
struct RecoveryBounds {
  std::optional<std::int64_t> tokens_left;  ///< of the task's budget
  bool may_run_turns = true;  ///< false: deadline near, cancelled, or a tool has written already
};

struct RecoveryPlan {
  RecoveryKind kind = RecoveryKind::report;
  std::string feedback;  ///< for the model, of a retry_with_feedback
  std::string model;     ///< of a fallback_model
  std::string reason;    ///< for the step's record
};

/// Never more than policy.max_repairs feedbacks and one turn of each fallback model.
RecoveryPlan plan_recovery(const Report& report,
                           const Policy& policy,
                           const RecoveryLog& log,
                           const RecoveryBounds& bounds);

/// The validator's own words for the model, at most 20 findings and 8 KiB.
std::string feedback_text(const std::vector<Finding>& findings);

}  // namespace taskgate::checks
