// The life of an attempt: start, append, requeue. Every write but the first carries the fence under
// which the attempt runs; a stale one is refused.

#include "store/sqlite/rows.hpp"
#include "store/sqlite/writes.hpp"

namespace taskgate::store::sqlite {
namespace {

constexpr const char* kStart =
    "UPDATE tasks SET status = 1, fence = ?3, attempts = attempts + 1,"
    " started_at = coalesce(started_at, ?4), last_seq = ?5"
    " WHERE tenant = ?1 AND id = ?2";

constexpr const char* kAppend = "UPDATE tasks SET last_seq = ?3 WHERE tenant = ?1 AND id = ?2";

constexpr const char* kAppendProgress =
    "UPDATE tasks SET last_seq = ?3, progress = max(progress, ?4) WHERE tenant = ?1 AND id = ?2";

constexpr const char* kRequeue =
    "UPDATE tasks SET status = 0, not_before = ?3, failures = failures + ?4, last_seq = ?5"
    " WHERE tenant = ?1 AND id = ?2";

Error not_queued() {
  return Error(Errc::conflict, "the task is not queued");
}

Error stale_fence() {
  return Error(Errc::conflict, "the task is no longer run by this attempt");
}

}  // namespace

Result<TaskState> running_state(WriteContext& context, const TaskRef& ref, Fence fence) {
  auto state = task_state(context, ref);
  if (!state) return state;
  if (state->status != TaskStatus::running || state->fence != fence) return stale_fence();
  return state;
}

Result<LogPosition> write_start(WriteContext& context, const StartAttempt& start) {
  const auto state = task_state(context, start.ref);
  if (!state) return state.error();
  if (state->status != TaskStatus::queued) return not_queued();
  if (start.fence <= state->fence) return stale_fence();
  const LogPosition position{state->last_seq + start.events.size()};
  {
    auto update = context.db.query(kStart);
    update.bind(start.ref.tenant, start.ref.id, start.fence, start.at, position.last_seq).run();
  }
  append_events(context, start.ref, *state, start.events);
  return position;
}

Result<LogPosition> write_append(WriteContext& context, const Append& append) {
  const auto state = running_state(context, append.ref, append.fence);
  if (!state) return state.error();
  const LogPosition position{state->last_seq + append.events.size()};
  if (append.progress) {
    auto update = context.db.query(kAppendProgress);
    update.bind(append.ref.tenant, append.ref.id, position.last_seq, append.progress).run();
  } else if (!append.events.empty()) {
    auto update = context.db.query(kAppend);
    update.bind(append.ref.tenant, append.ref.id, position.last_seq).run();
  }
  append_events(context, append.ref, *state, append.events);
  return position;
}

Result<LogPosition> write_requeue(WriteContext& context, const Requeue& requeue) {
  const auto state = running_state(context, requeue.ref, requeue.fence);
  if (!state) return state.error();
  const LogPosition position{state->last_seq + requeue.events.size()};
  {
    auto update = context.db.query(kRequeue);
    update
        .bind(requeue.ref.tenant, requeue.ref.id, requeue.not_before, requeue.counts_as_failure,
              position.last_seq)
        .run();
  }
  append_events(context, requeue.ref, *state, requeue.events);
  return position;
}

}  // namespace taskgate::store::sqlite
