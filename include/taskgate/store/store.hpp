#pragma once
// The one place where tasks are kept. Every promise of the gateway ends here: what a completion
// reports as done is on disk. Implementations: sqlite/ (one process), later postgres/ (several
// nodes).
//
// Writes are commands: each is atomic on its own, many share one commit (group commit), and they
// take effect in the order in which they were submitted from one thread. Reads see every write
// whose completion has been delivered. The interface knows rows, never HTTP or providers.

#include "taskgate/core/event.hpp"
#include "taskgate/core/result.hpp"
#include "taskgate/core/task.hpp"
#include "taskgate/store/journal.hpp"
#include "taskgate/store/records.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::store {

/// Called once, on the handler's associated executor. Never called inline.
template <class T>
using Handler = boost::asio::any_completion_handler<void(Result<T>)>;

template <class T>
using Awaitable = boost::asio::awaitable<Result<T>>;

/// Nothing to report but success.
struct Done {};

// --- following commits ------------------------------------------------------------------------

/// Events of one task that have just become durable, in order.
struct Committed {
  TaskRef ref;
  std::vector<Event> events;
};

/// Told of every commit, on the writer's thread, after it is durable and before any completion is
/// delivered. Must be quick and must not call back into the store.
class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  virtual void on_committed(const std::vector<Committed>& batch) = 0;
  /// New outbox rows exist (or a redelivery was asked for).
  virtual void on_deliveries() = 0;
};

/// Is the disk well?
struct Health {
  bool writable = true;
  std::string reason;  ///< why not, for /readyz
};

// --- the store --------------------------------------------------------------------------------

/// Errors common to all: Errc::storage (nothing was written, a retry is safe), Errc::overloaded
/// (the writer's queue is full). Threads: any.
class Store {
 public:
  virtual ~Store() = default;

  /// The observer must outlive the store's writer. Call before the first write.
  virtual void observe(CommitObserver* observer) = 0;
  /// Stops accepting commands, commits what was accepted, closes. Idempotent; blocks.
  virtual void close() = 0;
  virtual Health health() const = 0;
  /// Number of this process's life on this database, from 1. Part of every fence.
  virtual std::int64_t generation() const = 0;
  /// What agents' tasks have done so far. Lives as long as the store.
  virtual Journal& journal() = 0;

  // Writes, callback form: for callers that pipeline. Order of submission from one thread is kept.
  virtual void async_accept(NewTask task, Handler<AcceptOutcome> handler) = 0;
  /// Errc::conflict when the task is not queued.
  virtual void async_start(StartAttempt start, Handler<LogPosition> handler) = 0;
  /// Errc::conflict when the fence is stale or the task not running.
  virtual void async_append(Append append, Handler<LogPosition> handler) = 0;
  virtual void async_requeue(Requeue requeue, Handler<LogPosition> handler) = 0;
  virtual void async_finish(Finish finish, Handler<LogPosition> handler) = 0;

  // Writes, awaitable form.
  Awaitable<AcceptOutcome> accept(NewTask task);
  Awaitable<LogPosition> start(StartAttempt start);
  Awaitable<LogPosition> append(Append append);
  Awaitable<LogPosition> requeue(Requeue requeue);
  Awaitable<LogPosition> finish(Finish finish);
  /// Marks a live task as to be cancelled, durably. Errc::not_found.
  virtual Awaitable<CancelOutcome> request_cancel(TaskRef ref) = 0;
  /// Deletes request, journal, events (and with them the result) and the label's note of a final
  /// task, keeps its row and what the label says.
  /// Errc::not_found, Errc::conflict while live. Idempotent. Once the completion is delivered the
  /// content is gone from the file and, after the next truncating checkpoint (which this triggers),
  /// from the WAL.
  virtual Awaitable<Done> purge(TaskRef ref) = 0;

  // Recovery and upkeep.
  /// Called once, before any other write: tasks that were running when their process died go back
  /// to queued, with an `output.reset` and a `task.retrying` event each, in one transaction per
  /// batch; of their tool calls that were dispatched, writes become outcome_unknown, and reads
  /// planned. Waiting tasks go on waiting. Returns every live task, oldest first. Blocks.
  virtual Result<std::vector<LiveTask>> recover(TimePoint now) = 0;
  /// Purges up to `limit` tasks whose expires_at is before `now`; returns how many.
  virtual Awaitable<int> purge_expired(TimePoint now, int limit) = 0;
  /// Deletes what a purge left (row, client's id, deliveries, label) of up to `limit` tasks whose
  /// content expired before `before`; returns how many. Their ids are unknown from then on.
  virtual Awaitable<int> forget_purged(TimePoint before, int limit) = 0;
  /// Deletes up to `limit` idempotency records that expired before `now`; returns how many. Those
  /// of the last minute may be left for the next time.
  virtual Awaitable<int> sweep_idempotency(TimePoint now, int limit) = 0;

  // Reads. Errc::not_found for absent and for another tenant's.
  virtual Awaitable<TaskRecord> get(TaskRef ref) = 0;
  /// Resolves a client's own id.
  virtual Awaitable<TaskId> find_client_id(std::string tenant, std::string client_id) = 0;
  /// The stored request body. Errc::gone when purged.
  virtual Awaitable<std::string> request_body(TaskRef ref) = 0;
  /// Events with seq > after, in order: at most `limit` of them and about `byte_limit` bytes (at
  /// least one event when there is one). Errc::gone when purged.
  virtual Awaitable<EventPage> events(TaskRef ref,
                                      std::uint64_t after,
                                      int limit,
                                      std::size_t byte_limit) = 0;
  virtual Awaitable<TaskPage> list(ListFilter filter) = 0;
  /// (model, queued ms + running ms) of up to `limit` recently finished successful tasks; for
  /// estimates.
  virtual Awaitable<std::vector<std::pair<std::string, std::int64_t>>> recent_durations(
      int limit) = 0;

  // Webhooks.
  /// Pending rows due at `now`, oldest due first, without those in `in_flight`.
  virtual Awaitable<std::vector<Delivery>> due_deliveries(TimePoint now,
                                                          int limit,
                                                          std::vector<std::int64_t> in_flight) = 0;
  /// When the next pending row (not in `in_flight`) falls due; nullopt when there is none.
  virtual Awaitable<std::optional<TimePoint>> next_delivery_at(
      std::vector<std::int64_t> in_flight) = 0;
  /// Errc::not_found. Keeps the row due when a redelivery was asked for during the attempt
  /// (DeliveryAttempt::due_at), and tells the observer so.
  virtual Awaitable<Done> record_attempt(DeliveryAttempt attempt) = 0;
  virtual Awaitable<DeliveryPage> list_deliveries(DeliveryFilter filter) = 0;
  virtual Awaitable<std::vector<DeliveryAttempt>> delivery_attempts(std::string tenant,
                                                                    std::int64_t delivery_id) = 0;
  /// Makes a delivery pending and due now, whatever its state. Errc::not_found.
  virtual Awaitable<Delivery> redeliver(std::string tenant,
                                        std::int64_t delivery_id,
                                        TimePoint now) = 0;
  /// The wall clock was set back: pending rows due after `now` come due `by` earlier (none before
  /// `now`), so that they wait no longer than they would have. Those `in_flight` are left alone.
  virtual Awaitable<Done> bring_deliveries_forward(TimePoint now,
                                                   std::chrono::milliseconds by,
                                                   std::vector<std::int64_t> in_flight) = 0;
  /// The tenant's webhook signing secrets, newest first ("whsec_…"); creates the first when there
  /// is none.
  virtual Awaitable<std::vector<std::string>> webhook_secrets(std::string tenant) = 0;

  // Labels.
  /// The last one of a task wins. Errc::not_found, Errc::conflict while live, Errc::gone when
  /// purged.
  virtual Awaitable<Done> put_label(Label label) = 0;
  /// The newest labels of all tenants, at most `limit`, oldest first.
  virtual Awaitable<std::vector<Label>> labels(int limit) = 0;

  // Keys. Few rows: callers cache.
  virtual Awaitable<Done> put_key(ApiKey key) = 0;
  virtual Awaitable<std::vector<ApiKey>> keys() = 0;
  /// Errc::not_found.
  virtual Awaitable<Done> revoke_key(std::string key_id, TimePoint at) = 0;
};

/// Settings of the SQLite store.
struct SqliteOptions {
  std::string path;                 ///< the database file; created when absent
  int reader_threads = 2;           ///< 1..16; each with its own read-only connection
  std::size_t queue_limit = 65536;  ///< commands waiting for the writer before Errc::overloaded
  std::size_t queue_byte_limit = 256U << 20;  ///< bytes in those commands, likewise
  int batch_limit = 1024;                     ///< commands in one commit
};

/// Opens (creates, migrates) the database and starts its threads. Errors: Errc::storage when the
/// file cannot be opened, is of a newer version, or is held by another process (the message says
/// which).
Result<std::unique_ptr<Store>> open_sqlite(SqliteOptions options);

}  // namespace taskgate::store
