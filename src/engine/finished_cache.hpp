#pragma once
// The last finished tasks in memory, so that polling right after the end does not touch the disk.
// Bounded in bytes; least recently used goes first. Thread-safe.

#include "taskgate/core/task.hpp"

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace taskgate::engine {

struct FinishedTask {
  Task task;
  std::shared_ptr<const std::string> object;  ///< the task object as JSON
};

class FinishedCache {
 public:
  explicit FinishedCache(std::size_t byte_limit) : byte_limit_(byte_limit) {}
  void put(FinishedTask finished);
  std::optional<FinishedTask> find(const TaskRef& ref);
  void erase(const TaskRef& ref);
  void clear();

 private:
  using Order = std::list<FinishedTask>;
  void drop(Order::iterator place);
  static std::size_t cost(const FinishedTask& finished);

  const std::size_t byte_limit_;
  std::mutex mutex_;
  Order order_;  ///< most recently used in front
  std::unordered_map<TaskRef, Order::iterator, TaskRefHash> index_;
  std::size_t bytes_ = 0;
};

}  // namespace taskgate::engine
