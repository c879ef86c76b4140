#include "taskgate/runtime/timeout.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace asio = boost::asio;

namespace taskgate::runtime {
namespace {

/// Never throws: an operand of `||` must not, since `||` waits for the first success.
asio::awaitable<void> nap(SteadyDuration duration) {
  asio::steady_timer timer(co_await asio::this_coro::executor, duration);
  (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace

asio::awaitable<void> sleep_until(SteadyTime deadline) {
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> sleep_for(SteadyDuration duration) {
  asio::steady_timer timer(co_await asio::this_coro::executor, duration);
  co_await timer.async_wait(asio::use_awaitable);
}

namespace detail {

asio::awaitable<void> settle(asio::awaitable<void> operation, std::exception_ptr* error) {
  try {
    co_await std::move(operation);
  } catch (...) {
    *error = std::current_exception();
  }
}

asio::awaitable<bool> ends_within(SteadyDuration limit, asio::awaitable<void> operation) {
  using namespace asio::experimental::awaitable_operators;
  auto first = co_await (std::move(operation) || nap(limit));
  auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return first.index() == 0;
}

}  // namespace detail

asio::awaitable<bool> with_timeout(SteadyDuration limit, asio::awaitable<void> operation) {
  std::exception_ptr error;
  auto settled = detail::settle(std::move(operation), &error);
  const bool in_time = co_await detail::ends_within(limit, std::move(settled));
  if (in_time && error) std::rethrow_exception(error);
  co_return in_time;
}

}  // namespace taskgate::runtime
