#pragma once
// Awaitable calls of a store from a thread that may block.

#include "taskgate/store/store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace taskgate::crash {

template <class T>
boost::asio::awaitable<void> keep_result(store::Awaitable<T> call, std::optional<Result<T>>* out) {
  auto result = co_await std::move(call);
  out->emplace(std::move(result));
}

inline void rethrow(std::exception_ptr failure) {
  if (failure) std::rethrow_exception(failure);
}

/// Runs one call to its end.
template <class T>
Result<T> complete(store::Awaitable<T> call) {
  boost::asio::io_context context(1);
  std::optional<Result<T>> result;
  boost::asio::co_spawn(context, keep_result(std::move(call), &result), rethrow);
  context.run();
  return std::move(*result);
}

/// A point of time in the tests' world: 2026-01-01 and that many milliseconds.
inline TimePoint test_time(std::int64_t ms) {
  return TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) +
         std::chrono::milliseconds(ms);
}

}  // namespace taskgate::crash
