#include "checks/json_check.hpp"

#include "taskgate/core/json_guard.hpp"

#include <utility>

namespace taskgate::checks {
namespace {

Finding not_json(const Answer& answer, std::string message, std::string evidence) {
  Finding finding;
  finding.type = FindingType::schema_violation;
  finding.severity = Severity::error;
  finding.message = std::move(message);
  finding.recovery.action = RecoveryAction::retry_with_feedback;
  finding.path = "";
  finding.step = answer.input.answered.step;
  finding.evidence = std::move(evidence);
  return finding;
}

std::string reason_of(const Answer& answer) {
  if (answer.json.ambiguous)
    return "an answer by output_schema was asked for, but the answer holds more than one JSON "
           "document";
  JsonScanner scanner;
  const auto& text = answer.input.answered.text;
  (void)scan_json(text, scanner);  // only for the place; that it is not JSON is known
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool looks_like_json =
      first != std::string::npos && (text[first] == '{' || text[first] == '[');
  std::string reason = "an answer by output_schema was asked for, but the answer is not JSON";
  if (looks_like_json) reason += ": syntax error at byte " + std::to_string(scanner.offset());
  return reason;
}

}  // namespace

void check_json(const Answer& answer, Findings& findings) {
  const auto& text = answer.input.answered.text;
  if (!answer.wants_json || text.empty()) return;
  if (answer.json.state == ScanState::invalid || answer.json.state == ScanState::empty) {
    findings.push_back(not_json(answer, reason_of(answer), evidence_of(text)));
    return;
  }
  if (const auto fault = guard_json(answer.json.json, {answer.json.json.size(), 128})) {
    findings.push_back(
        not_json(answer, "the answer's JSON " + to_string(*fault), evidence_of(answer.json.json)));
    return;
  }
  if (answer.json.wrapping == Wrapping::bare) return;
  Finding finding;
  finding.type = FindingType::schema_violation;
  finding.severity = Severity::info;
  finding.message = answer.json.wrapping == Wrapping::fence
                        ? "the answer's JSON stood in a code fence, which was removed"
                        : "the answer's JSON stood between prose, which was removed";
  finding.step = answer.input.answered.step;
  const bool before = answer.json.begin > 0;
  finding.evidence = before ? evidence_of(std::string_view(text).substr(0, answer.json.begin))
                            : evidence_of(std::string_view(text).substr(answer.json.json.size()));
  findings.push_back(std::move(finding));
}

}  // namespace taskgate::checks
