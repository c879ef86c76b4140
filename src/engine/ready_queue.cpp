#include "engine/ready_queue.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::engine {

void ReadyQueue::push(LiveTaskPtr task) {
  auto& level = levels_[static_cast<std::size_t>(std::clamp(task->priority, 0, kPriorities - 1))];
  task->ordinal = ++level.pushed;
  level.lane_of(task->ref.tenant).tasks.push_back(std::move(task));
  ++level.size;
  ++size_;
}

void ReadyQueue::push_front(LiveTaskPtr task) {
  auto& level = levels_[static_cast<std::size_t>(std::clamp(task->priority, 0, kPriorities - 1))];
  if (level.popped > 0) --level.popped;
  task->ordinal = level.popped + 1;
  level.lane_of(task->ref.tenant).tasks.push_front(std::move(task));
  ++level.size;
  ++size_;
}

ReadyQueue::Lane& ReadyQueue::Level::lane_of(const std::string& tenant) {
  auto lane = lanes.find(tenant);
  if (lane == lanes.end()) {
    const auto place = turn.insert(turn.end(), Lane{tenant, {}});
    lane = lanes.emplace(tenant, place).first;
  }
  return *lane->second;
}

LiveTaskPtr ReadyQueue::pop() {
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    if (level->turn.empty()) continue;
    const auto lane = level->turn.begin();
    auto task = std::move(lane->tasks.front());
    lane->tasks.pop_front();
    if (lane->tasks.empty()) {
      level->lanes.erase(lane->tenant);
      level->turn.erase(lane);
    } else {
      level->turn.splice(level->turn.end(), level->turn, lane);
    }
    --level->size;
    ++level->popped;
    --size_;
    return task;
  }
  return nullptr;
}

void ReadyQueue::remove_if(const std::function<bool(const LiveTask&)>& predicate) {
  for (auto& level : levels_) {
    for (auto lane = level.turn.begin(); lane != level.turn.end();) {
      const auto removed =
          std::erase_if(lane->tasks, [&](const LiveTaskPtr& task) { return predicate(*task); });
      level.size -= removed;
      level.popped += removed;
      size_ -= removed;
      if (lane->tasks.empty()) {
        level.lanes.erase(lane->tenant);
        lane = level.turn.erase(lane);
      } else {
        ++lane;
      }
    }
  }
}

std::size_t ReadyQueue::position(const LiveTask& task) const {
  const auto own = static_cast<std::size_t>(std::clamp(task.priority, 0, kPriorities - 1));
  std::size_t ahead = 0;
  for (std::size_t i = own + 1; i < levels_.size(); ++i) ahead += levels_[i].size;
  const auto& level = levels_[own];
  const std::uint64_t waiting = task.ordinal > level.popped ? task.ordinal - level.popped : 1;
  return ahead + static_cast<std::size_t>(
                     std::min<std::uint64_t>(waiting, std::max<std::size_t>(level.size, 1)));
}

}  // namespace taskgate::engine
