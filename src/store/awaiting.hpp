#pragma once
// From the callback form of an operation to the awaitable one.

#include "taskgate/store/store.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace taskgate::store {

/// An awaitable that, once awaited, calls `start(Handler<T>)` and resumes with what the handler is
/// given, on the awaiting coroutine's executor. An operation of the store cannot be cancelled: it
/// ends by itself, soon.
template <class T, class Start>
Awaitable<T> awaiting(Start start) {
  auto initiate = [start = std::move(start)](auto&& handler) mutable {
    start(Handler<T>(std::forward<decltype(handler)>(handler)));
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<T>)>(
      std::move(initiate), boost::asio::use_awaitable);
}

}  // namespace taskgate::store
