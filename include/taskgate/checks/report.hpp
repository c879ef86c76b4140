#pragma once
// All checks on one answer: the entry of this layer. Pure: no I/O, no clock, no exception for
// anything that a model can write.

#include "taskgate/checks/confidence.hpp"
#include "taskgate/checks/finding.hpp"
#include "taskgate/checks/input.hpp"
#include "taskgate/checks/schema.hpp"
#include "taskgate/checks/verdict.hpp"
#include "taskgate/core/task.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace taskgate::checks {

/// What to do about an invalid answer: the task's `on_invalid`.
enum class OnInvalid : std::uint8_t {
  repair,  ///< local repairs, then feedback to the model, then fallback models
  retry,   ///< the same without local repairs
  report   ///< nothing: say what is wrong
};

/// A route's policy. It changes the inputs of the verdict and of the recovery plan, nothing else.
struct Policy {
  OnInvalid on_invalid = OnInvalid::repair;
  std::vector<SeverityOverride> severities;
  int max_repairs = 2;             ///< turns of feedback to the model, 0..10
  double repair_confidence = 0.9;  ///< least confidence of an edit that is applied
  double low_confidence = 0.5;     ///< token probability under which a field is reported
  std::vector<std::string> fallback_models;
};

/// A local repair: applied, or proposed to the client.
struct Repair {
  enum class Kind : std::uint8_t { close_json, patch };
  Kind kind = Kind::patch;
  std::string patch = "[]";  ///< RFC 6902, of a patch
  double confidence = 0;     ///< of its least sure edit
  bool applied = false;
  std::size_t edits = 0;
};

/// What the checks say.
struct Report {
  TaskStatus status = TaskStatus::success;
  std::vector<Finding> findings;
  std::string output;  ///< the answer as JSON text, repaired if need be; empty: none to hand on
  std::vector<Repair> repairs;
  Confidence confidence;
};

/// Runs every check that applies. `schema`: the compiled asked.output_schema; nullptr when none was
/// asked for (or it could not be compiled, which the submission refuses).
Report run_checks(const CheckInput& input, const Policy& policy, const CompiledSchema* schema);

/// Compiles the rules that all answers share, so that the first answer does not wait for them.
void warm_up();

/// Documents over this size are not checked against a schema: the answer is handed on with a
/// warning that says so.
inline constexpr std::size_t kMaxCheckedDocument = 8U << 20;

}  // namespace taskgate::checks
