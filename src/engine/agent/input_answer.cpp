#include "engine/agent/input_answer.hpp"

#include "engine/agent/agent_report.hpp"
#include "engine/agent/call_planner.hpp"
#include "engine/agent/outcome_text.hpp"
#include "taskgate/core/json_text.hpp"

#include <utility>
#include <vector>

namespace taskgate::engine {

using store::CallRow;
using store::CallState;

namespace {

const CallRow* asked_call(const store::TaskJournal& journal, const std::string& key) {
  for (const auto& call : journal.calls) {
    if (call.asked && call.plan.key == key) return &call;
  }
  return nullptr;
}

EventDraft settled_event(const CallRow& call, CallState state, TimePoint now) {
  EventDraft finished;
  finished.type = EventType::tool_finished;
  finished.at = now;
  append_json_string(finished.data.append(R"("key":)"), call.plan.key);
  append_json_string(finished.data.append(R"(,"name":)"), call.plan.tool);
  append_json_string(finished.data.append(R"(,"status":)"), to_string(state));
  finished.data += R"(,"resolved_by":"input")";
  return finished;
}

Result<store::CallPlan> edited_plan(const TaskRef& ref,
                                    const store::TaskJournal& journal,
                                    const tools::Toolbox& toolbox,
                                    const CallRow& call,
                                    const std::string& arguments) {
  UsableTools usable;
  auto* tool = toolbox.find(call.plan.tool);
  if (tool != nullptr) {
    UsableTool entry;
    entry.tool = tool;
    entry.contract = tool->contract();
    usable.emplace(tools::wire_name(call.plan.tool), std::move(entry));
  }
  return CallPlanner(ref, usable, journal.calls).edit(call, arguments);
}

CallState resolved_state(const TaskInput& input) {
  return input.executed ? CallState::succeeded : CallState::failed_definite;
}

std::string resolved_outcome(const TaskInput& input) {
  if (input.executed)
    return input.result.empty()
               ? R"({"result":null,"note":"the call was executed; its result is not known"})"
               : R"({"result":)" + input.result + '}';
  if (input.result.empty()) return error_outcome("tool_error", "the call was not executed");
  return R"({"error":{"type":"tool_error","message":"the call was not executed","result":)" +
         input.result + "}}";
}

// Somebody was faster, or the key is a wrong one.
Error not_asked(const store::TaskJournal& journal, const std::string& key, std::string wrong_key) {
  for (const auto& call : journal.calls) {
    if (!key.empty() && call.plan.key == key)
      return Error(Errc::conflict, "nothing is asked about this call (any more)");
  }
  return Error(Errc::unprocessable, std::move(wrong_key));
}

// What is asked after this answer; with an event that says so.
void ask_the_rest(const store::TaskJournal& journal,
                  const CallRow& answered,
                  store::Answer& answer) {
  std::vector<const CallRow*> rest;
  for (const auto& call : journal.calls) {
    if (call.asked && call.place != answered.place) rest.push_back(&call);
  }
  if (rest.empty()) return;
  answer.required_input = required_input(rest);
  EventDraft waiting;
  waiting.type = EventType::task_waiting;
  waiting.at = answer.at;
  waiting.data = R"("required_input":)" + answer.required_input;
  answer.events.push_back(std::move(waiting));
}

}  // namespace

Result<store::Answer> make_answer(const TaskRef& ref,
                                  const store::TaskJournal& journal,
                                  const tools::Toolbox& toolbox,
                                  const TaskInput& input,
                                  TimePoint now) {
  if (journal.status != TaskStatus::waiting)
    return Error(Errc::conflict, "the task does not wait for an answer");
  const auto* call = asked_call(journal, input.key);
  if (call == nullptr)
    return not_asked(journal, input.key,
                     "the task does not ask for this key: see its required_input");
  const bool is_approval = call->state == CallState::needs_approval;
  if (is_approval != (input.kind != TaskInput::Kind::resolve)) {
    return Error(Errc::conflict, is_approval
                                     ? "the call needs consent: answer approve, deny or edit"
                                     : "the call's outcome is unknown: answer resolve");
  }
  store::Answer answer;
  answer.ref = ref;
  answer.place = call->place;
  answer.last_seq = journal.last_seq;
  answer.resolved_by = "input";
  answer.at = now;
  switch (input.kind) {
    case TaskInput::Kind::approve:
      break;
    case TaskInput::Kind::deny:
      answer.state = CallState::denied;
      answer.outcome = error_outcome("tool_error", input.reason.empty()
                                                       ? "the call was denied"
                                                       : "the call was denied: " + input.reason);
      break;
    case TaskInput::Kind::edit: {
      auto plan = edited_plan(ref, journal, toolbox, *call, input.arguments);
      if (!plan) return plan.error();
      answer.edited = std::move(plan.value());
      break;
    }
    case TaskInput::Kind::resolve:
      answer.state = resolved_state(input);
      answer.outcome = resolved_outcome(input);
      break;
  }
  if (answer.state != CallState::planned)
    answer.events.push_back(settled_event(*call, answer.state, now));
  ask_the_rest(journal, *call, answer);
  return answer;
}

bool is_unresolved_write(const CallRow& call) noexcept {
  const bool is_open =
      call.state == CallState::outcome_unknown || call.state == CallState::dispatched;
  return is_open && !call.plan.alias && call.plan.effect == store::CallEffect::write;
}

Result<store::RecordOutcome> make_resolution(const TaskRef& ref,
                                             const store::TaskJournal& journal,
                                             const TaskInput& input,
                                             TimePoint now) {
  if (input.kind != TaskInput::Kind::resolve)
    return Error(Errc::conflict, "the task is finished: only resolve can be answered");
  const CallRow* call = nullptr;
  for (const auto& other : journal.calls) {
    if (other.plan.key == input.key && is_unresolved_write(other)) call = &other;
  }
  if (call == nullptr)
    return not_asked(journal, input.key, "the task has no write of unknown outcome with this key");
  store::RecordOutcome fact;
  fact.ref = ref;
  fact.place = call->place;
  fact.attempt = call->attempts;
  fact.state = resolved_state(input);
  fact.outcome = resolved_outcome(input);
  fact.evidence = call->evidence;
  fact.resolved_by = "input";
  fact.at = now;
  return fact;
}

}  // namespace taskgate::engine
