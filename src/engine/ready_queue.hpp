#pragma once
// Which task runs next: strict priorities, and within one priority the tenants in turn, each first
// in first out. Not thread-safe: its owner locks.

#include "engine/live_task.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>

namespace taskgate::engine {

class ReadyQueue {
 public:
  static constexpr int kPriorities = 10;

  void push(LiveTaskPtr task);
  /// Takes back a task that pop() gave out and that was not started: it is next in its lane.
  void push_front(LiveTaskPtr task);
  /// The next task; null when there is none.
  LiveTaskPtr pop();
  /// Takes out every task of which `predicate` is true.
  void remove_if(const std::function<bool(const LiveTask&)>& predicate);
  std::size_t size() const noexcept { return size_; }
  /// About how many tasks (this one included) will have been started when this one starts.
  std::size_t position(const LiveTask& task) const;

 private:
  struct Lane {
    std::string tenant;
    std::deque<LiveTaskPtr> tasks;
  };
  struct Level {
    Lane& lane_of(const std::string& tenant);

    std::list<Lane> turn;  ///< tenants with work, the next one in front
    std::unordered_map<std::string, std::list<Lane>::iterator> lanes;
    std::size_t size = 0;
    std::uint64_t pushed = 0;
    std::uint64_t popped = 0;
  };
  std::array<Level, kPriorities> levels_;
  std::size_t size_ = 0;
};

}  // namespace taskgate::engine
