// Reading single tasks, and how long tasks took.

#include "store/sqlite/reads.hpp"
#include "store/sqlite/rows.hpp"

#include <algorithm>

namespace taskgate::store::sqlite {
namespace {

// One statement, one snapshot: the row and, once there is one, the final event's data.
const std::string kRecord = select_tasks(
    ", e.data FROM tasks t LEFT JOIN events e"
    " ON t.finished_at IS NOT NULL AND e.tenant = t.tenant AND e.id = t.id AND e.seq = t.last_seq"
    " WHERE t.tenant = ?1 AND t.id = ?2");

constexpr const char* kFindClientId =
    "SELECT id FROM client_ids WHERE tenant = ?1 AND client_id = ?2";

constexpr const char* kRequestBody =
    "SELECT t.purged, r.body FROM tasks t LEFT JOIN task_requests r"
    " ON r.tenant = t.tenant AND r.id = t.id WHERE t.tenant = ?1 AND t.id = ?2";

constexpr const char* kNextTenant =
    "SELECT tenant FROM tasks WHERE tenant > ?1 ORDER BY tenant LIMIT 1";

// From the moment the task was free to run: a wait that its client asked for (not_before) is not
// ours. After a retry not_before is the retry's, and says nothing of the start.
constexpr const char* kRecentOfTenant =
    "SELECT model, finished_at - CASE WHEN attempts > 1 THEN created_at"
    " ELSE max(created_at, coalesce(not_before, created_at)) END, finished_at, status"
    " FROM tasks WHERE tenant = ?1 ORDER BY id DESC LIMIT ?2";

// More tenants than this do not make an estimate better.
constexpr int kTenantsForEstimates = 200;

struct FinishedTask {
  std::int64_t finished_at;
  std::string model;
  std::int64_t duration_ms;
};

void add_recent_of_tenant(Database& db,
                          const std::string& tenant,
                          int rows,
                          std::vector<FinishedTask>& found) {
  auto query = db.query(kRecentOfTenant);
  query.bind(tenant, rows);
  while (query.step()) {
    const auto status = static_cast<TaskStatus>(query.small(3));
    if (status != TaskStatus::success && status != TaskStatus::partial_success) continue;
    found.push_back(FinishedTask{query.integer(2), query.text(0), query.integer(1)});
  }
}

}  // namespace

Result<TaskRecord> read_record(Database& db, const TaskRef& ref) {
  auto query = db.query(kRecord.c_str());
  query.bind(ref.tenant, ref.id);
  if (!query.step()) return no_such_task();
  TaskRecord record;
  record.task = read_task(query);
  record.final_data = query.text(kTaskColumnCount);
  return record;
}

Result<TaskId> read_client_id(Database& db,
                              const std::string& tenant,
                              const std::string& client_id) {
  auto query = db.query(kFindClientId);
  query.bind(tenant, client_id);
  if (!query.step()) return no_such_task();
  return query.task_id(0);
}

Result<std::string> read_request_body(Database& db, const TaskRef& ref) {
  auto query = db.query(kRequestBody);
  query.bind(ref.tenant, ref.id);
  if (!query.step()) return no_such_task();
  if (query.small(0) != 0) return Error(Errc::gone, "the task's content was purged");
  return query.text(1);
}

Result<std::vector<std::pair<std::string, std::int64_t>>> read_recent_durations(Database& db,
                                                                                int limit) {
  const ReadSnapshot snapshot(db);
  std::vector<FinishedTask> found;
  std::string tenant;
  for (int tenants = 0; tenants < kTenantsForEstimates; ++tenants) {
    {
      auto next = db.query(kNextTenant);
      next.bind(tenant);
      if (!next.step()) break;
      const auto name = next.text(0);
      tenant = name;
    }
    add_recent_of_tenant(db, tenant, 2 * std::max(limit, 1), found);
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.finished_at > b.finished_at; });
  if (found.size() > static_cast<std::size_t>(std::max(limit, 0)))
    found.resize(static_cast<std::size_t>(std::max(limit, 0)));
  std::vector<std::pair<std::string, std::int64_t>> durations;
  durations.reserve(found.size());
  for (auto& task : found) durations.emplace_back(std::move(task.model), task.duration_ms);
  return durations;
}

}  // namespace taskgate::store::sqlite
