#pragma once
// Runs one coroutine to its end on a context of its own, for tests. Use EXPECT_* inside coroutines:
// ASSERT_* does not compile there.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace taskgate::test {

namespace detail {

template <class T>
boost::asio::awaitable<void> store_result(boost::asio::awaitable<T> task, std::optional<T>* value) {
  value->emplace(co_await std::move(task));
}

}  // namespace detail

/// Runs it; rethrows what it throws; std::runtime_error after `guard`.
inline void run(boost::asio::io_context& context,
                boost::asio::awaitable<void> task,
                std::chrono::seconds guard = std::chrono::seconds(20)) {
  std::exception_ptr error;
  bool ended = false;
  boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr e) {
    error = e;
    ended = true;
  });
  context.restart();
  const auto until = std::chrono::steady_clock::now() + guard;
  while (!ended && context.run_one_until(until) > 0) {
  }
  if (error) std::rethrow_exception(error);
  if (!ended) throw std::runtime_error("the coroutine did not end in time");
}

/// The coroutine's value, under the same rules. T need not be default-constructible.
template <class T>
T run(boost::asio::io_context& context,
      boost::asio::awaitable<T> task,
      std::chrono::seconds guard = std::chrono::seconds(20)) {
  std::optional<T> value;
  run(context, detail::store_result(std::move(task), &value), guard);
  return std::move(*value);
}

/// The same on a fresh context.
template <class T>
T run(boost::asio::awaitable<T> task) {
  boost::asio::io_context context(1);
  return run(context, std::move(task));
}

}  // namespace taskgate::test
