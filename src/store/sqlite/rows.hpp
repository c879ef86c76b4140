#pragma once
// Rows to values: the one place that knows the order of the columns of tasks and deliveries.

#include "store/sqlite/database.hpp"
#include "taskgate/store/store.hpp"

#include <string>

namespace taskgate::store::sqlite {

/// The columns of `tasks t` in the order in which read_task() takes them.
inline constexpr const char* kTaskColumns =
    "t.tenant, t.id, t.status, t.last_seq, t.attempts, t.failures, t.priority, t.cancel_requested,"
    " t.purged, t.progress, t.created_at, t.not_before, t.deadline, t.started_at, t.finished_at,"
    " t.expires_at, t.model, t.client_id, t.metadata, t.tags,"
    " t.required_input, t.retry_of";

/// How many columns that is: the first free one after them.
inline constexpr int kTaskColumnCount = 22;
/// Where `failures` stands, which Task does not hold.
inline constexpr int kFailuresColumn = 5;

/// "SELECT <task columns><rest>".
std::string select_tasks(const char* rest);

Task read_task(const Query& row);

/// The columns of a Delivery. `deliveries d LEFT JOIN tasks t` on its task.
inline constexpr const char* kSelectDelivery =
    "SELECT d.id, d.tenant, d.task_id, d.seq, d.type, d.url, d.state, d.attempts, d.created_at,"
    " d.next_attempt_at, d.last_status, d.last_error, t.client_id FROM deliveries d"
    " LEFT JOIN tasks t ON t.tenant = d.tenant AND t.id = d.task_id";

Delivery read_delivery(const Query& row);

/// "No such task": absent, or another tenant's.
Error no_such_task();

/// The task's row, or nullopt.
std::optional<Task> find_task(Database& db, const TaskRef& ref);

}  // namespace taskgate::store::sqlite
