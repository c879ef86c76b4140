#pragma once
// The hop to a thread that may block, and back. For files, databases and name lookups; nothing else
// may block. And the hop to the workers, for what would keep an io thread too long.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace boost::asio {
class thread_pool;
}

namespace taskgate::runtime {

namespace detail {

/// Runs `job` on `there` and resumes on the caller's executor.
boost::asio::awaitable<void> run_there(boost::asio::any_io_executor there,
                                       std::function<void()> job);
boost::asio::any_io_executor executor_of(boost::asio::thread_pool& pool);

template <class R>
struct BlockingJob {
  explicit BlockingJob(std::function<R()> function) : fn(std::move(function)) {}
  std::function<R()> fn;
  std::optional<R> result;  // R need not be default-constructible
};

template <class R>
boost::asio::awaitable<R> run_job(boost::asio::any_io_executor there,
                                  std::shared_ptr<BlockingJob<R>> job) {
  std::function<void()> work = [job] { job->result.emplace(job->fn()); };
  co_await run_there(std::move(there), std::move(work));
  co_return std::move(*job->result);
}

}  // namespace detail

/// fn() on `there`, for work of the processor's; its value on the caller's executor. The same
/// rules as run_blocking.
template <class F>
boost::asio::awaitable<std::invoke_result_t<F&>> run_on(boost::asio::any_io_executor there, F fn) {
  using R = std::invoke_result_t<F&>;
  // Shared, both: a move-only lambda does not fit a std::function, and the pool's thread may still
  // write the result while a dying context destroys the caller's frame.
  auto shared = std::make_shared<F>(std::move(fn));
  std::function<R()> call = [shared] { return (*shared)(); };
  return detail::run_job<R>(std::move(there),
                            std::make_shared<detail::BlockingJob<R>>(std::move(call)));
}

/// fn() on a thread of `pool`; its value on the caller's executor. `fn` returns a Result or another
/// value and does not throw (what it throws anyway is rethrown to the caller).
///
/// Not cancellable once called: it completes when fn() has returned. `pool` outlives the call, and
/// is joined before the caller's context is destroyed. Name the lambda before the call, it
/// captures: `co_await run_blocking(pool, std::move(query))`.
template <class F>
boost::asio::awaitable<std::invoke_result_t<F&>> run_blocking(boost::asio::thread_pool& pool,
                                                              F fn) {
  return run_on(detail::executor_of(pool), std::move(fn));
}

}  // namespace taskgate::runtime
