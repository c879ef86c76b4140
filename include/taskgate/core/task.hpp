#pragma once
// What a task is: its status machine and the values that travel between engine, store and api.

#include "taskgate/core/clock.hpp"
#include "taskgate/core/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate {

/// The one field that tells a client everything it must branch on. The numbers are stored: never
/// renumber. Everything below `success` is live; everything from it on is final.
enum class TaskStatus : std::uint8_t {
  queued = 0,
  running = 1,
  waiting = 2,
  success = 10,
  partial_success = 11,
  failed = 12,
  cancelled = 13,
  expired = 14
};

const char* to_string(TaskStatus status) noexcept;
std::optional<TaskStatus> parse_task_status(std::string_view text) noexcept;

/// True for the five states that a task never leaves.
constexpr bool is_final(TaskStatus status) noexcept {
  return static_cast<std::uint8_t>(status) >= static_cast<std::uint8_t>(TaskStatus::success);
}

/// The transitions of the API contract: queued → running → waiting → queued, running → queued, live
/// → final. (Clients see running ⇄ waiting: an answered task queues for a slot in between.)
bool may_transition(TaskStatus from, TaskStatus to) noexcept;

/// Tenant and internal id: the key of every row that belongs to a task.
struct TaskRef {
  std::string tenant;
  TaskId id;
  bool operator==(const TaskRef&) const = default;
};

struct TaskRefHash {
  std::size_t operator()(const TaskRef& ref) const noexcept;
};

/// The narrow row: what scheduling, listing and polling need. Bodies live elsewhere (request, event
/// log).
struct Task {
  TaskRef ref;
  std::optional<std::string> client_id;  ///< set when submitted by PUT under a client's own id
  TaskStatus status = TaskStatus::queued;
  int priority = 0;  ///< 0..9, higher runs earlier
  std::string model;
  TimePoint created_at{};
  std::optional<TimePoint> not_before;
  std::optional<TimePoint> deadline;
  std::optional<TimePoint> expires_at;  ///< when retention may purge the content; set at the end
  std::optional<TimePoint> started_at;  ///< first attempt's start
  std::optional<TimePoint> finished_at;
  int attempts = 0;            ///< attempts started so far
  std::uint64_t last_seq = 0;  ///< newest event's number
  double progress = 0.0;       ///< 0..1, never goes back
  bool cancel_requested = false;
  std::optional<std::string> retry_of;  ///< public id of the task that this one tries again
  std::string required_input;   ///< what a waiting task asks, JSON; empty while it is not waiting
  bool purged = false;          ///< content deleted; only this row is left
  std::string metadata = "{}";  ///< the client's metadata as a JSON object
  std::string tags = "[]";      ///< the client's tags as a JSON array

  /// The id that clients see: theirs when they gave one, else "task_…".
  std::string public_id() const;
};

}  // namespace taskgate
