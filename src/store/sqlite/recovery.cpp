// What a start finds: every live task, and those that were running when their process died.

#include "store/sqlite/rows.hpp"
#include "store/sqlite/writes.hpp"

#include <string>

namespace taskgate::store::sqlite {
namespace {

const std::string kLiveTasks =
    select_tasks(" FROM tasks t INDEXED BY tasks_live WHERE t.finished_at IS NULL");

constexpr const char* kInterrupted =
    "SELECT attempts FROM tasks WHERE tenant = ?1 AND id = ?2 AND status = 1";

constexpr const char* kBackToQueue =
    "UPDATE tasks SET status = 0, last_seq = ?3 WHERE tenant = ?1 AND id = ?2";

// What was being sent when the process died may have arrived. Of a read that does not matter.
constexpr const char* kUnknownCalls =
    "UPDATE tool_calls SET state = CASE effect WHEN 0 THEN 0 ELSE 6 END,"
    " evidence = 'the process ended while the call was being sent', outcome_at = ?3"
    " WHERE tenant = ?1 AND id = ?2 AND state = 3";

std::vector<EventDraft> interruption(int attempt, TimePoint at) {
  std::vector<EventDraft> events(2);
  events[0].type = EventType::output_reset;
  events[0].at = at;
  events[0].data = R"("reason":"interrupted")";
  events[1].type = EventType::task_retrying;
  events[1].at = at;
  events[1].data = R"("reason":"interrupted","attempt":)" + std::to_string(attempt);
  return events;
}

}  // namespace

Result<std::vector<LiveTask>> read_live_tasks(Database& db) {
  std::vector<LiveTask> live;
  auto query = db.query(kLiveTasks.c_str());
  query.bind();
  while (query.step()) {
    auto& entry = live.emplace_back();
    entry.task = read_task(query);
    entry.failures = query.small(kFailuresColumn);
    entry.interrupted = entry.task.status == TaskStatus::running;
  }
  return live;
}

Result<int> write_interrupted(WriteContext& context, const Interrupted& interrupted) {
  int events_each = 0;
  for (const auto& ref : interrupted.refs) {
    const auto state = task_state(context, ref);
    if (!state || state->status != TaskStatus::running) continue;
    int attempt = 0;
    {
      auto query = context.db.query(kInterrupted);
      query.bind(ref.tenant, ref.id);
      if (query.step()) attempt = query.small(0);
    }
    const auto events = interruption(attempt, interrupted.at);
    events_each = static_cast<int>(events.size());
    const std::uint64_t last_seq = state->last_seq + events.size();
    {
      auto update = context.db.query(kBackToQueue);
      update.bind(ref.tenant, ref.id, last_seq).run();
    }
    {
      auto update = context.db.query(kUnknownCalls);
      update.bind(ref.tenant, ref.id, interrupted.at).run();
    }
    append_events(context, ref, *state, events);
  }
  return events_each;
}

}  // namespace taskgate::store::sqlite
