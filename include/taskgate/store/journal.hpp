#pragma once
// What an agent's task has done so far: the model's turns and the tool calls that they asked for.
// The promise of the ledger rests on this: nothing is sent before it is written here that it will
// be, and what is written here is never asked for or sent a second time.
//
// A turn is immutable. A call goes planned → (needs_approval → planned | denied) → dispatched →
// succeeded | failed_definite | outcome_unknown, and from the last two back to dispatched under the
// same key, or to what somebody found out. Succeeded and denied are for ever.

#include "taskgate/core/boot_clock.hpp"
#include "taskgate/core/event.hpp"
#include "taskgate/core/result.hpp"
#include "taskgate/core/task.hpp"

#include <boost/asio/awaitable.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::store {

/// The fencing number of a running attempt. Greater is later; a write with a stale fence is
/// refused, unless it states a fact.
using Fence = std::int64_t;

/// Numbers are stored: never renumber.
enum class CallState : std::uint8_t {
  planned = 0,          ///< written down, nothing sent
  needs_approval = 1,   ///< not before somebody agrees
  denied = 2,           ///< somebody did not agree
  dispatched = 3,       ///< may be sent, may have been
  succeeded = 4,        ///< the tool answered
  failed_definite = 5,  ///< nothing has happened: refused before it was sent, or by the downstream
  outcome_unknown = 6   ///< it may have happened
};
/// The wire name, e.g. "outcome_unknown".
const char* to_string(CallState state) noexcept;
/// Nothing will change it any more.
constexpr bool is_settled(CallState state) noexcept {
  return state == CallState::succeeded || state == CallState::denied;
}

/// Numbers are stored: never renumber.
enum class CallEffect : std::uint8_t { read = 0, write = 1 };

/// A call's place in its task.
struct CallPlace {
  int turn = 0;  ///< from 1
  int ord = 0;   ///< within the turn, from 0
  auto operator<=>(const CallPlace&) const = default;
};

/// A call as a turn asked for it.
struct CallPlan {
  std::string provider_call_id;  ///< what the model calls it; may be empty
  std::string tool;
  std::string tool_version;  ///< empty when there is no such tool
  CallEffect effect = CallEffect::write;
  std::string arguments;  ///< as they are sent; of a refused call as the model wrote them
  std::array<std::uint8_t, 32> arguments_hash{};  ///< of their canonical form; zero when refused
  std::uint32_t occurrence = 0;                   ///< earlier distinct intents of the same call
  std::string key;                                ///< empty: refused, it never got one
  bool alias = false;  ///< the intent of an earlier call of this task, which holds the key's state
  CallState state = CallState::planned;  ///< planned, needs_approval, or failed_definite (refused)
  std::string outcome;                   ///< of a refused call: what the model is told, JSON
};

/// A call as it stands.
struct CallRow {
  CallPlace place;
  CallPlan plan;
  CallState state = CallState::planned;
  Fence fence = 0;   ///< of the last dispatch
  int attempts = 0;  ///< times that it was sent
  std::optional<TimePoint> first_dispatched_at;
  std::optional<TimePoint> dispatched_at;
  std::string outcome;  ///< JSON for the model; empty: none yet
  std::optional<TimePoint> outcome_at;
  std::string evidence;     ///< what the state rests on, e.g. "HTTP 422"
  std::string resolved_by;  ///< who found out: "" the call itself, "reconcile", "input"
  bool late = false;        ///< the outcome came after its worker had lost the task
  bool asked = false;       ///< the waiting task asks for it
  /// What the model was told of it, when it was sent again later for a call that repeats it (and
  /// `outcome` is of that sending); else empty.
  std::string told;
};

/// A model's turn.
struct TurnRow {
  int turn = 0;          ///< from 1
  std::string response;  ///< what the loop needs to go on from it, JSON
  std::string served_model;
  std::string usage;  ///< JSON
  TimePoint started_at{};
  TimePoint committed_at{};
};

/// All of one task's, in order; one state of the database.
struct TaskJournal {
  std::vector<TurnRow> turns;
  std::vector<CallRow> calls;
  TaskStatus status = TaskStatus::queued;
  std::uint64_t last_seq = 0;
};

// --- commands ---------------------------------------------------------------------------------

/// The next turn of a running task and what it asks for.
struct CommitTurn {
  TaskRef ref;
  Fence fence = 0;
  TurnRow turn;
  std::vector<CallPlan> calls;
  std::vector<EventDraft> events;
};

/// planned → dispatched: from now on the call may be sent, once.
struct Dispatch {
  TaskRef ref;
  Fence fence = 0;
  CallPlace place;
  TimePoint at{};
  /// Until when this worker may act on the task. The store looks when it applies the command; the
  /// sender must look again once the commit has returned.
  BootTime lease_until{};
  /// A write whose outcome is unknown may be sent again under its key.
  bool after_unknown = false;
  /// It is sent again for a later call that repeats it: what the model was told is kept.
  bool for_repeat = false;
  std::vector<EventDraft> events;
};

struct Dispatched {
  int attempt = 0;  ///< number of this send, from 1
  std::uint64_t last_seq = 0;
};

/// What a send came to. A fact is taken whoever brings it, also from a worker that has lost the
/// task; it never undoes a better one.
struct RecordOutcome {
  TaskRef ref;
  Fence fence = 0;
  CallPlace place;
  int attempt = 0;  ///< Dispatched::attempt
  /// succeeded, failed_definite, outcome_unknown; planned: a read that was cut short, and is sent
  /// again. Of a call that was not sent after all: what it was before its dispatch.
  CallState state = CallState::outcome_unknown;
  bool not_sent = false;  ///< nothing of this send has left: the row is again as it was before
  std::optional<TimePoint> dispatched_before;  ///< of not_sent: when it was sent before this
  std::string outcome;                         ///< JSON for the model
  std::string evidence;
  std::string resolved_by;
  TimePoint at{};
  bool past_lease = false;         ///< the worker knows that its lease ran out meanwhile
  std::vector<EventDraft> events;  ///< written unless the task is final
};

struct OutcomeRecorded {
  bool applied = false;  ///< false: something better was known already
  bool late = false;
  CallState state = CallState::outcome_unknown;  ///< as it stands now
  std::uint64_t last_seq = 0;
};

/// running → waiting: the task asks for these calls and gives its slot up.
struct Wait {
  TaskRef ref;
  Fence fence = 0;
  std::vector<CallPlace> asked;  ///< needs_approval or outcome_unknown, at least one
  std::string required_input;    ///< what clients are shown, JSON
  std::vector<EventDraft> events;
};

/// An answer to one of the calls that a waiting task asks for. With the last one the task is queued
/// again.
struct Answer {
  TaskRef ref;
  CallPlace place;
  std::uint64_t last_seq = 0;            ///< the state of the task that the answer was made for
  CallState state = CallState::planned;  ///< planned (approved), denied, succeeded, failed_definite
  std::string outcome;                   ///< for the model: why denied, or what came of it
  std::string resolved_by;
  std::optional<CallPlan> edited;  ///< approved with other arguments: they, their hash, their key
  std::string required_input;      ///< what is asked after it; empty: nothing
  TimePoint at{};
  std::vector<EventDraft> events;
};

/// Errors common to all: see store.hpp; Errc::not_found for a task or call that is not there (or
/// another tenant's). Threads: any.
class Journal {
 public:
  virtual ~Journal() = default;

  /// Errc::conflict when the fence is stale, the task not running, or the turn not the next one.
  virtual boost::asio::awaitable<Result<std::uint64_t>> commit_turn(CommitTurn turn) = 0;
  /// Errc::conflict unless the task runs under this fence, is not to be cancelled, the lease has
  /// not run out, and the call is planned, has failed for certain, or (after_unknown, or a read)
  /// is of unknown outcome. Of two that try one succeeds.
  virtual boost::asio::awaitable<Result<Dispatched>> dispatch(Dispatch dispatch) = 0;
  virtual boost::asio::awaitable<Result<OutcomeRecorded>> record_outcome(RecordOutcome outcome) = 0;
  /// Errc::conflict when the fence is stale, or one of the calls has nothing to ask.
  virtual boost::asio::awaitable<Result<std::uint64_t>> wait(Wait wait) = 0;
  /// Errc::conflict when the task is not waiting, has moved on from `last_seq`, or does not ask for
  /// this call. The status that the task has then.
  virtual boost::asio::awaitable<Result<TaskStatus>> answer(Answer answer) = 0;
  /// Errc::gone when purged.
  virtual boost::asio::awaitable<Result<TaskJournal>> read(TaskRef ref) = 0;
};

}  // namespace taskgate::store
