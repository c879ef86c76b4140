#include "net/watchdog.hpp"

#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace taskgate::net {

using runtime::SteadyClock;
using runtime::SteadyTime;

struct Watchdog::State {
  explicit State(const boost::asio::any_io_executor& strand) : timer(strand) {}

  boost::asio::steady_timer timer;
  SteadyTime deadline = SteadyTime::max();
  bool waiting = false;
  bool fired = false;
  boost::asio::ip::tcp::socket* socket = nullptr;
};

Watchdog::Watchdog(boost::asio::any_io_executor strand) : state_(std::make_shared<State>(strand)) {}

Watchdog::~Watchdog() {
  state_->socket = nullptr;
  state_->deadline = SteadyTime::max();
  state_->timer.cancel();
}

void Watchdog::guard(boost::asio::ip::tcp::socket* socket) noexcept {
  state_->socket = socket;
  state_->fired = false;
  state_->deadline = SteadyTime::max();
}

void Watchdog::expire_at(SteadyTime deadline) {
  state_->deadline = deadline;
  if (deadline == SteadyTime::max()) return;
  if (!state_->waiting || state_->timer.expiry() > deadline) arm(state_);
}

void Watchdog::rest() noexcept {
  state_->deadline = SteadyTime::max();
}

bool Watchdog::fired() const noexcept {
  return state_->fired;
}

void Watchdog::arm(const std::shared_ptr<State>& state) {
  state->timer.expires_at(state->deadline);  // cancels the wait under way, if any
  state->waiting = true;
  state->timer.async_wait([state](boost::system::error_code cancelled) {
    if (cancelled) return;  // replaced by a newer wait, or the watchdog is gone
    state->waiting = false;
    if (state->deadline == SteadyTime::max()) return;
    if (SteadyClock::now() < state->deadline) {
      arm(state);
      return;
    }
    state->fired = true;
    state->deadline = SteadyTime::max();
    boost::system::error_code ignored;  // a socket that cannot be closed is closed
    if (state->socket != nullptr) state->socket->close(ignored);
  });
}

}  // namespace taskgate::net
