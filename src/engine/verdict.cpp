#include "engine/verdict.hpp"

#include "taskgate/core/json_guard.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace taskgate::engine {

using providers::FailureClass;
using providers::FinishReason;

namespace {

// Whether the text can stand inside our own documents. nlohmann takes a byte order mark, what
// follows a NUL, and any depth; a client's parser does not.
bool is_embeddable_json(const std::string& text) {
  const JsonLimits limits{text.size(), 128};
  return !text.starts_with("\xEF\xBB\xBF") && !guard_json(text, limits) &&
         nlohmann::json::accept(text);
}

void worsen(Verdict& verdict, TaskStatus status, Finding finding) {
  if (static_cast<int>(status) > static_cast<int>(verdict.status)) verdict.status = status;
  verdict.findings.push_back(std::move(finding));
}

void judge_completion(const providers::ModelTurn& turn,
                      bool wants_json,
                      bool is_json,
                      Verdict& verdict) {
  const auto cut = wants_json && !is_json ? TaskStatus::failed : TaskStatus::partial_success;
  const std::string severity = cut == TaskStatus::failed ? "error" : "warning";
  switch (turn.finish_reason) {
    case FinishReason::length:
      worsen(verdict, cut,
             {"truncation", "the answer was cut at the model's output limit", severity,
              "raise_max_output_tokens", "model", "finish reason: " + turn.raw_finish_reason});
      return;
    case FinishReason::content_filter:
      worsen(verdict, turn.text.empty() ? TaskStatus::failed : cut,
             {"content_filter", "the provider's content filter stopped the answer",
              turn.text.empty() ? "error" : severity, "human_review", "provider",
              "finish reason: " + turn.raw_finish_reason});
      return;
    case FinishReason::tool_calls:
      worsen(verdict, turn.text.empty() ? TaskStatus::failed : TaskStatus::partial_success,
             {"tool_error", "the model asked for a tool, but this task has none",
              turn.text.empty() ? "error" : "warning", "retry", "model",
              turn.tool_calls.empty() ? std::string() : "tool: " + turn.tool_calls.front().name});
      return;
    case FinishReason::unknown:
      verdict.findings.push_back({"provider_error",
                                  "the provider gave a finish reason that is not known", "info",
                                  "none", "provider", "finish reason: " + turn.raw_finish_reason});
      return;
    case FinishReason::stop:
    case FinishReason::refusal:
      return;
  }
}

}  // namespace

Verdict judge(const providers::ModelTurn& turn, bool wants_json) {
  Verdict verdict;
  if (!turn.refusal.empty() || turn.finish_reason == FinishReason::refusal) {
    worsen(verdict, TaskStatus::failed,
           {"refusal", "the model refused the request", "error", "human_review", "model",
            turn.refusal.empty() ? "finish reason: " + turn.raw_finish_reason
                                 : turn.refusal.substr(0, 500)});
    return verdict;
  }
  const bool is_json = wants_json && is_embeddable_json(turn.text);
  judge_completion(turn, wants_json, is_json, verdict);
  if (turn.text.empty() && verdict.status == TaskStatus::success) {
    worsen(verdict, TaskStatus::failed,
           {"provider_error", "the model ended its turn without an answer", "error", "retry",
            "model", ""});
    return verdict;
  }
  if (wants_json && !is_json && verdict.status != TaskStatus::failed) {
    worsen(
        verdict, TaskStatus::failed,
        {"schema_violation", "an answer by output_schema was asked for, but the answer is not JSON",
         "error", "retry_with_feedback", "model", turn.text.substr(0, 200)});
  }
  if (is_json) {
    verdict.output = turn.text;
    verdict.findings.push_back({"schema_violation",
                                "the answer is JSON; this version passes output_schema to the "
                                "model and does not check the "
                                "answer against it",
                                "info", "none", "gateway", ""});
  }
  return verdict;
}

Finding describe(const providers::Failure& failure) {
  Finding finding{"provider_error", failure.message, "error", "retry_later", "provider", ""};
  switch (failure.failure_class) {
    case FailureClass::rate:
      finding.type = "rate_limited";
      break;
    case FailureClass::quota:
      finding.recovery = "human_review";
      break;
    case FailureClass::caller:
      finding.recovery = "none";
      break;
    case FailureClass::timeout:
      finding.type = "provider_timeout";
      break;
    case FailureClass::malformed:
    case FailureClass::stream_cut:
      finding.recovery = "retry";
      break;
    case FailureClass::cancelled:
      finding = {"cancelled", failure.message, "error", "none", "client", ""};
      break;
    case FailureClass::overload:
    case FailureClass::server:
    case FailureClass::connect:
      break;
  }
  if (failure.http_status != 0) finding.evidence = "HTTP " + std::to_string(failure.http_status);
  if (!failure.code.empty())
    finding.evidence += (finding.evidence.empty() ? "" : ", ") + ("code " + failure.code);
  return finding;
}

}  // namespace taskgate::engine
