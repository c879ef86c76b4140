#pragma once
// Turns at something that one coroutine at a time does for all who wait for it.

#include "taskgate/runtime/mailbox.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace taskgate::tools {

/// Threads: any. Outlives whoever waits or has the turn.
class OneAtATime {
 public:
  OneAtATime() = default;
  OneAtATime(const OneAtATime&) = delete;
  OneAtATime& operator=(const OneAtATime&) = delete;

  /// The turn, given back with its end.
  class Turn {
   public:
    explicit Turn(OneAtATime& owner) : owner_(owner) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();

   private:
    OneAtATime& owner_;
  };

  /// Waits until it is this caller's turn, who then looks whether there is anything left to do.
  /// Throws operation_aborted when the caller is cancelled.
  boost::asio::awaitable<std::unique_ptr<Turn>> take();
  /// Whether somebody has the turn.
  bool is_taken() const;

 private:
  struct Enlisted;

  mutable std::mutex mutex_;  // guards what follows; never held over a wait
  bool taken_ = false;
  std::vector<runtime::WakeUp*> waiting_;
};

}  // namespace taskgate::tools
