#include "engine/agent/agent_report.hpp"

#include "engine/agent/outcome_text.hpp"
#include "engine/agent/turn_record.hpp"
#include "engine/answer/step.hpp"
#include "taskgate/checks/finding.hpp"
#include "taskgate/core/json_text.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace taskgate::engine {

using store::CallRow;
using store::CallState;

namespace {

void put_text(std::string& out, std::string_view key, std::string_view value) {
  append_json_key(out, key);
  append_json_string(out, value);
}

void put_number(std::string& out, std::string_view key, std::int64_t value) {
  append_json_key(out, key);
  append_json_number(out, value);
}

void put_raw(std::string& out, std::string_view key, std::string_view json) {
  append_json_key(out, key);
  out += json;
}

void put_time(std::string& out, std::string_view key, const std::optional<TimePoint>& time) {
  append_json_key(out, key);
  if (!time) {
    out += "null";
    return;
  }
  out += '"';
  append_rfc3339(out, *time);
  out += '"';
}

bool is_replayed(const CallRow& call) {
  return call.resolved_by == "replay";
}

// How often each key was sent: the first call of an intent holds its state.
using Executions = std::unordered_map<std::string_view, int>;

Executions executions_of(const std::vector<CallRow>& calls) {
  Executions executions;
  for (const auto& call : calls) {
    if (!call.plan.alias) executions.emplace(call.plan.key, call.attempts);
  }
  return executions;
}

std::int64_t duration_of(const CallRow& call) {
  if (!call.dispatched_at || !call.outcome_at || is_replayed(call)) return 0;
  return std::max<std::int64_t>(0, (*call.outcome_at - *call.dispatched_at).count());
}

std::string asked_json(const CallRow& call) {
  const bool is_approval = call.state == CallState::needs_approval;
  std::string out = "{";
  put_text(out, "kind", is_approval ? "approval" : "outcome");
  put_text(out, "key", call.plan.key);
  put_text(out, "tool", call.plan.tool);
  put_raw(out, "arguments", call.plan.arguments);
  put_number(out, "turn", call.place.turn);
  if (!is_approval) put_text(out, "evidence", call.evidence);
  put_text(out, "message",
           is_approval ? "the call needs your consent: answer approve, deny or edit"
                       : "nobody knows whether the call was executed: answer resolve with executed "
                         "true or false");
  out += '}';
  return out;
}

Finding finding_of(const CallRow& call) {
  Finding finding;
  finding.type = "tool_outcome_unknown";
  finding.message = "nobody knows whether the call of " + call.plan.tool + " was executed";
  finding.severity = "error";
  finding.recovery = "resolve_tool_outcome";
  append_json_string(finding.params.assign(R"({"key":)"), call.plan.key);
  finding.params += '}';
  finding.source = "tool";
  finding.evidence = "key " + call.plan.key + (call.evidence.empty() ? "" : ": " + call.evidence);
  return finding;
}

Finding refused_finding(const CallRow& call) {
  const auto& told = call.told.empty() ? call.outcome : call.told;
  const bool incomplete = told.find("\"tool_args_incomplete\"") != std::string::npos;
  Finding finding;
  finding.type = incomplete ? "tool_args_incomplete" : "tool_error";
  finding.message = incomplete ? "the arguments of a call of " + call.plan.tool +
                                     " are not whole; it was not sent"
                               : "a call of " + call.plan.tool + " failed; the model was told";
  finding.severity = "info";
  finding.recovery = "none";
  finding.source = incomplete ? "model" : "tool";
  const bool is_latest = call.told.empty() && !call.evidence.empty();
  finding.evidence = is_latest ? call.evidence : checks::evidence_of(told);
  return finding;
}

void put_step(std::string& out, int index, const char* kind, std::string_view name) {
  if (!out.empty()) out += ',';
  out += '{';
  put_number(out, "index", index);
  put_text(out, "kind", kind);
  put_text(out, "name", name);
}

}  // namespace

providers::Message tool_message(const CallRow& call) {
  std::string text = call.told.empty() ? call.outcome : call.told;
  if (text.empty())
    text = call.state == CallState::failed_definite ? error_outcome("tool_error", call.evidence)
                                                    : R"({"result":null})";
  if (is_replayed(call) && text.ends_with('}')) {
    text.pop_back();
    text += R"(,"replayed":true,"note":"this call was made before in this task, )"
            R"(and was not executed again"})";
  }
  providers::Message message;
  message.role = "tool";
  message.tool_call_id = call.plan.provider_call_id;
  message.content.push_back({std::move(text), {}});
  return message;
}

namespace {

std::string call_json(const CallRow& call, int executions) {
  std::string out = "{";
  append_json_key(out, "key");
  if (call.plan.key.empty()) {
    out += "null";
  } else {
    append_json_string(out, call.plan.key);
  }
  put_text(out, "name", call.plan.tool);
  put_text(out, "effect", call.plan.effect == store::CallEffect::read ? "read" : "write");
  put_text(out, "status", to_string(call.state));
  put_number(out, "executions", executions);
  put_raw(out, "replayed", is_replayed(call) ? "true" : "false");
  put_number(out, "step", call.place.turn);
  put_number(out, "duration_ms", duration_of(call));
  put_time(out, "dispatched_at", call.dispatched_at);
  put_time(out, "finished_at", call.outcome_at);
  if (!call.evidence.empty()) put_text(out, "evidence", call.evidence);
  if (!call.resolved_by.empty() && !is_replayed(call))
    put_text(out, "resolved_by", call.resolved_by);
  if (call.late) put_raw(out, "late", "true");
  out += '}';
  return out;
}

}  // namespace

std::string required_input(const std::vector<const CallRow*>& asked) {
  std::string out = R"({"calls":[)";
  for (const auto* call : asked) {
    if (out.back() != '[') out += ',';
    out += asked_json(*call);
  }
  out += "]}";
  return out;
}

std::string calls_json(const std::vector<CallRow>& calls) {
  std::string out = "[";
  const auto executions = executions_of(calls);
  for (const auto& call : calls) {
    if (out.back() != '[') out += ',';
    const auto holder = executions.find(call.plan.key);
    const bool is_alias = call.plan.alias && holder != executions.end();
    out += call_json(call, is_alias ? holder->second : call.attempts);
  }
  out += ']';
  return out;
}

std::string steps_json(const std::vector<store::TurnRow>& turns,
                       const std::vector<CallRow>& calls,
                       int& index) {
  std::string out;
  auto call = calls.begin();
  for (const auto& turn : turns) {
    put_step(out, index++, "model", asked_model(turn));
    put_text(out, "status", "succeeded");
    put_time(out, "started_at", turn.started_at);
    put_number(out, "duration_ms",
               std::max<std::int64_t>(0, (turn.committed_at - turn.started_at).count()));
    put_raw(out, "usage", turn.usage);
    put_raw(out, "errors", "[]");
    out += '}';
    for (; call != calls.end() && call->place.turn == turn.turn; ++call) {
      put_step(out, index++, "tool", call->plan.tool);
      put_text(out, "status", to_string(call->state));
      put_time(out, "started_at", call->dispatched_at);
      put_number(out, "duration_ms", duration_of(*call));
      put_text(out, "key", call->plan.key);
      put_raw(out, "replayed", is_replayed(*call) ? "true" : "false");
      put_raw(out, "errors", "[]");
      out += '}';
    }
  }
  return out;
}

void describe_agent(const AgentReport& report, FinalResult& result) {
  int index = 1;
  result.agent_steps = steps_json(report.rows, report.calls, index);
  result.tool_calls = calls_json(report.calls);
  for (const auto& row : report.rows) {
    const auto turn = replay_turn(row);
    if (!turn) continue;
    add_usage(result.usage, turn->usage);
    result.spent.add(asked_model(row), turn->usage);
  }
  for (const auto& call : report.calls)
    result.tool_time += std::chrono::milliseconds(duration_of(call));
  for (std::size_t i = 0; i < report.replayed; ++i)
    result.upstream += report.rows[i].committed_at - report.rows[i].started_at;
  for (const auto& call : report.calls) {
    if (call.plan.alias) continue;
    if (call.state == CallState::outcome_unknown || call.state == CallState::dispatched)
      result.findings.push_back(finding_of(call));
    if (call.state == CallState::failed_definite || !call.told.empty())
      result.findings.push_back(refused_finding(call));
  }
}

}  // namespace taskgate::engine
