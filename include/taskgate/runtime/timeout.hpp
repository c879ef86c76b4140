#pragma once
// A deadline around any awaitable, and a cancellable sleep. One with_timeout costs some
// microseconds: once per request, never per token.

#include "taskgate/runtime/steady.hpp"

#include <boost/asio/awaitable.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace taskgate::runtime {

/// Completes at that time. Throws operation_aborted when cancelled.
boost::asio::awaitable<void> sleep_until(SteadyTime deadline);
boost::asio::awaitable<void> sleep_for(SteadyDuration duration);

namespace detail {

/// What an operation ended with. Not an aggregate (g++ 12: GCC PR 107288).
template <class T>
struct Outcome {
  Outcome() = default;
  std::optional<T> value;
  std::exception_ptr error;
};

template <class T>
boost::asio::awaitable<void> settle(boost::asio::awaitable<T> operation, Outcome<T>* outcome) {
  try {
    outcome->value = co_await std::move(operation);
  } catch (...) {
    outcome->error = std::current_exception();
  }
}

boost::asio::awaitable<void> settle(boost::asio::awaitable<void> operation,
                                    std::exception_ptr* error);

/// True: `operation` (which never throws) ended first. False: the time was up, and it was
/// cancelled and has ended. Throws operation_aborted when the caller was cancelled.
boost::asio::awaitable<bool> ends_within(SteadyDuration limit,
                                         boost::asio::awaitable<void> operation);

}  // namespace detail

/// The operation's value, or nullopt when it took longer than `limit`; it is then cancelled
/// (terminal) and waited for. Rethrows what it throws; throws operation_aborted when the caller is
/// cancelled. The caller runs on a strand or a single-threaded context.
template <class T>
boost::asio::awaitable<std::optional<T>> with_timeout(SteadyDuration limit,
                                                      boost::asio::awaitable<T> operation) {
  detail::Outcome<T> outcome;
  auto settled = detail::settle(std::move(operation), &outcome);
  const bool in_time = co_await detail::ends_within(limit, std::move(settled));
  if (!in_time) co_return std::nullopt;
  if (outcome.error) std::rethrow_exception(outcome.error);
  co_return std::move(outcome.value);
}

/// The same for an operation without a value: true when it ended in time.
boost::asio::awaitable<bool> with_timeout(SteadyDuration limit,
                                          boost::asio::awaitable<void> operation);

}  // namespace taskgate::runtime
