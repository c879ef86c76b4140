#include "taskgate/runtime/mailbox.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace asio = boost::asio;

namespace taskgate::runtime {

struct WakeUp::State {
  explicit State(asio::any_io_executor e) : executor(e), timer(e) {}

  bool take() {
    std::lock_guard lock(mutex);
    waiting = false;
    return std::exchange(notified, false);
  }

  /// False when a notification is already there.
  bool begin_wait() {
    std::lock_guard lock(mutex);
    waiting = !notified;
    return waiting;
  }

  asio::any_io_executor executor;
  asio::steady_timer timer;  // touched on the executor only; a timer is the condition variable
  std::mutex mutex;
  bool notified = false;
  bool waiting = false;
};

WakeUp::WakeUp(asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

WakeUp::~WakeUp() = default;

void WakeUp::notify() {
  {
    std::lock_guard lock(state_->mutex);
    if (std::exchange(state_->notified, true) || !state_->waiting) return;
  }
  // Posted to the waiter's executor, so it cannot fall between its check and its wait.
  asio::post(state_->executor, [state = state_] { state->timer.cancel(); });
}

asio::awaitable<bool> WakeUp::wait_until(SteadyTime deadline) {
  constexpr auto nothrow = asio::as_tuple(asio::use_awaitable);
  const auto state = state_;
  for (;;) {
    boost::system::error_code ec;
    if (state->begin_wait()) {
      state->timer.expires_at(deadline);
      auto [wait_error] = co_await state->timer.async_wait(nothrow);
      ec = wait_error;
    }
    auto cancellation = co_await asio::this_coro::cancellation_state;
    const bool notified = state->take();
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
    if (notified) co_return true;
    if (!ec) co_return false;
    // Otherwise a cancel() that an earlier notification had posted: wait on.
  }
}

}  // namespace taskgate::runtime
