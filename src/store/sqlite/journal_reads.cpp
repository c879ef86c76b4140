#include "store/sqlite/journal_rows.hpp"
#include "store/sqlite/reads.hpp"
#include "store/sqlite/rows.hpp"

#include <utility>

namespace taskgate::store::sqlite {
namespace {

constexpr const char* kJournalHead =
    "SELECT status, last_seq, purged FROM tasks WHERE tenant = ?1 AND id = ?2";

constexpr const char* kTurns =
    "SELECT turn, response, served_model, usage, started_at, committed_at FROM turns"
    " WHERE tenant = ?1 AND id = ?2 ORDER BY turn";

constexpr const char* kCalls =
    "SELECT turn, ord, provider_call_id, tool, tool_version, effect, arguments, arguments_hash,"
    " occurrence, call_key, alias, state, fence, attempts, first_dispatched_at, dispatched_at,"
    " outcome, outcome_at, evidence, resolved_by, late, asked, told FROM tool_calls"
    " WHERE tenant = ?1 AND id = ?2 ORDER BY turn, ord";

constexpr const char* kCallHead =
    "SELECT state, effect, fence, attempts, alias, asked FROM tool_calls"
    " WHERE tenant = ?1 AND id = ?2 AND turn = ?3 AND ord = ?4";

constexpr const char* kAskedCalls =
    "SELECT count(*) FROM tool_calls WHERE tenant = ?1 AND id = ?2 AND asked = 1";

TurnRow read_turn(const Query& row) {
  TurnRow turn;
  turn.turn = row.small(0);
  turn.response = row.text(1);
  turn.served_model = row.text(2);
  turn.usage = row.text(3);
  turn.started_at = row.time(4);
  turn.committed_at = row.time(5);
  return turn;
}

CallRow read_call(const Query& row) {
  CallRow call;
  call.place = CallPlace{row.small(0), row.small(1)};
  call.plan.provider_call_id = row.text(2);
  call.plan.tool = row.text(3);
  call.plan.tool_version = row.text(4);
  call.plan.effect = static_cast<CallEffect>(row.small(5));
  call.plan.arguments = row.text(6);
  call.plan.arguments_hash = row.hash(7);
  call.plan.occurrence = static_cast<std::uint32_t>(row.integer(8));
  call.plan.key = row.text(9);
  call.plan.alias = row.small(10) != 0;
  call.state = static_cast<CallState>(row.small(11));
  call.plan.state = call.state;
  call.fence = row.integer(12);
  call.attempts = row.small(13);
  call.first_dispatched_at = row.optional_time(14);
  call.dispatched_at = row.optional_time(15);
  call.outcome = row.text(16);
  call.plan.outcome = call.outcome;
  call.outcome_at = row.optional_time(17);
  call.evidence = row.text(18);
  call.resolved_by = row.text(19);
  call.late = row.small(20) != 0;
  call.asked = row.small(21) != 0;
  call.told = row.text(22);
  return call;
}

}  // namespace

std::optional<CallHead> call_head(WriteContext& context, const TaskRef& ref, CallPlace place) {
  auto query = context.db.query(kCallHead);
  query.bind(ref.tenant, ref.id, place.turn, place.ord);
  if (!query.step()) return std::nullopt;
  CallHead head;
  head.state = static_cast<CallState>(query.small(0));
  head.effect = static_cast<CallEffect>(query.small(1));
  head.fence = query.integer(2);
  head.attempts = query.small(3);
  head.alias = query.small(4) != 0;
  head.asked = query.small(5) != 0;
  return head;
}

int asked_calls(WriteContext& context, const TaskRef& ref) {
  auto query = context.db.query(kAskedCalls);
  query.bind(ref.tenant, ref.id);
  return query.step() ? query.small(0) : 0;
}

Error no_such_call() {
  return Error(Errc::not_found, "the task has no such call");
}

Result<TaskJournal> read_journal(Database& db, const TaskRef& ref) {
  const ReadSnapshot snapshot(db);
  TaskJournal journal;
  {
    auto head = db.query(kJournalHead);
    head.bind(ref.tenant, ref.id);
    if (!head.step()) return no_such_task();
    journal.status = static_cast<TaskStatus>(head.small(0));
    journal.last_seq = static_cast<std::uint64_t>(head.integer(1));
    if (head.small(2) != 0) return Error(Errc::gone, "the task's content was purged");
  }
  {
    auto turns = db.query(kTurns);
    turns.bind(ref.tenant, ref.id);
    while (turns.step()) journal.turns.push_back(read_turn(turns));
  }
  auto calls = db.query(kCalls);
  calls.bind(ref.tenant, ref.id);
  while (calls.step()) journal.calls.push_back(read_call(calls));
  return journal;
}

}  // namespace taskgate::store::sqlite
