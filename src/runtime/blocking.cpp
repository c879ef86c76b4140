#include "taskgate/runtime/blocking.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace taskgate::runtime::detail {

/// Starts the hop. (Not in an anonymous namespace: it is a member of a coroutine's frame, and g++
/// warns of that in unity builds.) Written out, because co_spawn onto the pool would emit the
/// caller's cancellation across threads, which Boost 1.81 does not survive.
struct StartThere {
  template <class Handler>
  void operator()(Handler handler, asio::any_io_executor there, std::function<void()> job) const {
    auto home = asio::get_associated_executor(handler);
    auto work = asio::make_work_guard(home);
    auto run = [handler = std::move(handler), work = std::move(work), home = std::move(home),
                job = std::move(job)]() mutable {
      std::exception_ptr error;
      try {
        job();
      } catch (...) {
        error = std::current_exception();
      }
      job = nullptr;  // what it captured dies here, not on a third thread
      // The guard goes along: once resumed, the caller's context may be destroyed.
      asio::post(home, [handler = std::move(handler), work = std::move(work),
                        error = std::move(error)]() mutable {
        work.reset();
        std::move(handler)(std::move(error));
      });
    };
    asio::post(there, std::move(run));
  }
};

asio::any_io_executor executor_of(asio::thread_pool& pool) {
  return pool.get_executor();
}

asio::awaitable<void> run_there(asio::any_io_executor there, std::function<void()> job) {
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(std::exception_ptr)>(
      StartThere(), asio::use_awaitable, std::move(there), std::move(job));
}

}  // namespace taskgate::runtime::detail
