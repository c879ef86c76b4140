#pragma once
// Tells followers that a task's log has grown, and keeps the newest events of followed tasks in
// memory so that a live stream does not read the disk. A task that nobody follows costs nothing
// here.
//
// A follower is a cursor, never a queue: it takes what is there when it is ready, and falls back to
// the store when the tail has moved past it. So no follower can slow the log down or make it grow.

#include "engine/bell.hpp"
#include "taskgate/engine/gateway.hpp"
#include "taskgate/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace taskgate::engine {

class Hub {
 public:
  /// Keeps at most `tail_bytes` of event data for each followed task.
  explicit Hub(std::size_t tail_bytes = 256 * 1024) : tail_bytes_(tail_bytes) {}

  /// Followers of one task. Freed with the last of them.
  struct Channel {
    std::mutex mutex;
    std::deque<Event> tail;  ///< contiguous, newest at the back; since the first follower came
    std::size_t tail_bytes = 0;
    std::uint64_t head = 0;  ///< newest seq announced; 0: none since the channel exists
    std::vector<std::weak_ptr<Bell>> bells;
  };

  /// Joins (creates) the task's channel. Events committed after this call are in its tail, or were
  /// trimmed.
  std::shared_ptr<Channel> join(const TaskRef& ref, const std::shared_ptr<Bell>& bell);
  /// Passes committed events on; whoever is to be woken joins the peal. On the store writer's
  /// thread.
  void publish(const store::Committed& committed, Peal& peal);
  /// No event will come any more: every follower is woken, and once it has been told everything it
  /// hears that this is all (Subscription::ready). Any thread.
  void close(Peal& peal);
  bool is_closed() const noexcept { return closed_; }

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<TaskRef, std::weak_ptr<Channel>, TaskRefHash> channels;
    std::size_t joins = 0;  // since dead entries were last swept out
  };
  Shard& shard(const TaskRef& ref) { return shards_[TaskIdHash{}(ref.id) % shards_.size()]; }

  const std::size_t tail_bytes_;
  std::atomic<bool> closed_{false};
  std::array<Shard, 16> shards_;
};

/// A subscription over the hub and the store; `after` is exclusive.
std::unique_ptr<Subscription> make_subscription(Hub& hub,
                                                store::Store& store,
                                                Task task,
                                                std::uint64_t after,
                                                boost::asio::any_io_executor executor);

}  // namespace taskgate::engine
