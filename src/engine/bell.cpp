#include "engine/bell.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;

asio::steady_timer* Bell::arm(std::chrono::steady_clock::time_point deadline) {
  if (rung_.load()) return nullptr;
  // A ring from here on posts to the executor that we are on: it comes after the wait has begun.
  timer_.expires_at(deadline);
  return &timer_;
}

asio::awaitable<void> Bell::wait(std::chrono::steady_clock::time_point deadline) {
  if (rung_.exchange(false)) co_return;
  timer_.expires_at(deadline);
  auto [error] = co_await timer_.async_wait(asio::as_tuple(asio::deferred));
  rung_.store(false);
  const auto state = co_await asio::this_coro::cancellation_state;
  if (error && state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
}

void Peal::add(const std::shared_ptr<Bell>& bell) {
  if (bell->rung_.exchange(true)) return;
  for (auto& group : by_executor_) {
    if (group.front()->timer_.get_executor() != bell->timer_.get_executor()) continue;
    group.push_back(bell);
    return;
  }
  by_executor_.emplace_back().push_back(bell);
}

void Peal::ring() {
  for (auto& group : by_executor_) {
    const auto executor = group.front()->timer_.get_executor();
    asio::post(executor, [bells = std::move(group)] {
      for (const auto& bell : bells) bell->timer_.cancel();
    });
  }
  by_executor_.clear();
}

}  // namespace taskgate::engine
