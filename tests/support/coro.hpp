#pragma once
// Coroutines under test: run(awaitable) with its guard (run_awaitable.hpp), and one that is
// started, cancelled in the middle and waited for.

#include "support/run_awaitable.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <functional>
#include <stdexcept>

namespace taskgate::test {

/// A coroutine on `context` that the test can cancel. The test drives the context.
class Cancellable {
 public:
  Cancellable(boost::asio::io_context& context, boost::asio::awaitable<void> task)
      : context_(context) {
    auto done = [this](std::exception_ptr error) {
      error_ = error;
      ended_ = true;
    };
    boost::asio::co_spawn(context_, std::move(task),
                          boost::asio::bind_cancellation_slot(signal_.slot(), done));
  }

  /// Runs the context until `condition` holds; throws after ten seconds.
  void run_until(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    context_.restart();
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) throw std::runtime_error("condition not met");
      context_.run_one_for(std::chrono::milliseconds(5));
      if (context_.stopped()) context_.restart();
    }
  }
  void cancel() { signal_.emit(boost::asio::cancellation_type::terminal); }
  /// Runs until the coroutine has ended; what it threw, if anything.
  std::exception_ptr wait() {
    run_until([this] { return ended_; });
    return error_;
  }
  bool ended() const { return ended_; }

 private:
  boost::asio::io_context& context_;
  boost::asio::cancellation_signal signal_;
  std::exception_ptr error_;
  bool ended_ = false;
};

}  // namespace taskgate::test
