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

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/awaitable.hpp>

#include <array>
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

// --- values of the commands -------------------------------------------------------------------

/// Reserves an idempotency key in the accepting transaction.
struct IdempotencyClaim {
  std::string route;  ///< scope beside the tenant, e.g. "POST /tasks"
  std::string key;
  std::array<std::uint8_t, 32> fingerprint{};  ///< SHA-256 of the raw body
  TimePoint expires_at{};
  /// A record of the key that expired by this time is no more; unset: by the task's created_at.
  std::optional<TimePoint> known_until;
};

/// Where a task's significant events are announced.
struct WebhookTarget {
  std::string url;
  std::uint32_t event_mask = 0;  ///< bit (1 << EventType) for each event that was asked for
};

/// The beginning of another task's journal, taken over by a new one of the same tenant. Accepting
/// it is Errc::gone when it is not all there (any more).
struct JournalCopy {
  TaskId from;
  int turns = 0;  ///< the first so many
};

/// A task about to be accepted.
struct NewTask {
  Task task;                 ///< complete: the store inserts it as it is (last_seq becomes 1)
  std::string request_body;  ///< the client's JSON, byte for byte
  EventDraft queued;         ///< event number 1
  std::optional<IdempotencyClaim> idempotency;
  std::optional<WebhookTarget> webhook;
  /// Its calls count as replayed; they keep their keys.
  std::optional<JournalCopy> journal;
  /// Only look for the key or the client's id: nothing is written, and Errc::not_found says that
  /// neither is known. For a repeat of what could not be accepted anew.
  bool known_only = false;
};

enum class AcceptKind {
  created,       ///< the task is new and on disk
  key_replayed,  ///< the idempotency key is known, same fingerprint
  key_mismatch,  ///< the idempotency key is known, other fingerprint (the caller compares canonical
                 ///< bodies)
  id_taken  ///< the client's own id (or the task id) exists already (the caller compares bodies)
};

struct AcceptOutcome {
  AcceptKind kind = AcceptKind::created;
  Task task;  ///< the new one, or the one that was there
};

/// queued → running under a new fence. Of two fences the greater is the later; a write with a stale
/// one is refused.
struct StartAttempt {
  TaskRef ref;
  Fence fence = 0;
  TimePoint at{};
  std::vector<EventDraft> events;
};

/// More events of a running attempt.
struct Append {
  TaskRef ref;
  Fence fence = 0;
  std::vector<EventDraft> events;
  std::optional<double> progress;  ///< stored as max(old, new)
};

/// running → queued: an attempt failed in a way that may pass.
struct Requeue {
  TaskRef ref;
  Fence fence = 0;
  TimePoint not_before{};
  std::vector<EventDraft> events;
  bool counts_as_failure = true;  ///< false when the gateway itself gave up the attempt (shutdown)
};

/// live → final. `events.back()` is the final event; its data holds the whole task object.
struct Finish {
  TaskRef ref;
  std::optional<Fence>
      fence;  ///< set: only from `running` under this fence; unset: only from queued/waiting
  TaskStatus status = TaskStatus::failed;
  /// Set: the attempt's start rides along (`fence` is its new one): from queued, through running,
  /// to final in one write. For an attempt that ends before its start was handed to the store.
  std::optional<TimePoint> started_at;
  TimePoint at{};
  TimePoint expires_at{};
  std::vector<EventDraft> events;
};

/// The log's end after a write.
struct LogPosition {
  std::uint64_t last_seq = 0;
};

/// What request_cancel found.
struct CancelOutcome {
  Task task;  ///< as it is after the command; unchanged when final
};

// --- values of the reads ----------------------------------------------------------------------

/// A live task as recovery hands it to the scheduler.
struct LiveTask {
  Task task;
  int failures = 0;  ///< attempts that failed (requeued with counts_as_failure)
  bool interrupted =
      false;  ///< was running when its process died; its text is void (output.reset logged)
};

struct EventPage {
  std::vector<Event> events;
  TaskStatus status = TaskStatus::queued;  ///< read in the same snapshot
  std::uint64_t last_seq = 0;
};

/// A task with what `GET /tasks/{id}` may show.
struct TaskRecord {
  Task task;
  std::string final_data;  ///< the final event's data (`"task":{…}`); empty while live or purged
};

struct ListFilter {
  std::string tenant;
  std::vector<TaskStatus> statuses;  ///< empty: all
  std::optional<std::string> model;
  std::optional<std::string> tag;
  std::vector<std::pair<std::string, std::string>> metadata;  ///< all must be equal
  std::optional<TimePoint> created_after;                     ///< exclusive
  std::optional<TimePoint> created_before;                    ///< exclusive
  std::optional<TaskId> before;  ///< cursor: only tasks older than this id
  int limit = 20;                ///< 1..100
};

struct TaskPage {
  std::vector<Task> tasks;  ///< newest first
  bool has_more = false;
  /// The cursor of the next page (ListFilter::before); set when has_more. Not always the last
  /// task's id: a page may come back short, or empty, when many rows did not match.
  std::optional<TaskId> next_before;
};

// --- webhooks ---------------------------------------------------------------------------------

/// Numbers are stored: never renumber.
enum class DeliveryState : std::uint8_t {
  pending = 0,
  delivered = 1,
  exhausted = 2,
  cancelled = 3
};

/// One outbox row: one event to announce to one URL.
struct Delivery {
  std::int64_t id = 0;
  TaskRef ref;
  std::string public_task_id;
  std::uint64_t seq = 0;
  EventType type = EventType::task_success;
  std::string url;
  DeliveryState state = DeliveryState::pending;
  int attempts = 0;
  TimePoint created_at{};
  TimePoint next_attempt_at{};
  std::optional<int> last_http_status;
  std::string last_error;
};

/// The result of one attempt to deliver.
struct DeliveryAttempt {
  std::int64_t delivery_id = 0;
  TimePoint at{};
  std::int64_t duration_ms = 0;
  std::optional<int> http_status;
  std::string error;                             ///< empty on success
  DeliveryState state = DeliveryState::pending;  ///< the row's state after this attempt
  TimePoint next_attempt_at{};                   ///< when pending
  /// The row's next_attempt_at when the attempt began. A redelivery that was asked for since has
  /// moved it: then the attempt is recorded and the row stays due. Unset: the row is not looked at.
  std::optional<TimePoint> due_at;
};

struct DeliveryFilter {
  std::string tenant;
  std::optional<TaskId> task;
  std::optional<DeliveryState> state;
  std::optional<std::int64_t> before;  ///< cursor: ids below this one
  int limit = 20;
};

struct DeliveryPage {
  std::vector<Delivery> deliveries;  ///< newest first
  bool has_more = false;
};

// --- keys -------------------------------------------------------------------------------------

/// An API key as it is kept: the secret only as its SHA-256 (190 random bits need no slow hash).
struct ApiKey {
  std::string id;  ///< the public part, 12 characters
  std::string tenant;
  std::string name;
  std::array<std::uint8_t, 32> secret_hash{};
  std::uint32_t scopes = 0;  ///< bit set of api scopes
  TimePoint created_at{};
  std::optional<TimePoint> expires_at;
  std::optional<TimePoint> revoked_at;
};

// --- labels -----------------------------------------------------------------------------------

/// Whether a finished task's answer was right.
struct Label {
  TaskRef ref;
  TimePoint at{};
  bool correct = false;
  std::string route;                ///< what its score is calibrated with; the engine's own name
  std::optional<double> score;      ///< the answer's raw confidence; unset: it had none
  std::optional<std::string> note;  ///< content: goes when the task is purged
};

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
