#include "taskgate/core/event.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace taskgate {
namespace {

constexpr std::array<std::pair<EventType, const char*>, 21> kEventNames{
    {{EventType::task_queued, "task.queued"},
     {EventType::task_running, "task.running"},
     {EventType::task_progress, "task.progress"},
     {EventType::task_waiting, "task.waiting"},
     {EventType::task_retrying, "task.retrying"},
     {EventType::step_started, "step.started"},
     {EventType::step_finished, "step.finished"},
     {EventType::output_delta, "output.delta"},
     {EventType::output_reset, "output.reset"},
     {EventType::reasoning_delta, "reasoning.delta"},
     {EventType::tool_started, "tool.started"},
     {EventType::tool_finished, "tool.finished"},
     {EventType::check_finished, "check.finished"},
     {EventType::steer_accepted, "steer.accepted"},
     {EventType::steer_applied, "steer.applied"},
     {EventType::steer_failed, "steer.failed"},
     {EventType::task_success, "task.success"},
     {EventType::task_partial_success, "task.partial_success"},
     {EventType::task_failed, "task.failed"},
     {EventType::task_cancelled, "task.cancelled"},
     {EventType::task_expired, "task.expired"}}};

// Public ids are checked on entry to hold nothing that JSON must escape (core/task, api/ids).
void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

}  // namespace

const char* to_string(EventType type) noexcept {
  for (const auto& [value, name] : kEventNames) {
    if (value == type) return name;
  }
  return "task.failed";
}

std::optional<EventType> parse_event_type(std::string_view name) noexcept {
  for (const auto& [value, text] : kEventNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

EventType final_event(TaskStatus status) noexcept {
  switch (status) {
    case TaskStatus::success:
      return EventType::task_success;
    case TaskStatus::partial_success:
      return EventType::task_partial_success;
    case TaskStatus::cancelled:
      return EventType::task_cancelled;
    case TaskStatus::expired:
      return EventType::task_expired;
    default:
      return EventType::task_failed;
  }
}

void append_event_json(std::string& out, const Event& event, std::string_view public_task_id) {
  out.reserve(out.size() + event.data.size() + public_task_id.size() + 96);
  out += R"({"type":")";
  out += to_string(event.type);
  out += R"(","seq":)";
  append_number(out, event.seq);
  out += R"(,"task_id":")";
  out += public_task_id;
  out += R"(","at":")";
  append_rfc3339(out, event.at);
  out += '"';
  if (!event.data.empty()) {
    out += ',';
    out += event.data;
  }
  out += '}';
}

std::string event_json(const Event& event, std::string_view public_task_id) {
  std::string out;
  append_event_json(out, event, public_task_id);
  return out;
}

}  // namespace taskgate
