#include "taskgate/core/task.hpp"

#include <array>
#include <functional>
#include <utility>

namespace taskgate {
namespace {

constexpr std::array<std::pair<TaskStatus, const char*>, 8> kStatusNames{
    {{TaskStatus::queued, "queued"},
     {TaskStatus::running, "running"},
     {TaskStatus::waiting, "waiting"},
     {TaskStatus::success, "success"},
     {TaskStatus::partial_success, "partial_success"},
     {TaskStatus::failed, "failed"},
     {TaskStatus::cancelled, "cancelled"},
     {TaskStatus::expired, "expired"}}};

}  // namespace

const char* to_string(TaskStatus status) noexcept {
  for (const auto& [value, name] : kStatusNames) {
    if (value == status) return name;
  }
  return "failed";
}

std::optional<TaskStatus> parse_task_status(std::string_view text) noexcept {
  for (const auto& [value, name] : kStatusNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

bool may_transition(TaskStatus from, TaskStatus to) noexcept {
  if (is_final(from)) return false;
  if (is_final(to)) return true;
  switch (from) {
    case TaskStatus::queued:
      return to == TaskStatus::running;
    case TaskStatus::running:
      return to == TaskStatus::waiting || to == TaskStatus::queued;
    case TaskStatus::waiting:
      return to == TaskStatus::queued;
    default:
      return false;
  }
}

std::size_t TaskRefHash::operator()(const TaskRef& ref) const noexcept {
  return TaskIdHash{}(ref.id) ^ (std::hash<std::string>{}(ref.tenant) << 1);
}

std::string Task::public_id() const {
  return client_id ? *client_id : to_string(ref.id);
}

}  // namespace taskgate
