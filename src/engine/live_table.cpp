#include "engine/live_table.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace taskgate::engine {
namespace {

constexpr std::string_view kTaskMember = R"("task":)";
constexpr std::string_view kRequiredInputMember = R"("required_input":)";
constexpr std::string_view kProgressMember = R"("progress":)";

TaskStatus status_of(EventType final_type) {
  switch (final_type) {
    case EventType::task_success:
      return TaskStatus::success;
    case EventType::task_partial_success:
      return TaskStatus::partial_success;
    case EventType::task_cancelled:
      return TaskStatus::cancelled;
    case EventType::task_expired:
      return TaskStatus::expired;
    default:
      return TaskStatus::failed;
  }
}

// The log is the truth about a task's state; this is the function from log to state.
void advance(Task& task, const Event& event) {
  task.last_seq = event.seq;
  switch (event.type) {
    case EventType::task_running:
      task.status = TaskStatus::running;
      ++task.attempts;
      if (!task.started_at) task.started_at = event.at;
      return;
    case EventType::task_retrying:
      task.status = TaskStatus::queued;
      return;
    case EventType::task_waiting:
      if (task.status == TaskStatus::running) --task.attempts;  // it goes on after the answer
      task.status = TaskStatus::waiting;
      if (event.data.starts_with(kRequiredInputMember))
        task.required_input = event.data.substr(kRequiredInputMember.size());
      return;
    case EventType::task_queued:
      task.status = TaskStatus::queued;
      task.required_input.clear();
      return;
    case EventType::task_progress:
      if (event.data.starts_with(kProgressMember)) {
        const double value = std::strtod(event.data.c_str() + kProgressMember.size(), nullptr);
        task.progress = std::clamp(value, task.progress, 1.0);
      }
      return;
    default:
      break;
  }
  if (!is_final(event.type)) return;
  task.status = status_of(event.type);
  task.finished_at = event.at;
  task.required_input.clear();
}

}  // namespace

void LiveTable::insert(LiveTaskPtr task) {
  auto& home = shard(task->ref);
  std::lock_guard lock(home.mutex);
  if (home.cancels.erase(task->ref) > 0) {
    std::lock_guard task_lock(task->mutex);
    task->mirror.cancel_requested = true;
  }
  const auto ref = task->ref;
  home.tasks.insert_or_assign(ref, std::move(task));
}

LiveTaskPtr LiveTable::note_cancel(const TaskRef& ref) {
  constexpr std::size_t kMostNotes = 1024;  // they wait for microseconds; more is a bug elsewhere
  auto& home = shard(ref);
  std::lock_guard lock(home.mutex);
  if (const auto found = home.tasks.find(ref); found != home.tasks.end()) return found->second;
  if (home.cancels.size() < kMostNotes) home.cancels.insert(ref);
  return nullptr;
}

LiveTaskPtr LiveTable::find(const TaskRef& ref) const {
  const auto& home = shard(ref);
  std::lock_guard lock(home.mutex);
  const auto found = home.tasks.find(ref);
  return found == home.tasks.end() ? nullptr : found->second;
}

std::vector<LiveTaskPtr> LiveTable::all() const {
  std::vector<LiveTaskPtr> tasks;
  for (const auto& home : shards_) {
    std::lock_guard lock(home.mutex);
    for (const auto& [ref, task] : home.tasks) tasks.push_back(task);
  }
  return tasks;
}

std::size_t LiveTable::size() const {
  std::size_t count = 0;
  for (const auto& home : shards_) {
    std::lock_guard lock(home.mutex);
    count += home.tasks.size();
  }
  return count;
}

bool LiveTable::ring_at_end(LiveTask& task, const std::shared_ptr<Bell>& bell) {
  std::lock_guard lock(task.mutex);
  if (is_final(task.mirror.status)) return false;
  std::erase_if(task.waiters, [](const auto& other) { return other.expired(); });
  task.waiters.push_back(bell);
  return true;
}

void LiveTable::ring_all(Peal& peal) {
  for (const auto& task : all()) {
    std::lock_guard lock(task->mutex);
    for (const auto& waiter : task->waiters) {
      if (const auto bell = waiter.lock()) peal.add(bell);
    }
    task->waiters.clear();
  }
}

void LiveTable::apply(const store::Committed& committed, Peal& peal) {
  const auto live = find(committed.ref);
  if (!live) return;  // just accepted (its submitter inserts it next), or not of this process
  const Event* last = nullptr;
  Task row;
  {
    std::lock_guard lock(live->mutex);
    for (const auto& event : committed.events) {
      advance(live->mirror, event);
      last = &event;
    }
    if (last == nullptr || !is_final(last->type)) return;
    row = live->mirror;
  }
  if (last->data.starts_with(kTaskMember)) {
    finished_.put(
        {std::move(row), std::make_shared<const std::string>(last->data, kTaskMember.size())});
  }
  {
    auto& home = shard(committed.ref);
    std::lock_guard lock(home.mutex);
    home.tasks.erase(committed.ref);
  }
  // Only now: whoever wakes looks into the finished cache.
  std::vector<std::weak_ptr<Bell>> waiters;
  {
    std::lock_guard lock(live->mutex);
    waiters.swap(live->waiters);
  }
  for (const auto& waiter : waiters) {
    if (const auto bell = waiter.lock()) peal.add(bell);
  }
}

}  // namespace taskgate::engine
