// A task that waits for somebody: what it asks, and what it was answered.

#include "store/sqlite/journal_rows.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/writes.hpp"

namespace taskgate::store::sqlite {
namespace {

// The attempt goes on once the answer is there: it is not another one.
constexpr const char* kWait =
    "UPDATE tasks SET status = 2, last_seq = ?3, required_input = ?4, attempts = attempts - 1"
    " WHERE tenant = ?1 AND id = ?2";

constexpr const char* kAsk =
    "UPDATE tool_calls SET asked = 1 WHERE tenant = ?1 AND id = ?2 AND turn = ?3 AND ord = ?4";

constexpr const char* kStillAsked =
    "UPDATE tasks SET required_input = ?3, last_seq = ?4 WHERE tenant = ?1 AND id = ?2";

constexpr const char* kAnswered =
    "UPDATE tool_calls SET state = ?5, outcome = ?6, outcome_at = ?7, resolved_by = ?8, asked = 0"
    " WHERE tenant = ?1 AND id = ?2 AND turn = ?3 AND ord = ?4";

constexpr const char* kEdited =
    "UPDATE tool_calls SET arguments = ?5, arguments_hash = ?6, occurrence = ?7, call_key = ?8,"
    " alias = ?9, tool_version = ?10, effect = ?11 WHERE tenant = ?1 AND id = ?2 AND turn = ?3 AND "
    "ord = ?4";

constexpr const char* kHolderOfKey =
    "SELECT count(*) FROM tool_calls WHERE tenant = ?1 AND id = ?2 AND call_key = ?3"
    " AND alias = 0 AND NOT (turn = ?4 AND ord = ?5)";

bool has_something_to_ask(const CallHead& call) {
  return call.state == CallState::needs_approval || call.state == CallState::outcome_unknown;
}

// An approval plans or denies; what nobody knew becomes a success or a failure.
bool is_answer_to(CallState asked, CallState answer) {
  if (asked == CallState::needs_approval)
    return answer == CallState::planned || answer == CallState::denied;
  return answer == CallState::succeeded || answer == CallState::failed_definite;
}

bool is_held_elsewhere(WriteContext& context,
                       const TaskRef& ref,
                       CallPlace place,
                       const std::string& key) {
  auto query = context.db.query(kHolderOfKey);
  query.bind(ref.tenant, ref.id, key, place.turn, place.ord);
  return query.step() && query.small(0) > 0;
}

void edit_call(WriteContext& context, const TaskRef& ref, CallPlace place, const CallPlan& call) {
  const bool alias = is_held_elsewhere(context, ref, place, call.key);
  auto update = context.db.query(kEdited);
  update.bind(ref.tenant, ref.id, place.turn, place.ord, call.arguments, call.arguments_hash,
              call.occurrence, call.key, alias, call.tool_version, static_cast<int>(call.effect));
  update.run();
}

Error nothing_asked() {
  return Error(Errc::conflict, "the task does not ask for this call");
}

}  // namespace

Result<std::uint64_t> write_wait(WriteContext& context, const Wait& wait) {
  const auto state = running_state(context, wait.ref, wait.fence);
  if (!state) return state.error();
  if (wait.asked.empty()) return Error(Errc::internal, "a task must wait for something");
  for (const auto& place : wait.asked) {
    const auto call = call_head(context, wait.ref, place);
    if (!call) return no_such_call();
    if (!has_something_to_ask(*call)) return nothing_asked();
  }
  const std::uint64_t last_seq = state->last_seq + wait.events.size();
  {
    auto update = context.db.query(kWait);
    update.bind(wait.ref.tenant, wait.ref.id, last_seq, wait.required_input).run();
  }
  for (const auto& place : wait.asked) {
    auto update = context.db.query(kAsk);
    update.bind(wait.ref.tenant, wait.ref.id, place.turn, place.ord).run();
  }
  append_events(context, wait.ref, *state, wait.events);
  return last_seq;
}

Result<TaskStatus> write_answer(WriteContext& context, const Answer& answer) {
  auto state = task_state(context, answer.ref);
  if (!state) return state.error();
  if (state->status != TaskStatus::waiting)
    return Error(Errc::conflict, "the task does not wait for an answer");
  if (state->last_seq != answer.last_seq)
    return Error(Errc::conflict, "the task has moved on meanwhile");
  const auto call = call_head(context, answer.ref, answer.place);
  if (!call) return no_such_call();
  if (!call->asked || !is_answer_to(call->state, answer.state)) return nothing_asked();
  const bool is_last = asked_calls(context, answer.ref) == 1;
  if (is_last != answer.required_input.empty())
    return Error(Errc::internal, "an answer must say what is still asked");
  const auto& [turn, ord] = answer.place;
  {
    auto update = context.db.query(kAnswered);
    update.bind(answer.ref.tenant, answer.ref.id, turn, ord, static_cast<int>(answer.state),
                answer.outcome, answer.at, answer.resolved_by);
    update.run();
  }
  if (answer.edited) edit_call(context, answer.ref, answer.place, *answer.edited);
  const std::uint64_t last_seq = state->last_seq + answer.events.size();
  {
    auto update = context.db.query(kStillAsked);
    update.bind(answer.ref.tenant, answer.ref.id, answer.required_input, last_seq).run();
  }
  append_events(context, answer.ref, *state, answer.events);
  if (!is_last) return TaskStatus::waiting;
  state->last_seq = last_seq;
  queue_answered(context, answer.ref, *state, answer.at);
  return TaskStatus::queued;
}

}  // namespace taskgate::store::sqlite
