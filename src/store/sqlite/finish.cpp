// Ways to an end: the final write of a task, and the request to stop it.

#include "store/sqlite/rows.hpp"
#include "store/sqlite/writes.hpp"

namespace taskgate::store::sqlite {
namespace {

// Progress is whole when there is a usable answer, and stays where it was when there is none.
constexpr const char* kFinish =
    "UPDATE tasks SET status = ?3, finished_at = ?4, expires_at = ?5, last_seq = ?6,"
    " progress = CASE WHEN ?3 IN (10, 11) THEN 1.0 ELSE progress END, required_input = NULL"
    " WHERE tenant = ?1 AND id = ?2";

constexpr const char* kStartAndFinish =
    "UPDATE tasks SET status = ?3, finished_at = ?4, expires_at = ?5, last_seq = ?6,"
    " progress = CASE WHEN ?3 IN (10, 11) THEN 1.0 ELSE progress END,"
    " fence = ?7, attempts = attempts + 1, started_at = coalesce(started_at, ?8)"
    " WHERE tenant = ?1 AND id = ?2";

constexpr const char* kRequestCancel =
    "UPDATE tasks SET cancel_requested = 1 WHERE tenant = ?1 AND id = ?2";

// A final task never changes again; a running one only under its fence, any other only without.
// A start that rides along asks what a start of its own would.
bool may_finish(const TaskState& state, const Finish& finish) {
  if (is_final(state.status)) return false;
  if (finish.started_at)
    return state.status == TaskStatus::queued && finish.fence && *finish.fence > state.fence;
  if (state.status == TaskStatus::running) return finish.fence == state.fence;
  return !finish.fence;
}

}  // namespace

Result<LogPosition> write_finish(WriteContext& context, const Finish& finish) {
  if (finish.events.empty() || finish.events.back().type != final_event(finish.status) ||
      !is_final(finish.status))
    return Error(Errc::internal, "a task must end with the final event of its status");
  const auto state = task_state(context, finish.ref);
  if (!state) return state.error();
  if (!may_finish(*state, finish))
    return Error(Errc::conflict, "the task is finished, or run by another attempt");
  const LogPosition position{state->last_seq + finish.events.size()};
  if (finish.started_at) {
    auto update = context.db.query(kStartAndFinish);
    update
        .bind(finish.ref.tenant, finish.ref.id, finish.status, finish.at, finish.expires_at,
              position.last_seq, finish.fence, finish.started_at)
        .run();
  } else {
    auto update = context.db.query(kFinish);
    update
        .bind(finish.ref.tenant, finish.ref.id, finish.status, finish.at, finish.expires_at,
              position.last_seq)
        .run();
  }
  append_events(context, finish.ref, *state, finish.events);
  return position;
}

Result<CancelOutcome> write_cancel_request(WriteContext& context, const TaskRef& ref) {
  auto task = find_task(context.db, ref);
  if (!task) return no_such_task();
  if (!is_final(task->status) && !task->cancel_requested) {
    auto update = context.db.query(kRequestCancel);
    update.bind(ref.tenant, ref.id).run();
    task->cancel_requested = true;
  }
  return CancelOutcome{std::move(*task)};
}

}  // namespace taskgate::store::sqlite
