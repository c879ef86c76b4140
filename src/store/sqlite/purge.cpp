// Forgetting: the content of finished tasks, and idempotency records that have expired.

#include "store/sqlite/rows.hpp"
#include "store/sqlite/writes.hpp"

#include <optional>
#include <string>
#include <vector>

namespace taskgate::store::sqlite {
namespace {

constexpr const char* kPurgeState =
    "SELECT status, purged FROM tasks WHERE tenant = ?1 AND id = ?2";

constexpr const char* kDeleteRequest = "DELETE FROM task_requests WHERE tenant = ?1 AND id = ?2";
constexpr const char* kDeleteEvents = "DELETE FROM events WHERE tenant = ?1 AND id = ?2";
constexpr const char* kDeleteTurns = "DELETE FROM turns WHERE tenant = ?1 AND id = ?2";
constexpr const char* kDeleteCalls = "DELETE FROM tool_calls WHERE tenant = ?1 AND id = ?2";

constexpr const char* kMarkPurged =
    "UPDATE tasks SET purged = 1, metadata = '{}', tags = '[]'"
    " WHERE tenant = ?1 AND id = ?2";

// The owner asked to forget. The rows stay: the delivery log shows what became of them. Retention
// leaves deliveries alone: an end that is still being announced is announced, without its content.
constexpr const char* kCancelDeliveries =
    "UPDATE deliveries SET state = 3 WHERE tenant = ?1 AND task_id = ?2 AND state = 0";

constexpr const char* kExpired =
    "SELECT tenant, id FROM tasks"
    " WHERE finished_at IS NOT NULL AND purged = 0 AND expires_at < ?1 ORDER BY expires_at LIMIT "
    "?2";

constexpr const char* kForgotten =
    "SELECT tenant, id, client_id FROM tasks"
    " WHERE purged = 1 AND expires_at < ?1 ORDER BY expires_at LIMIT ?2";

// Their attempts go with them.
constexpr const char* kDeleteDeliveries =
    "DELETE FROM deliveries WHERE tenant = ?1 AND task_id = ?2";
constexpr const char* kDeleteTask = "DELETE FROM tasks WHERE tenant = ?1 AND id = ?2";
constexpr const char* kDeleteClientId =
    "DELETE FROM client_ids WHERE tenant = ?1 AND client_id = ?2";

void run_on(WriteContext& context, const char* sql, const TaskRef& ref) {
  auto query = context.db.query(sql);
  query.bind(ref.tenant, ref.id).run();
}

void purge_content(WriteContext& context, const TaskRef& ref) {
  for (const char* sql : {kDeleteRequest, kDeleteEvents, kDeleteTurns, kDeleteCalls, kMarkPurged})
    run_on(context, sql, ref);
  context.content_deleted = true;
}

}  // namespace

Result<Done> write_purge(WriteContext& context, const TaskRef& ref) {
  {
    auto query = context.db.query(kPurgeState);
    query.bind(ref.tenant, ref.id);
    if (!query.step()) return no_such_task();
    if (!is_final(static_cast<TaskStatus>(query.small(0))))
      return Error(Errc::conflict, "the task is not finished: cancel it first");
    if (query.small(1) != 0) return Done{};
  }
  purge_content(context, ref);
  run_on(context, kCancelDeliveries, ref);
  return Done{};
}

Result<int> write_purge_expired(WriteContext& context, const Sweep& sweep) {
  std::vector<TaskRef> expired;
  {
    auto query = context.db.query(kExpired);
    query.bind(sweep.now, sweep.limit);
    while (query.step()) expired.push_back(TaskRef{query.text(0), query.task_id(1)});
  }
  for (const auto& ref : expired) purge_content(context, ref);
  return static_cast<int>(expired.size());
}

Result<int> write_forget_purged(WriteContext& context, const Sweep& sweep) {
  struct Forgotten {
    TaskRef ref;
    std::optional<std::string> client_id;
  };
  std::vector<Forgotten> forgotten;
  {
    auto query = context.db.query(kForgotten);
    query.bind(sweep.now, sweep.limit);
    while (query.step())
      forgotten.push_back({TaskRef{query.text(0), query.task_id(1)}, query.optional_text(2)});
  }
  for (const auto& [ref, client_id] : forgotten) {
    run_on(context, kDeleteDeliveries, ref);
    run_on(context, kDeleteTask, ref);
    if (!client_id) continue;
    auto query = context.db.query(kDeleteClientId);
    query.bind(ref.tenant, client_id).run();
  }
  return static_cast<int>(forgotten.size());
}

Result<int> write_sweep_idempotency(WriteContext& context, const Sweep& sweep) {
  return context.keys.sweep(sweep.now, sweep.limit);
}

}  // namespace taskgate::store::sqlite
