#pragma once
// One timer per exchange that closes a socket whose deadline has passed. Moving the deadline later
// costs no timer operation, so every read may have a deadline of its own.
//
// The timer lives on the caller's strand, not on the socket's executor: Beast's tcp_stream would
// run its timers there, beside the caller.

#include "taskgate/runtime/steady.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace taskgate::net {

/// Belongs to one strand; every call on it.
class Watchdog {
 public:
  explicit Watchdog(boost::asio::any_io_executor strand);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// Watches `socket` (null: nothing) from now on, and forgets an earlier firing.
  void guard(boost::asio::ip::tcp::socket* socket) noexcept;
  /// The socket is closed at `deadline`, whatever operation it is in.
  void expire_at(runtime::SteadyTime deadline);
  /// No deadline.
  void rest() noexcept;
  /// The deadline passed and the socket was closed.
  bool fired() const noexcept;

 private:
  struct State;
  static void arm(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;  // shared with the timer's handler
};

}  // namespace taskgate::net
