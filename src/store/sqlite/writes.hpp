#pragma once
// The writes, as functions of an open transaction. Each checks before it writes: one that returns
// an error has written nothing. They throw StorageFailure and RuleViolation (database.hpp).

#include "store/sqlite/write_context.hpp"
#include "taskgate/store/store.hpp"

#include <vector>

namespace taskgate::store::sqlite {

/// A task about to be accepted, with the digest of its idempotency key (worked out on the caller's
/// thread).
struct Acceptance {
  NewTask task;
  std::optional<KeyDigest> digest;
};
Acceptance acceptance_of(NewTask task);

Result<AcceptOutcome> write_accept(WriteContext& context, const Acceptance& acceptance);
Result<LogPosition> write_start(WriteContext& context, const StartAttempt& start);
Result<LogPosition> write_append(WriteContext& context, const Append& append);
Result<LogPosition> write_requeue(WriteContext& context, const Requeue& requeue);
Result<LogPosition> write_finish(WriteContext& context, const Finish& finish);
Result<CancelOutcome> write_cancel_request(WriteContext& context, const TaskRef& ref);

Result<std::uint64_t> write_turn(WriteContext& context, const CommitTurn& commit);
Result<Dispatched> write_dispatch(WriteContext& context, const Dispatch& dispatch);
Result<OutcomeRecorded> write_outcome(WriteContext& context, const RecordOutcome& outcome);
Result<std::uint64_t> write_wait(WriteContext& context, const Wait& wait);
Result<TaskStatus> write_answer(WriteContext& context, const Answer& answer);

Result<Done> write_purge(WriteContext& context, const TaskRef& ref);

struct Sweep {
  TimePoint now{};
  int limit = 0;
};
Result<int> write_purge_expired(WriteContext& context, const Sweep& sweep);
Result<int> write_forget_purged(WriteContext& context, const Sweep& sweep);
Result<int> write_sweep_idempotency(WriteContext& context, const Sweep& sweep);

/// Every live task as its row says, in no order; `interrupted` is set for those that are running.
Result<std::vector<LiveTask>> read_live_tasks(Database& db);

/// Running tasks that go back to queued, with their two events.
struct Interrupted {
  std::vector<TaskRef> refs;
  TimePoint at{};
};
/// How many events each task got.
Result<int> write_interrupted(WriteContext& context, const Interrupted& interrupted);

Result<Done> write_delivery_attempt(WriteContext& context, const DeliveryAttempt& attempt);

struct Redelivery {
  std::string tenant;
  std::int64_t delivery_id = 0;
  TimePoint now{};
};
Result<Delivery> write_redelivery(WriteContext& context, const Redelivery& redelivery);
struct BringForward {
  TimePoint now{};
  std::chrono::milliseconds by{0};
  std::vector<std::int64_t> in_flight;
};
Result<Done> write_deliveries_forward(WriteContext& context, const BringForward& shift);
Result<std::vector<std::string>> write_first_webhook_secret(WriteContext& context,
                                                            const std::string& tenant);

Result<Done> write_key(WriteContext& context, const ApiKey& key);

struct Revocation {
  std::string key_id;
  TimePoint at{};
};
Result<Done> write_revocation(WriteContext& context, const Revocation& revocation);

}  // namespace taskgate::store::sqlite
