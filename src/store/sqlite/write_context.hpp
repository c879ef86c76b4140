#pragma once
// What a write works on: the connection, and what its transaction will have to tell the world once
// it is durable. Also the helpers that every write to a task shares.

#include "store/sqlite/database.hpp"
#include "taskgate/store/store.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace taskgate::store::sqlite {

struct WriteContext {
  explicit WriteContext(Database& database) : db(database) {}

  /// The transaction has ended, either way.
  void forget() noexcept {
    committed.clear();
    new_deliveries = false;
    content_deleted = false;
  }
  /// A savepoint begins; back_to_mark() drops the events that came after it. The flags may stay:
  /// all they cost is a look in vain.
  void mark() noexcept { marked = committed.size(); }
  void back_to_mark() noexcept {
    committed.erase(committed.begin() + static_cast<std::ptrdiff_t>(marked), committed.end());
  }

  Database& db;
  std::vector<Committed> committed;
  std::size_t marked = 0;
  bool new_deliveries = false;
  bool content_deleted = false;  ///< something was purged: its bytes must leave the WAL too
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
