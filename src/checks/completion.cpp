#include "checks/completion.hpp"

#include "taskgate/core/json_text.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::checks {
namespace {

constexpr std::size_t kTail = 80;  // bytes of the cut end that are shown

bool is_open_document(const Answer& answer) {
  const auto& json = answer.json;
  const bool container =
      !json.json.empty() && (json.json.front() == '{' || json.json.front() == '[');
  return json.state == ScanState::open && (answer.wants_json || container);
}

// What a cut costs: an answer that had to be JSON and is not whole cannot be used, prose can.
Severity cost_of_cut(const Answer& answer) {
  if (answer.input.answered.text.empty()) return Severity::error;
  return answer.wants_json && !answer.has_json() ? Severity::error : Severity::warning;
}

std::string tail_of(std::string_view text) {
  if (text.size() <= kTail) return evidence_of(text);
  auto tail = text.substr(text.size() - kTail);
  while (!tail.empty() && (static_cast<unsigned char>(tail.front()) & 0xC0) == 0x80)
    tail.remove_prefix(1);  // the rest of a character whose beginning was cut off
  return "…" + std::string(tail);
}

Finding cut_finding(const Answer& answer, std::string message) {
  Finding finding;
  finding.type = FindingType::truncation;
  finding.severity = cost_of_cut(answer);
  finding.message = std::move(message);
  finding.recovery.action = RecoveryAction::retry;
  finding.step = answer.input.answered.step;
  if (is_open_document(answer)) finding.path = answer.json.cut_pointer;
  finding.evidence = tail_of(answer.input.answered.text);
  return finding;
}

// The next limit to try: twice what was asked or used.
std::string raised_limit(const CheckInput& input) {
  constexpr std::int64_t kMost = 1'000'000;
  const auto used =
      input.asked.max_output_tokens ? input.asked.max_output_tokens : input.answered.output_tokens;
  if (!used || *used <= 0) return "{}";
  return R"({"max_output_tokens":)" + std::to_string(std::min(*used, kMost / 2) * 2) + "}";
}

Finding cut_at_limit(const Answer& answer) {
  const auto& answered = answer.input.answered;
  std::string message = "the answer was cut at the model's output limit";
  if (answered.text.empty()) {
    message = "the model reached its output limit before it wrote an answer";
  } else if (answer.wants_json && answer.has_json()) {
    message = "the model reached its output limit; the JSON that it wrote is whole";
  }
  auto finding = cut_finding(answer, std::move(message));
  finding.recovery = {RecoveryAction::raise_max_output_tokens, raised_limit(answer.input)};
  if (finding.evidence.empty()) finding.evidence = "finish reason: " + answered.raw_finish_reason;
  return finding;
}

Finding filtered(const Answer& answer) {
  const auto& reason = answer.input.answered.raw_finish_reason;
  Finding finding;
  finding.type = FindingType::content_filter;
  finding.severity = cost_of_cut(answer);
  finding.message = "the provider's content filter stopped the answer";
  finding.source = Source::provider;
  finding.step = answer.input.answered.step;
  finding.recovery = {RecoveryAction::human_review, "{\"reason\":"};
  append_json_string(finding.recovery.params, evidence_of(reason));
  finding.recovery.params += '}';
  if (is_open_document(answer)) finding.path = answer.json.cut_pointer;
  finding.evidence = "finish reason: " + evidence_of(reason);
  return finding;
}

Finding simple_finding(const Answer& answer,
                       FindingType type,
                       Severity severity,
                       std::string message) {
  Finding finding;
  finding.type = type;
  finding.severity = severity;
  finding.message = std::move(message);
  finding.step = answer.input.answered.step;
  finding.recovery.action =
      severity == Severity::info ? RecoveryAction::none : RecoveryAction::retry;
  return finding;
}

void check_finish(const Answer& answer, Findings& findings) {
  const auto& answered = answer.input.answered;
  switch (answered.finish) {
    case Finish::length:
      findings.push_back(cut_at_limit(answer));
      return;
    case Finish::content_filter:
      findings.push_back(filtered(answer));
      return;
    case Finish::unknown: {
      auto finding = simple_finding(answer, FindingType::provider_error, Severity::info,
                                    "the provider gave a finish reason that is not known");
      finding.source = Source::provider;
      finding.evidence = "finish reason: " + evidence_of(answered.raw_finish_reason);
      findings.push_back(std::move(finding));
      break;
    }
    case Finish::stop:
    case Finish::tool_calls:
    case Finish::refusal:
      break;
  }
  if (!answered.saw_terminal) {
    findings.push_back(cut_finding(answer, "the provider's stream ended without its end marker"));
    findings.back().source = Source::provider;
  } else if (is_open_document(answer)) {
    findings.push_back(cut_finding(answer, "the answer's JSON ends before it is whole"));
  } else if (const auto& limit = answer.input.asked.max_output_tokens;
             answered.finish == Finish::stop && limit && answered.output_tokens == limit) {
    auto finding = simple_finding(answer, FindingType::truncation, Severity::info,
                                  "the model used exactly the output tokens that it was allowed; "
                                  "the answer may be cut");
    finding.evidence = std::to_string(*limit) + " tokens";
    findings.push_back(std::move(finding));
  }
}

// Whether a call's arguments came whole. An empty text is a call without arguments.
void check_arguments(const Answer& answer, const CalledTool& call, Findings& findings) {
  JsonScanner scanner;
  const auto state = scan_json(call.arguments, scanner);
  const bool blank = call.arguments.find_first_not_of(" \t\r\n") == std::string::npos;
  const bool is_object =
      !blank && call.arguments[call.arguments.find_first_not_of(" \t\r\n")] == '{';
  if (blank || (state == ScanState::complete && is_object)) return;
  if (state == ScanState::open) {
    auto finding = simple_finding(answer, FindingType::tool_args_incomplete, Severity::error,
                                  "the call of tool \"" + evidence_of(call.name) +
                                      "\" was cut in its arguments; it must not be made");
    finding.path = scanner.cut_pointer();
    finding.evidence = tail_of(call.arguments);
    if (answer.input.answered.finish == Finish::length)
      finding.recovery = {RecoveryAction::raise_max_output_tokens, raised_limit(answer.input)};
    findings.push_back(std::move(finding));
    return;
  }
  auto finding = simple_finding(
      answer, FindingType::tool_error, Severity::error,
      "the arguments of tool \"" + evidence_of(call.name) + "\" are not a JSON object");
  finding.recovery.action = RecoveryAction::retry_with_feedback;
  finding.evidence = evidence_of(call.arguments);
  findings.push_back(std::move(finding));
}

void check_calls(const Answer& answer, Findings& findings) {
  constexpr std::size_t kMaxCalls = 64;
  const auto& answered = answer.input.answered;
  const bool asks = answered.finish == Finish::tool_calls || !answered.tool_calls.empty();
  if (asks && answer.input.asked.tools.empty()) {
    auto finding = simple_finding(answer, FindingType::tool_error,
                                  answered.text.empty() ? Severity::error : Severity::warning,
                                  "the model asked for a tool, but this task has none");
    if (!answered.tool_calls.empty())
      finding.evidence = "tool: " + evidence_of(answered.tool_calls.front().name);
    findings.push_back(std::move(finding));
    return;
  }
  const std::size_t count = std::min(answered.tool_calls.size(), kMaxCalls);
  for (std::size_t i = 0; i < count; ++i) check_arguments(answer, answered.tool_calls[i], findings);
}

}  // namespace

void check_completion(const Answer& answer, Findings& findings) {
  const auto& answered = answer.input.answered;
  const std::size_t before = findings.size();
  check_finish(answer, findings);
  check_calls(answer, findings);
  const bool explained =
      std::any_of(findings.begin() + static_cast<std::ptrdiff_t>(before), findings.end(),
                  [](const Finding& finding) { return finding.severity != Severity::info; });
  if (answered.text.empty() && answered.tool_calls.empty() && !explained) {
    findings.push_back(simple_finding(answer, FindingType::provider_error, Severity::error,
                                      "the model ended its turn without an answer"));
  }
}

}  // namespace taskgate::checks
