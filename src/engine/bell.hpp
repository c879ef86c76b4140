#pragma once
// How one coroutine is woken by the log's writer: a follower of events, or whoever waits for a
// task's end.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

namespace taskgate::engine {

/// A follower's bell. Rung (by a Peal) from any thread; wait() only on the executor it was made
/// with.
class Bell {
 public:
  explicit Bell(const boost::asio::any_io_executor& executor) : timer_(executor) {}
  /// Forgets that it rang. Call before looking for what it may have rung for.
  void clear() noexcept { rung_.store(false); }
  /// The timer that ends when rung, or at `deadline`; null when it rang since clear(). For a caller
  /// that waits for the timer itself, at once.
  boost::asio::steady_timer* arm(std::chrono::steady_clock::time_point deadline);
  /// Returns when rung, or at `deadline`. Throws operation_aborted when the coroutine is cancelled.
  boost::asio::awaitable<void> wait(std::chrono::steady_clock::time_point deadline);

 private:
  friend class Peal;
  boost::asio::steady_timer timer_;
  std::atomic<bool> rung_{false};
};

/// Rings many bells together: each wakes its waiter, or lets its next wait return at once, at the
/// price of one wake-up an executor. (A post for each of a thousand followers took the log's writer
/// a millisecond.)
class Peal {
 public:
  /// A bell that has rung already needs nothing more. Any thread.
  void add(const std::shared_ptr<Bell>& bell);
  /// Rings what was added.
  void ring();

 private:
  std::vector<std::vector<std::shared_ptr<Bell>>> by_executor_;
};

}  // namespace taskgate::engine
