#pragma once
// What a write works on: the connection, and what its transaction will have to tell the world once
// it is durable. Also the helpers that every write to a task shares.

#include "store/sqlite/database.hpp"
#include "store/sqlite/idempotency.hpp"
#include "taskgate/store/store.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace taskgate::store::sqlite {

class WriteContext {
 public:
  explicit WriteContext(Database& database) : db(database), keys(database) {}

  /// The open transaction is durable, and what it had to tell has been told.
  void committed() {
    keys.committed();
    forget();
  }
  /// The open transaction is void.
  void rolled_back() noexcept {
    keys.rolled_back();
    forget();
  }
  /// A savepoint begins; back_to_mark() forgets what came after it. The flags may stay: all they
  /// cost is a look in vain.
  void mark() noexcept {
    marked_ = events.size();
    keys.mark();
  }
  void back_to_mark() noexcept {
    events.erase(events.begin() + static_cast<std::ptrdiff_t>(marked_), events.end());
    keys.back_to_mark();
  }

  Database& db;
  IdempotencyRecords keys;
  std::vector<Committed> events;  ///< for the observer
  bool new_deliveries = false;    ///< likewise
  bool content_deleted = false;   ///< something was purged: its bytes must leave the WAL too

 private:
  void forget() noexcept {
    events.clear();
    new_deliveries = false;
    content_deleted = false;
  }

  std::size_t marked_ = 0;
};

/// What a write needs to know of a task before it may touch it.
struct TaskState {
  TaskStatus status = TaskStatus::queued;
  Fence fence = 0;
  std::uint64_t last_seq = 0;
  std::uint32_t webhook_mask = 0;
};

/// Errc::not_found.
Result<TaskState> task_state(WriteContext& context, const TaskRef& ref);
/// The state of a task that runs under `fence`; Errc::conflict when it does not.
Result<TaskState> running_state(WriteContext& context, const TaskRef& ref, Fence fence);

/// Appends the drafts to the task's log, numbered from state.last_seq + 1, announces those that
/// its webhook asked for, and hands them to the observer on commit. The row's own last_seq is the
/// caller's to write.
void append_events(WriteContext& context,
                   const TaskRef& ref,
                   const TaskState& state,
                   std::span<const EventDraft> drafts);

/// The first event of a new task; the URL is at hand.
void append_first_event(WriteContext& context, const NewTask& task);

}  // namespace taskgate::store::sqlite
