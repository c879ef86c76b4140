// The journal's writes while a task runs: a turn and its calls, a call on its way out, and what
// came of it.

#include "store/sqlite/journal_rows.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/writes.hpp"
#include "taskgate/core/crash_point.hpp"

namespace taskgate::store::sqlite {
namespace {

constexpr const char* kLastTurn =
    "SELECT coalesce(max(turn), 0) FROM turns WHERE tenant = ?1 AND id = ?2";

constexpr const char* kInsertTurn =
    "INSERT INTO turns (tenant, id, turn, response, served_model, usage, started_at, committed_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

constexpr const char* kInsertCall =
    "INSERT INTO tool_calls (tenant, id, turn, ord, provider_call_id, tool, tool_version, effect,"
    " arguments, arguments_hash, occurrence, call_key, alias, state, fence, attempts,"
    " first_dispatched_at, dispatched_at, outcome, outcome_at, evidence, resolved_by, late, asked)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 0, 0, NULL, NULL, ?15,"
    " NULL, '', '', 0, 0)";

constexpr const char* kLogGrew = "UPDATE tasks SET last_seq = ?3 WHERE tenant = ?1 AND id = ?2";

constexpr const char* kCancelRequested =
    "SELECT cancel_requested FROM tasks WHERE tenant = ?1 AND id = ?2";

constexpr const char* kDispatch =
    "UPDATE tool_calls SET state = 3, fence = ?5, attempts = attempts + 1, dispatched_at = ?6,"
    " first_dispatched_at = coalesce(first_dispatched_at, ?6),"
    " told = CASE WHEN ?7 AND told = '' THEN outcome ELSE told END"
    " WHERE tenant = ?1 AND id = ?2 AND turn = ?3 AND ord = ?4";

constexpr const char* kOutcome =
    "UPDATE tool_calls SET state = ?5, outcome = ?6, outcome_at = ?7, evidence = ?8,"
    " resolved_by = ?9, late = ?10, asked = 0"
    " WHERE tenant = ?1 AND id = ?2 AND turn = ?3 AND ord = ?4";

// As if it had not been dispatched: the outcome of an earlier send stands as it did.
constexpr const char* kNotSent =
    "UPDATE tool_calls SET state = ?5, attempts = attempts - 1, dispatched_at = ?6,"
    " evidence = CASE ?5 WHEN 0 THEN ?7 ELSE evidence END,"
    " first_dispatched_at = CASE attempts WHEN 1 THEN NULL ELSE first_dispatched_at END"
    " WHERE tenant = ?1 AND id = ?2 AND turn = ?3 AND ord = ?4";

constexpr const char* kQueueAgain =
    "UPDATE tasks SET status = 0, required_input = NULL WHERE tenant = ?1 AND id = ?2";

int last_turn(WriteContext& context, const TaskRef& ref) {
  auto query = context.db.query(kLastTurn);
  query.bind(ref.tenant, ref.id);
  return query.step() ? query.small(0) : 0;
}

bool is_to_be_cancelled(WriteContext& context, const TaskRef& ref) {
  auto query = context.db.query(kCancelRequested);
  query.bind(ref.tenant, ref.id);
  return query.step() && query.small(0) != 0;
}

void insert_call(WriteContext& context, const TaskRef& ref, CallPlace place, const CallPlan& call) {
  std::optional<std::string_view> key;
  if (!call.key.empty()) key = call.key;
  auto insert = context.db.query(kInsertCall);
  insert.bind(ref.tenant, ref.id, place.turn, place.ord, call.provider_call_id, call.tool,
              call.tool_version, static_cast<int>(call.effect), call.arguments, call.arguments_hash,
              call.occurrence, key, call.alias, static_cast<int>(call.state), call.outcome);
  insert.run();
}

// Writes the events of a command and the row's end of the log.
std::uint64_t log_events(WriteContext& context,
                         const TaskRef& ref,
                         const TaskState& state,
                         std::span<const EventDraft> events) {
  const std::uint64_t last_seq = state.last_seq + events.size();
  if (events.empty()) return last_seq;
  {
    auto update = context.db.query(kLogGrew);
    update.bind(ref.tenant, ref.id, last_seq).run();
  }
  append_events(context, ref, state, events);
  return last_seq;
}

// What a call can have been before a dispatch.
bool may_stand_before(CallState state) {
  return state == CallState::planned || state == CallState::failed_definite ||
         state == CallState::outcome_unknown;
}

bool may_dispatch(const CallHead& call, bool after_unknown) {
  if (call.alias) return false;  // the call whose intent it repeats is the one that is sent
  switch (call.state) {
    case CallState::planned:
    case CallState::failed_definite:
      return true;
    case CallState::outcome_unknown:
      return after_unknown || call.effect == CallEffect::read;
    default:
      return false;
  }
}

bool may_record(const CallHead& call, const RecordOutcome& outcome) {
  if (outcome.not_sent) return may_stand_before(outcome.state);
  switch (outcome.state) {
    case CallState::planned:
      return call.effect == CallEffect::read && !call.alias;
    case CallState::needs_approval:
    case CallState::dispatched:
      return false;
    default:
      return true;
  }
}

// Whether what a send came to says more than what is known. `is_last`: no later send was begun.
bool is_news(const CallHead& call, CallState outcome, bool is_last) {
  if (call.alias) return call.state == CallState::planned;  // what the other call came to
  switch (call.state) {
    case CallState::succeeded:
    case CallState::denied:
      return false;
    case CallState::dispatched:
      return is_last || outcome == CallState::succeeded;
    case CallState::outcome_unknown:
      return outcome == CallState::succeeded || (is_last && outcome == CallState::failed_definite);
    default:
      return outcome == CallState::succeeded;  // it had been given up, and happened
  }
}

constexpr const char* kTurnsToCopy =
    "SELECT count(*) FROM turns WHERE tenant = ?1 AND id = ?2 AND turn <= ?3";

constexpr const char* kCopyTurns =
    "INSERT INTO turns (tenant, id, turn, response, served_model, usage, started_at, committed_at)"
    " SELECT tenant, ?2, turn, response, served_model, usage, started_at, committed_at FROM turns"
    " WHERE tenant = ?1 AND id = ?3 AND turn <= ?4";

constexpr const char* kCopyCalls =
    "INSERT INTO tool_calls (tenant, id, turn, ord, provider_call_id, tool, tool_version, effect,"
    " arguments, arguments_hash, occurrence, call_key, alias, state, fence, attempts,"
    " first_dispatched_at, dispatched_at, outcome, outcome_at, evidence, resolved_by, late, asked,"
    " told) SELECT tenant, ?2, turn, ord, provider_call_id, tool, tool_version, effect, arguments,"
    " arguments_hash, occurrence, call_key, alias, state, 0, 0, NULL, NULL, outcome, outcome_at,"
    " evidence, 'replay', late, 0, told FROM tool_calls"
    " WHERE tenant = ?1 AND id = ?3 AND turn <= ?4";

}  // namespace

bool is_there_to_copy(WriteContext& context, const std::string& tenant, const JournalCopy& copy) {
  auto query = context.db.query(kTurnsToCopy);
  query.bind(tenant, copy.from, copy.turns);
  return query.step() && query.small(0) == copy.turns;
}

void copy_journal(WriteContext& context, const TaskRef& to, const JournalCopy& copy) {
  for (const char* sql : {kCopyTurns, kCopyCalls}) {
    auto insert = context.db.query(sql);
    insert.bind(to.tenant, to.id, copy.from, copy.turns).run();
  }
}

Result<std::uint64_t> write_turn(WriteContext& context, const CommitTurn& commit) {
  const auto state = running_state(context, commit.ref, commit.fence);
  if (!state) return state.error();
  const auto& turn = commit.turn;
  if (last_turn(context, commit.ref) + 1 != turn.turn)
    return Error(Errc::conflict, "this is not the task's next turn");
  {
    auto insert = context.db.query(kInsertTurn);
    insert.bind(commit.ref.tenant, commit.ref.id, turn.turn, turn.response, turn.served_model,
                turn.usage, turn.started_at, turn.committed_at);
    insert.run();
  }
  CallPlace place{turn.turn, 0};
  for (const auto& call : commit.calls) {
    insert_call(context, commit.ref, place, call);
    ++place.ord;
  }
  return log_events(context, commit.ref, *state, commit.events);
}

Result<Dispatched> write_dispatch(WriteContext& context, const Dispatch& dispatch) {
  const auto state = running_state(context, dispatch.ref, dispatch.fence);
  if (!state) return state.error();
  const auto call = call_head(context, dispatch.ref, dispatch.place);
  if (!call) return no_such_call();
  if (!may_dispatch(*call, dispatch.after_unknown))
    return Error(Errc::conflict, "the call is not to be sent");
  if (is_to_be_cancelled(context, dispatch.ref))
    return Error(Errc::conflict, "the task is to be cancelled");
  if (BootClock::now() >= dispatch.lease_until)
    return Error(Errc::conflict, "the worker's lease has run out");
  {
    const auto& [turn, ord] = dispatch.place;
    auto update = context.db.query(kDispatch);
    update.bind(dispatch.ref.tenant, dispatch.ref.id, turn, ord, dispatch.fence, dispatch.at,
                static_cast<int>(dispatch.for_repeat));
    update.run();
  }
  Dispatched dispatched;
  dispatched.attempt = call->attempts + 1;
  dispatched.last_seq = log_events(context, dispatch.ref, *state, dispatch.events);
  TASKGATE_CRASH_POINT("agent.in_dispatch_commit");
  return dispatched;
}

Result<OutcomeRecorded> write_outcome(WriteContext& context, const RecordOutcome& outcome) {
  const auto state = task_state(context, outcome.ref);
  if (!state) return state.error();
  const auto call = call_head(context, outcome.ref, outcome.place);
  if (!call) return no_such_call();
  OutcomeRecorded recorded;
  recorded.last_seq = state->last_seq;
  recorded.state = call->state;
  const bool is_holder = state->status == TaskStatus::running && state->fence == outcome.fence;
  recorded.late = outcome.resolved_by != "input" && (outcome.past_lease || !is_holder);
  const bool is_last = call->attempts == outcome.attempt;
  if (!may_record(*call, outcome))
    return Error(Errc::internal, "this is not what a send can come to");
  const bool is_open = call->state == CallState::dispatched && is_last;
  // Its own attempt gives it up before anything of it was sent.
  const bool gives_up = call->state == CallState::planned && is_last && is_holder &&
                        outcome.state == CallState::failed_definite;
  const bool is_new =
      outcome.not_sent ? is_open : gives_up || is_news(*call, outcome.state, is_last);
  if (!is_new) return recorded;
  const auto& [turn, ord] = outcome.place;
  if (outcome.not_sent) {
    auto update = context.db.query(kNotSent);
    update.bind(outcome.ref.tenant, outcome.ref.id, turn, ord, static_cast<int>(outcome.state),
                outcome.dispatched_before, outcome.evidence);
    update.run();
  } else {
    auto update = context.db.query(kOutcome);
    update.bind(outcome.ref.tenant, outcome.ref.id, turn, ord, static_cast<int>(outcome.state),
                outcome.outcome, outcome.at, outcome.evidence, outcome.resolved_by, recorded.late);
    update.run();
  }
  recorded.applied = true;
  recorded.state = outcome.state;
  if (is_final(state->status)) return recorded;
  recorded.last_seq = log_events(context, outcome.ref, *state, outcome.events);
  if (state->status == TaskStatus::waiting && asked_calls(context, outcome.ref) == 0) {
    auto now = *state;
    now.last_seq = recorded.last_seq;
    recorded.last_seq = queue_answered(context, outcome.ref, now, outcome.at);
  }
  // What a repeated call is told was not sent: no window opens there.
  if (!call->alias) TASKGATE_CRASH_POINT("agent.in_outcome_commit");
  return recorded;
}

std::uint64_t queue_answered(WriteContext& context,
                             const TaskRef& ref,
                             const TaskState& state,
                             TimePoint at) {
  {
    auto update = context.db.query(kQueueAgain);
    update.bind(ref.tenant, ref.id).run();
  }
  EventDraft queued;
  queued.type = EventType::task_queued;
  queued.at = at;
  queued.data = R"("reason":"answered")";
  return log_events(context, ref, state, std::span(&queued, 1));
}

}  // namespace taskgate::store::sqlite
