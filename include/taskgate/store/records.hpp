#pragma once
// What goes into the store and comes out of it: commands, rows, pages. Plain values; what they mean
// together says store.hpp.

#include "taskgate/core/event.hpp"
#include "taskgate/core/task.hpp"
#include "taskgate/store/journal.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::store {

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

}  // namespace taskgate::store
