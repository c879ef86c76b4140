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

/// The coroutine's value; rethrows what it throws; std::runtime_error after `guard`.
template <class T>
T run(boost::asio::io_context& context,
      boost::asio::awaitable<T> task,
      std::chrono::seconds guard = std::chrono::seconds(20)) {
  std::optional<T> value;
  std::exception_ptr error;
  bool ended = false;
  boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr e, T v) {
    error = e;
    if (!e) value.emplace(std::move(v));
    ended = true;
  });
  context.restart();
  const auto until = std::chrono::steady_clock::now() + guard;
  while (!ended && context.run_one_until(until) > 0) {
  }
  if (error) std::rethrow_exception(error);
  if (!ended) throw std::runtime_error("the coroutine did not end in time");
  return std::move(*value);
}

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

/// The same on a fresh context.
template <class T>
T run(boost::asio::awaitable<T> task) {
  boost::asio::io_context context(1);
  return run(context, std::move(task));
}

}  // namespace taskgate::test
