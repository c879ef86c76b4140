#pragma once
// The event log's unit. Everything that happens to a task is one event, numbered 1, 2, 3 … without
// gaps.

#include "taskgate/core/clock.hpp"
#include "taskgate/core/task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate {

/// Kinds of event. The numbers are stored: append only, never renumber.
enum class EventType : std::uint8_t {
  task_queued = 1,
  task_running = 2,
  task_progress = 3,
  task_waiting = 4,
  task_retrying = 5,
  step_started = 6,
  step_finished = 7,
  output_delta = 8,
  output_reset = 9,
  reasoning_delta = 10,
  tool_started = 11,
  tool_finished = 12,
  check_finished = 13,
  steer_accepted = 14,
  steer_applied = 15,
  steer_failed = 16,
  task_success = 20,
  task_partial_success = 21,
  task_failed = 22,
  task_cancelled = 23,
  task_expired = 24
};

/// The wire name, e.g. "output.delta".
const char* to_string(EventType type) noexcept;
std::optional<EventType> parse_event_type(std::string_view name) noexcept;
/// True for the one event that ends a log.
constexpr bool is_final(EventType type) noexcept {
  return static_cast<std::uint8_t>(type) >= static_cast<std::uint8_t>(EventType::task_success);
}
/// The final event that announces a final status. Precondition: is_final(status).
EventType final_event(TaskStatus status) noexcept;

/// An event before it has a number. `data` is the inside of a JSON object, without braces:
/// `"delta":{…}`, may be empty. Where `seq_offset` is set, the store inserts the event's own
/// decimal number at that byte offset of `data` (a final event carries the whole task object, and
/// that names its last_seq).
struct EventDraft {
  EventType type = EventType::task_queued;
  TimePoint at{};
  std::string data;
  std::optional<std::size_t> seq_offset;
};

/// A durable event.
struct Event {
  std::uint64_t seq = 0;
  EventType type = EventType::task_queued;
  TimePoint at{};
  std::string data;  ///< inside of a JSON object, without braces
};

/// The object that SSE, WebSocket, webhooks and the events page all send:
/// {"type":…,"seq":…,"task_id":…,"at":…,<data>}.
std::string event_json(const Event& event, std::string_view public_task_id);
/// The same, appended to `out` without further allocation than the string's growth.
void append_event_json(std::string& out, const Event& event, std::string_view public_task_id);

}  // namespace taskgate
