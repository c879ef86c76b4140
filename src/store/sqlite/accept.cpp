// Accepting a task: the idempotency key first, then the client's id, then the rows.

#include "store/sqlite/journal_rows.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/writes.hpp"

#include <optional>

namespace taskgate::store::sqlite {
namespace {

constexpr const char* kResolveClientId =
    "SELECT id FROM client_ids WHERE tenant = ?1 AND client_id = ?2";

constexpr const char* kInsertClientId =
    "INSERT INTO client_ids (tenant, client_id, id) VALUES (?1, ?2, ?3)";

constexpr const char* kInsertTask =
    "INSERT INTO tasks (tenant, id, status, last_seq, fence, webhook_mask, attempts, failures,"
    " priority, cancel_requested, purged, progress, created_at, not_before, deadline, started_at,"
    " finished_at, expires_at, model, client_id, metadata, tags, retry_of)"
    " VALUES (?1, ?2, ?3, 1, 0, ?4, ?5, 0, ?6, ?7, 0, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
    " ?17, ?18, ?19) ON CONFLICT DO NOTHING";

constexpr const char* kInsertRequest =
    "INSERT INTO task_requests (tenant, id, webhook_url, body) VALUES (?1, ?2, ?3, ?4)";

Result<AcceptOutcome> outcome_of(WriteContext& context, AcceptKind kind, const TaskRef& ref) {
  auto task = find_task(context.db, ref);
  if (!task) return Error(Errc::internal, "the task behind a known key is missing");
  return AcceptOutcome{kind, std::move(*task)};
}

// What the key says when it is known and still valid.
std::optional<std::pair<AcceptKind, TaskId>> known_key(WriteContext& context,
                                                       const Acceptance& accepted) {
  const auto record = context.keys.find(*accepted.digest);
  const auto& claim = *accepted.task.idempotency;
  const auto now = claim.known_until.value_or(accepted.task.task.created_at);
  if (!record || record->expires_at <= now) return std::nullopt;
  const bool same = record->fingerprint == accepted.task.idempotency->fingerprint;
  return std::pair(same ? AcceptKind::key_replayed : AcceptKind::key_mismatch, record->id);
}

std::optional<TaskId> known_client_id(WriteContext& context, const Task& task) {
  auto query = context.db.query(kResolveClientId);
  query.bind(task.ref.tenant, task.client_id);
  if (!query.step()) return std::nullopt;
  return query.task_id(0);
}

// False: the id is taken, nothing was written.
bool insert_task(WriteContext& context, const NewTask& accepted) {
  const auto& task = accepted.task;
  const std::uint32_t mask = accepted.webhook ? accepted.webhook->event_mask : 0;
  auto insert = context.db.query(kInsertTask);
  insert.bind(task.ref.tenant, task.ref.id, task.status, mask, task.attempts, task.priority,
              task.cancel_requested, task.progress, task.created_at, task.not_before, task.deadline,
              task.started_at, task.finished_at, task.expires_at, task.model, task.client_id,
              task.metadata, task.tags, task.retry_of);
  insert.run();
  return context.db.changes() == 1;
}

void insert_request(WriteContext& context, const NewTask& accepted) {
  std::optional<std::string_view> url;
  if (accepted.webhook) url = accepted.webhook->url;
  auto insert = context.db.query(kInsertRequest);
  insert.bind(accepted.task.ref.tenant, accepted.task.ref.id, url, accepted.request_body);
  insert.run();
}

void claim_names(WriteContext& context, const Acceptance& acceptance) {
  const auto& accepted = acceptance.task;
  const auto& ref = accepted.task.ref;
  if (acceptance.digest) {
    KeyRecord record;
    record.id = ref.id;
    record.fingerprint = accepted.idempotency->fingerprint;
    record.expires_at = accepted.idempotency->expires_at;
    context.keys.claim(*acceptance.digest, record);
  }
  if (accepted.task.client_id) {
    auto insert = context.db.query(kInsertClientId);
    insert.bind(ref.tenant, accepted.task.client_id, ref.id);
    insert.run();
  }
}

}  // namespace

Acceptance acceptance_of(NewTask task) {
  Acceptance acceptance;
  if (task.idempotency) {
    acceptance.digest =
        digest_of(task.task.ref.tenant, task.idempotency->route, task.idempotency->key);
  }
  acceptance.task = std::move(task);
  return acceptance;
}

Result<AcceptOutcome> write_accept(WriteContext& context, const Acceptance& acceptance) {
  const auto& task = acceptance.task;
  const auto& ref = task.task.ref;
  if (acceptance.digest) {
    if (const auto known = known_key(context, acceptance))
      return outcome_of(context, known->first, TaskRef{ref.tenant, known->second});
  }
  if (task.task.client_id) {
    if (const auto id = known_client_id(context, task.task))
      return outcome_of(context, AcceptKind::id_taken, TaskRef{ref.tenant, *id});
  }
  if (task.known_only) return Error(Errc::not_found, "no task has this key or id");
  // Looked at before anything is written: a command that fails so leaves nothing behind.
  if (task.journal && !is_there_to_copy(context, ref.tenant, *task.journal))
    return Error(Errc::gone, "the steps of the task that is tried again were purged");
  if (!insert_task(context, task)) return outcome_of(context, AcceptKind::id_taken, ref);
  insert_request(context, task);
  claim_names(context, acceptance);
  if (task.journal) copy_journal(context, ref, *task.journal);
  append_first_event(context, task);
  AcceptOutcome outcome{AcceptKind::created, task.task};
  outcome.task.last_seq = 1;
  return outcome;
}

}  // namespace taskgate::store::sqlite
