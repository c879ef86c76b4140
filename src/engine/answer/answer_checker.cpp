#include "engine/answer/answer_checker.hpp"

#include "taskgate/checks/verdict.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace taskgate::engine {

using providers::FinishReason;
using providers::ModelTurn;

namespace {

checks::Finish finish_of(FinishReason reason) noexcept {
  switch (reason) {
    case FinishReason::stop:
      return checks::Finish::stop;
    case FinishReason::length:
      return checks::Finish::length;
    case FinishReason::tool_calls:
      return checks::Finish::tool_calls;
    case FinishReason::content_filter:
      return checks::Finish::content_filter;
    case FinishReason::refusal:
      return checks::Finish::refusal;
    case FinishReason::unknown:
      break;
  }
  return checks::Finish::unknown;
}

// All but the text, which the caller lends.
checks::Answered answered_of(const ModelTurn& turn, int step) {
  checks::Answered answered;
  answered.refusal = turn.refusal;
  answered.finish = finish_of(turn.finish_reason);
  answered.raw_finish_reason = turn.raw_finish_reason;
  // Who says why it stopped has come to its end, whatever else the protocol wants to send.
  answered.saw_terminal = turn.saw_terminal || !turn.raw_finish_reason.empty();
  for (const auto& call : turn.tool_calls)
    answered.tool_calls.push_back({call.name, call.arguments});
  if (turn.usage.reported) answered.output_tokens = turn.usage.output_tokens;
  answered.logprobs.reserve(turn.logprobs.size());
  for (const auto& token : turn.logprobs) answered.logprobs.push_back({token.token, token.logprob});
  answered.step = step;
  return answered;
}

checks::Finding unusable_schema(const std::string& fault, int step) {
  checks::Finding finding;
  finding.type = checks::FindingType::schema_violation;
  finding.severity = checks::Severity::warning;
  finding.message = "the answer was not checked: this version cannot use its output_schema";
  finding.recovery.action = checks::RecoveryAction::relax_schema;
  finding.source = checks::Source::gateway;
  finding.evidence = checks::evidence_of(fault);
  finding.step = step;
  return finding;
}

}  // namespace

AnswerChecker::AnswerChecker(AnswerRequest request, checks::SchemaCache& schemas)
    : request_(std::move(request)) {
  input_.asked = std::move(request_.asked);
  if (input_.asked.output_schema.empty()) return;
  auto compiled = schemas.get(input_.asked.output_schema);
  if (compiled) {
    schema_ = std::move(compiled.value());
  } else {
    schema_fault_ = compiled.error().message();
  }
}

checks::Report AnswerChecker::check(ModelTurn& turn, std::vector<std::string> others, int step) {
  input_.answered = answered_of(turn, step);
  input_.answered.text = std::move(turn.text);
  input_.answered.other_samples = std::move(others);
  auto report = checks::run_checks(input_, request_.policy, schema_ ? &*schema_ : nullptr);
  turn.text = std::move(input_.answered.text);
  if (!schema_fault_.empty()) {
    std::vector<checks::Finding> findings;
    findings.push_back(unusable_schema(schema_fault_, step));
    add_findings(std::move(findings), report);
  }
  return report;
}

checks::CheckInput AnswerChecker::input_of(const ModelTurn& turn) const {
  auto input = input_;
  input.answered.text = turn.text;
  return input;
}

void AnswerChecker::add_findings(std::vector<checks::Finding> findings,
                                 checks::Report& report) const {
  checks::apply_overrides(request_.policy.severities, findings);
  std::move(findings.begin(), findings.end(), std::back_inserter(report.findings));
  report.status = checks::judge(report.findings);
}

Finding finding_of(checks::Finding finding) {
  Finding shown;
  shown.type = to_string(finding.type);
  shown.message = std::move(finding.message);
  shown.severity = to_string(finding.severity);
  // What a repair has undone asks for nothing more.
  const auto action = finding.repaired ? checks::RecoveryAction::none : finding.recovery.action;
  shown.recovery = to_string(action);
  shown.source = to_string(finding.source);
  shown.evidence = std::move(finding.evidence);
  shown.params = std::move(finding.recovery.params);
  shown.path = std::move(finding.path);
  if (finding.schema_path) {
    // A bare pointer leads into the task's own schema.
    const bool own = finding.schema_path->empty() || finding.schema_path->front() == '/';
    shown.schema_path = (own ? "#" : "") + *finding.schema_path;
  }
  shown.step = finding.step;
  shown.repaired = finding.repaired;
  return shown;
}

FinalResult answered_result(ModelTurn turn, checks::Report report) {
  FinalResult result;
  result.status = report.status;
  result.findings.reserve(report.findings.size());
  for (auto& finding : report.findings) result.findings.push_back(finding_of(std::move(finding)));
  result.output = std::move(report.output);
  if (!report.confidence.methods.empty()) result.confidence = checks::to_json(report.confidence);
  result.text = std::move(turn.text);
  result.refusal = std::move(turn.refusal);
  result.served_model = std::move(turn.served_model);
  result.fingerprint = std::move(turn.fingerprint);
  result.first_token = turn.first_token;
  return result;
}

}  // namespace taskgate::engine
