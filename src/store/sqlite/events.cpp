#include "store/sqlite/reads.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/write_context.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::store::sqlite {
namespace {

constexpr const char* kTaskState =
    "SELECT status, fence, last_seq, webhook_mask FROM tasks WHERE tenant = ?1 AND id = ?2";

constexpr const char* kInsertEvent =
    "INSERT INTO events (tenant, id, seq, at, type, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

constexpr const char* kInsertDelivery =
    "INSERT INTO deliveries (tenant, task_id, seq, type, url, state, attempts, created_at,"
    " next_attempt_at, last_status, last_error)"
    " VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6, ?6, NULL, '')";

constexpr const char* kWebhookUrl =
    "SELECT webhook_url FROM task_requests WHERE tenant = ?1 AND id = ?2"
    " AND webhook_url IS NOT NULL";

constexpr const char* kEventsHead =
    "SELECT status, last_seq, purged FROM tasks WHERE tenant = ?1 AND id = ?2";

constexpr const char* kEventsAfter =
    "SELECT seq, at, type, data FROM events WHERE tenant = ?1 AND id = ?2 AND seq > ?3"
    " ORDER BY seq";

bool is_announced(std::uint32_t mask, EventType type) {
  return (mask & (1U << static_cast<unsigned>(type))) != 0;
}

Event numbered(const EventDraft& draft, std::uint64_t seq) {
  Event event;
  event.seq = seq;
  event.type = draft.type;
  event.at = draft.at;
  event.data = draft.data;
  if (draft.seq_offset)
    event.data.insert(std::min(*draft.seq_offset, event.data.size()), std::to_string(seq));
  return event;
}

void insert_event(WriteContext& context, const TaskRef& ref, const Event& event) {
  auto insert = context.db.query(kInsertEvent);
  insert.bind(ref.tenant, ref.id, event.seq, event.at, static_cast<int>(event.type), event.data);
  insert.run();
}

void insert_delivery(WriteContext& context,
                     const TaskRef& ref,
                     const Event& event,
                     std::string_view url) {
  auto insert = context.db.query(kInsertDelivery);
  insert.bind(ref.tenant, ref.id, event.seq, static_cast<int>(event.type), url, event.at);
  insert.run();
  context.new_deliveries = true;
}

void announce_event(WriteContext& context, const TaskRef& ref, const Event& event) {
  std::string url;
  {
    auto query = context.db.query(kWebhookUrl);
    query.bind(ref.tenant, ref.id);
    if (!query.step()) return;
    url = query.text(0);
  }
  insert_delivery(context, ref, event, url);
}

}  // namespace

Result<TaskState> task_state(WriteContext& context, const TaskRef& ref) {
  auto query = context.db.query(kTaskState);
  query.bind(ref.tenant, ref.id);
  if (!query.step()) return no_such_task();
  TaskState state;
  state.status = static_cast<TaskStatus>(query.small(0));
  state.fence = query.integer(1);
  state.last_seq = static_cast<std::uint64_t>(query.integer(2));
  state.webhook_mask = static_cast<std::uint32_t>(query.integer(3));
  return state;
}

void append_events(WriteContext& context,
                   const TaskRef& ref,
                   const TaskState& state,
                   std::span<const EventDraft> drafts) {
  if (drafts.empty()) return;
  Committed committed;
  committed.ref = ref;
  committed.events.reserve(drafts.size());
  std::uint64_t seq = state.last_seq;
  for (const auto& draft : drafts) {
    const auto& event = committed.events.emplace_back(numbered(draft, ++seq));
    insert_event(context, ref, event);
    if (is_announced(state.webhook_mask, event.type)) announce_event(context, ref, event);
  }
  context.events.push_back(std::move(committed));
}

void append_first_event(WriteContext& context, const NewTask& task) {
  Committed committed;
  committed.ref = task.task.ref;
  const auto& event = committed.events.emplace_back(numbered(task.queued, 1));
  insert_event(context, committed.ref, event);
  if (task.webhook && is_announced(task.webhook->event_mask, event.type))
    insert_delivery(context, committed.ref, event, task.webhook->url);
  context.events.push_back(std::move(committed));
}

Result<EventPage> read_events(Database& db, const EventsQuery& wanted) {
  const ReadSnapshot snapshot(db);
  EventPage page;
  {
    auto head = db.query(kEventsHead);
    head.bind(wanted.ref.tenant, wanted.ref.id);
    if (!head.step()) return no_such_task();
    page.status = static_cast<TaskStatus>(head.small(0));
    page.last_seq = static_cast<std::uint64_t>(head.integer(1));
    if (head.small(2) != 0) return Error(Errc::gone, "the task's content was purged");
  }
  auto query = db.query(kEventsAfter);
  query.bind(wanted.ref.tenant, wanted.ref.id,
             static_cast<std::int64_t>(std::min<std::uint64_t>(wanted.after, INT64_MAX)));
  std::size_t bytes = 0;
  const auto limit = static_cast<std::size_t>(std::max(wanted.limit, 1));
  while (page.events.size() < limit && query.step()) {
    const auto data = query.view(3);
    if (!page.events.empty() && bytes + data.size() > wanted.byte_limit) break;
    bytes += data.size();
    Event event;
    event.seq = static_cast<std::uint64_t>(query.integer(0));
    event.at = query.time(1);
    event.type = static_cast<EventType>(query.small(2));
    event.data = data;
    page.events.push_back(std::move(event));
  }
  return page;
}

}  // namespace taskgate::store::sqlite
