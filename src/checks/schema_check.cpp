#include "checks/schema_check.hpp"

#include "checks/drift.hpp"
#include "checks/duplicates.hpp"
#include "checks/json_leaves.hpp"
#include "checks/json_pointer.hpp"
#include "taskgate/core/json_pointer.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::checks {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDuplicates = 10;  // that are reported
constexpr double kLeastProposal = 0.5;      // patches less sure are not even proposed

Finding base_finding(FindingType type, Severity severity, std::string message, int step) {
  Finding finding;
  finding.type = type;
  finding.severity = severity;
  finding.message = std::move(message);
  finding.step = step;
  return finding;
}

// Whether everything on the way to `path` must be there: then nothing can be left out to be rid of
// the violation. Elements of an array count as needed.
bool is_on_required_path(const CompiledSchema& schema, std::string_view path) {
  const auto segments = split_pointer(path);
  if (!segments) return true;
  std::string holder;
  for (const auto& segment : *segments) {
    for (const auto& property : schema.properties_at(holder)) {
      if (property.name == segment && !property.required) return false;
    }
    append_pointer_segment(holder, segment);
  }
  return true;
}

Severity severity_of(const CompiledSchema& schema, const Violation& violation) {
  const auto& keyword = violation.keyword;
  const bool superfluous = keyword == "additionalProperties" || keyword == "unevaluatedProperties";
  if (superfluous && !violation.property.empty()) return Severity::warning;
  return is_on_required_path(schema, violation.instance_path) ? Severity::error : Severity::warning;
}

Finding violation_finding(const CompiledSchema& schema, const Violation& violation, int step) {
  auto finding = base_finding(FindingType::schema_violation, severity_of(schema, violation),
                              violation.message(), step);
  finding.recovery.action = RecoveryAction::retry_with_feedback;
  finding.path = violation.instance_path;
  finding.schema_path = violation.schema_path;
  finding.evidence = evidence_of(violation.got);
  return finding;
}

Finding unchecked_finding(std::string message, int step) {
  auto finding =
      base_finding(FindingType::schema_violation, Severity::warning, std::move(message), step);
  finding.source = Source::gateway;
  finding.recovery.action = RecoveryAction::relax_schema;
  return finding;
}

// Numbers that a double cannot hold would change when the document is written anew.
bool is_exactly_representable(std::string_view text) {
  constexpr std::size_t kSafeDigits = 15;
  bool exact = true;
  for_each_leaf(text, text.size(), [&](const JsonLeaf& leaf) {
    if (leaf.kind != JsonLeaf::Kind::number) return;
    const auto digits = std::count_if(leaf.raw.begin(), leaf.raw.end(),
                                      [](char c) { return c >= '0' && c <= '9'; });
    exact = exact && static_cast<std::size_t>(digits) <= kSafeDigits;
  });
  return exact;
}

std::string patch_params(const DriftRepair& repair) {
  std::string params = R"({"patch":)" + repair.patch() + R"(,"confidence":)";
  params += Json(repair.confidence).dump();
  return params += '}';
}

void apply_drift(DriftRepair& repair, int step, DocumentJudgement& judgement) {
  for (const auto& edit : repair.edits) {
    auto finding = base_finding(FindingType::schema_drift, Severity::warning, edit.message, step);
    finding.path = edit.path;
    finding.evidence = edit.evidence;
    finding.repaired = true;
    finding.recovery.params =  // for whoever wants to know; there is nothing left to do
        R"({"patch":)" +
        Json::array({edit.operation}).dump(-1, ' ', false, Json::error_handler_t::replace) + "}";
    judgement.findings.push_back(std::move(finding));
  }
  judgement.repairs.push_back(
      {Repair::Kind::patch, repair.patch(), repair.confidence, true, repair.edits.size()});
  judgement.output = repair.document.dump(-1, ' ', false, Json::error_handler_t::replace);
  judgement.fits = true;
}

void propose_drift(const DriftRepair& repair, int step, DocumentJudgement& judgement) {
  auto finding =
      base_finding(FindingType::schema_drift, Severity::info,
                   "a patch would make the answer fit its schema; it was not applied", step);
  finding.recovery = {RecoveryAction::apply_patch, patch_params(repair)};
  finding.path = "";
  judgement.findings.push_back(std::move(finding));
  judgement.repairs.push_back(
      {Repair::Kind::patch, repair.patch(), repair.confidence, false, repair.edits.size()});
}

void judge_violations(const CompiledSchema& schema,
                      std::string_view text,
                      const Json& document,
                      const ValidationOutcome& outcome,
                      const Policy& policy,
                      int step,
                      DocumentJudgement& judgement) {
  const bool exact = is_exactly_representable(text);
  const double least = std::max(policy.repair_confidence, 0.9);
  auto repair = repair_drift(schema, document, outcome.violations, least);
  if (repair && exact && policy.on_invalid == OnInvalid::repair)
    return apply_drift(*repair, step, judgement);
  for (const auto& violation : outcome.violations)
    judgement.findings.push_back(violation_finding(schema, violation, step));
  if (outcome.has_more)
    judgement.findings.push_back(base_finding(FindingType::schema_violation, Severity::info,
                                              "there are more violations; only the first are "
                                              "listed",
                                              step));
  if (!repair) repair = repair_drift(schema, document, outcome.violations, kLeastProposal);
  if (repair && exact) propose_drift(*repair, step, judgement);
}

void report_duplicates(std::string_view text, int step, DocumentJudgement& judgement) {
  const auto report = [&](const std::string& pointer, const std::string& name) {
    auto finding = base_finding(FindingType::schema_violation, Severity::warning,
                                pointer + ": stands twice in one object", step);
    finding.recovery.action = RecoveryAction::retry_with_feedback;
    finding.path = pointer;
    finding.evidence = evidence_of(name);
    judgement.findings.push_back(std::move(finding));
  };
  for_each_duplicate(text, kMaxDuplicates, report);
}

}  // namespace

DocumentJudgement judge_document(const CompiledSchema& schema,
                                 std::string_view text,
                                 const Policy& policy,
                                 int step) {
  DocumentJudgement judgement;
  judgement.output = std::string(text);
  if (text.size() > kMaxCheckedDocument) {
    judgement.checked = false;
    judgement.findings.push_back(
        unchecked_finding("the answer is too large to be checked against its schema", step));
    return judgement;
  }
  const auto document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    judgement.output.clear();
    auto finding = base_finding(FindingType::schema_violation, Severity::error,
                                "the answer's JSON holds a number or a character that cannot be "
                                "represented",
                                step);
    finding.recovery.action = RecoveryAction::retry_with_feedback;
    finding.path = "";
    judgement.findings.push_back(std::move(finding));
    return judgement;
  }
  const auto outcome = schema.validate(document);
  switch (outcome.verdict) {
    case ValidationVerdict::valid:
      judgement.fits = true;
      break;
    case ValidationVerdict::invalid:
      judge_violations(schema, text, document, outcome, policy, step, judgement);
      break;
    case ValidationVerdict::too_deep:
    case ValidationVerdict::too_expensive:
      judgement.checked = false;
      judgement.findings.push_back(
          unchecked_finding(std::string("the answer could not be checked against its schema: ") +
                                to_string(outcome.verdict),
                            step));
      break;
  }
  report_duplicates(text, step, judgement);
  return judgement;
}

}  // namespace taskgate::checks
