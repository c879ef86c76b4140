#include "engine/agent/input_answer.hpp"

#include "engine/agent/agent_report.hpp"
#include "engine/agent/call_planner.hpp"
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

void resolve(const TaskInput& input, store::Answer& answer) {
  answer.state = input.executed ? CallState::succeeded : CallState::failed_definite;
  if (input.executed) {
    answer.outcome =
        input.result.empty()
            ? R"({"result":null,"note":"the call was executed; its result is not known"})"
            : R"({"result":)" + input.result + '}';
    return;
  }
  answer.outcome = input.result.empty()
                       ? error_outcome("tool_error", "the call was not executed")
                       : R"({"error":{"type":"tool_error","message":"the call was not executed",)"
                         R"("result":)" +
                             input.result + "}}";
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
    return Error(Errc::unprocessable, "the task does not ask for this key: see its required_input");
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
      resolve(input, answer);
      break;
  }
  if (answer.state != CallState::planned)
    answer.events.push_back(settled_event(*call, answer.state, now));
  ask_the_rest(journal, *call, answer);
  return answer;
}

}  // namespace taskgate::engine
