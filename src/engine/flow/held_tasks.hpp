#pragma once
// The tasks that flow control holds back, by the lane that they wait for: each lane a ready queue
// of its own, so that priorities and turns between tenants hold there too, and no lane stands in
// another's way. Not thread-safe: its owner locks.

#include "engine/ready_queue.hpp"
#include "taskgate/runtime/steady.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace taskgate::engine {

class HeldTasks {
 public:
  void push(const std::string& lane, LiveTaskPtr task);
  /// The next task of the lane; null when there is none.
  LiveTaskPtr pop(const std::string& lane);
  void remove_if(const std::function<bool(const LiveTask&)>& predicate);
  bool has(const std::string& lane) const { return lanes_.contains(lane); }
  std::vector<std::string> lanes() const;
  std::size_t size() const noexcept { return size_; }
  std::size_t size(const std::string& lane) const;
  /// As ReadyQueue::position, within the task's lane; nullopt when it is not held there.
  std::optional<std::size_t> position(const std::string& lane, const LiveTask& task) const;

 private:
  std::unordered_map<std::string, ReadyQueue> lanes_;  // none of them empty
  std::size_t size_ = 0;
};

}  // namespace taskgate::engine
