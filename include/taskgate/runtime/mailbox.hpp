#pragma once
// A bounded queue from any thread to one coroutine: the only way data crosses between coroutine
// trees. (asio::experimental::channel of Boost 1.81 is dead after a cancelled receive and loses
// items on close; this is its replacement.)

#include "taskgate/runtime/steady.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

namespace taskgate::runtime {

/// A condition variable for one coroutine. Notifications coalesce and are never lost.
class WakeUp {
 public:
  /// `executor`: the waiting coroutine's, a strand or of a single-threaded context, whose context
  /// outlives the last notify().
  explicit WakeUp(boost::asio::any_io_executor executor);
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;
  ~WakeUp();

  /// Wakes the waiter, or makes its next wait return at once. Any thread.
  void notify();
  /// True: notified since the last wait. False: the deadline passed. One coroutine, on the
  /// executor. Throws operation_aborted when the caller is cancelled.
  boost::asio::awaitable<bool> wait_until(SteadyTime deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with notifications under way
};

enum class PopStatus { item, timeout, closed };

/// Bounded queue, many producers on any thread, one consumer coroutine on `executor` (a strand or
/// of a single-threaded context).
template <class T>
class Mailbox {
 public:
  Mailbox(boost::asio::any_io_executor executor, std::size_t capacity)
      : capacity_(capacity), wake_(std::move(executor)) {}

  /// False: full or closed, and `item` is dropped. Any thread; never waits.
  bool push(T item) {
    {
      std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= capacity_) return false;
      items_.push_back(std::move(item));
    }
    wake_.notify();
    return true;
  }

  /// No more pushes. What is queued can still be popped, then pop_until says closed. Any thread.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    wake_.notify();
  }

  /// An item if one is there; never waits.
  PopStatus try_pop(T& out) {
    std::lock_guard lock(mutex_);
    if (!items_.empty()) {
      out = std::move(items_.front());
      items_.pop_front();
      return PopStatus::item;
    }
    return closed_ ? PopStatus::closed : PopStatus::timeout;
  }

  /// Waits for an item, the end, or the deadline. An item is never lost to a deadline or a
  /// cancellation. Throws operation_aborted when the caller is cancelled. `out` outlives the call.
  boost::asio::awaitable<PopStatus> pop_until(T& out, SteadyTime deadline) {
    for (;;) {
      const PopStatus now = try_pop(out);
      if (now != PopStatus::timeout) co_return now;
      const bool woken = co_await wake_.wait_until(deadline);
      if (!woken) co_return try_pop(out);
    }
  }

  /// Items waiting. Any thread.
  std::size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<T> items_;
  bool closed_ = false;
  WakeUp wake_;
};

}  // namespace taskgate::runtime
