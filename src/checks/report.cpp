#include "taskgate/checks/report.hpp"

#include "checks/answer.hpp"
#include "checks/completion.hpp"
#include "checks/confidence.hpp"
#include "checks/consistency.hpp"
#include "checks/grounding.hpp"
#include "checks/json_check.hpp"
#include "checks/refusal.hpp"
#include "checks/schema_check.hpp"
#include "taskgate/core/json_guard.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace taskgate::checks {
namespace {

constexpr double kCloseConfidence = 0.95;  // what is kept is as the model wrote it

bool is_usable_json(std::string_view json) {
  return !json.empty() && !guard_json(json, {json.size(), JsonScanner::kMaxDepth});
}

void take(DocumentJudgement& judgement, Report& report) {
  std::move(judgement.findings.begin(), judgement.findings.end(),
            std::back_inserter(report.findings));
  std::move(judgement.repairs.begin(), judgement.repairs.end(), std::back_inserter(report.repairs));
}

void check_whole(const Answer& answer,
                 const Policy& policy,
                 const CompiledSchema& schema,
                 Report& report) {
  auto judgement = judge_document(schema, answer.json.json, policy, answer.input.answered.step);
  report.output = std::move(judgement.output);
  take(judgement, report);
}

// A cut document: closed, if that is allowed and what is left fits. Otherwise the truncation stands
// as it is; the closed document's violations would only repeat it.
void check_cut(const Answer& answer,
               const Policy& policy,
               const CompiledSchema& schema,
               Report& report) {
  if (!answer.json.closed || answer.input.answered.finish == Finish::content_filter) return;
  auto judgement = judge_document(schema, *answer.json.closed, policy, answer.input.answered.step);
  const bool applies = judgement.fits && policy.on_invalid == OnInvalid::repair &&
                       kCloseConfidence >= policy.repair_confidence;
  report.repairs.push_back({Repair::Kind::close_json, "[]", kCloseConfidence, applies, 1});
  if (!applies) return;
  for (auto& finding : report.findings) {
    if (finding.type == FindingType::truncation) finding.repaired = true;
  }
  report.output = std::move(judgement.output);
  take(judgement, report);
}

void check_document(const Answer& answer,
                    const Policy& policy,
                    const CompiledSchema* schema,
                    Report& report) {
  check_json(answer, report.findings);
  if (!is_usable_json(answer.json.json)) return;
  if (schema == nullptr) {
    if (answer.has_json()) report.output = std::string(answer.json.json);
  } else if (answer.has_json()) {
    check_whole(answer, policy, *schema, report);
  } else if (answer.json.state == ScanState::open) {
    check_cut(answer, policy, *schema, report);
  }
}

}  // namespace

Report run_checks(const CheckInput& input, const Policy& policy, const CompiledSchema* schema) {
  Report report;
  const Answer answer(input);
  if (is_protocol_refusal(input)) {
    check_refusal(answer, report.findings);
  } else {
    check_completion(answer, report.findings);
    check_refusal(answer, report.findings);
    if (answer.wants_json) check_document(answer, policy, schema, report);
    check_grounding(answer, report.output, report.findings);
    check_consistency(answer, report.confidence, report.findings);
    check_confidence(answer, policy.low_confidence, report.confidence, report.findings);
  }
  apply_overrides(policy.severities, report.findings);
  report.status = judge(report.findings);
  return report;
}

void warm_up() {
  CheckInput input;
  input.answered.text = "warm";
  input.answered.finish = Finish::stop;
  (void)run_checks(input, {}, nullptr);  // what it says of four letters is of no interest
}

}  // namespace taskgate::checks
