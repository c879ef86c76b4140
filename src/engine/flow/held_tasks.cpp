#include "engine/flow/held_tasks.hpp"

#include <utility>

namespace taskgate::engine {

void HeldTasks::push(const std::string& lane, LiveTaskPtr task) {
  lanes_[lane].push(std::move(task));
  ++size_;
}

LiveTaskPtr HeldTasks::pop(const std::string& lane) {
  const auto found = lanes_.find(lane);
  if (found == lanes_.end()) return nullptr;
  auto task = found->second.pop();
  if (found->second.size() == 0) lanes_.erase(found);
  --size_;
  return task;
}

void HeldTasks::remove_if(const std::function<bool(const LiveTask&)>& predicate) {
  size_ = 0;
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    lane->second.remove_if(predicate);
    size_ += lane->second.size();
    lane = lane->second.size() == 0 ? lanes_.erase(lane) : std::next(lane);
  }
}

std::vector<std::string> HeldTasks::lanes() const {
  std::vector<std::string> names;
  names.reserve(lanes_.size());
  for (const auto& [name, queue] : lanes_) names.push_back(name);
  return names;
}

std::size_t HeldTasks::size(const std::string& lane) const {
  const auto found = lanes_.find(lane);
  return found == lanes_.end() ? 0 : found->second.size();
}

std::optional<std::size_t> HeldTasks::position(const std::string& lane,
                                               const LiveTask& task) const {
  const auto found = lanes_.find(lane);
  if (found == lanes_.end()) return std::nullopt;
  return found->second.position(task);
}

}  // namespace taskgate::engine
