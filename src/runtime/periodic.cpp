#include "taskgate/runtime/periodic.hpp"

#include "taskgate/runtime/timeout.hpp"

#include <boost/asio/this_coro.hpp>

#include <random>

namespace asio = boost::asio;

namespace taskgate::runtime {

asio::awaitable<void> run_every(std::string what,
                                SteadyDuration interval,
                                std::function<asio::awaitable<void>()> run_once,
                                ErrorReporter on_error) {
  std::minstd_rand random(std::random_device{}());
  std::uniform_real_distribution<double> jitter(0.9, 1.1);
  for (;;) {
    std::exception_ptr failed;
    try {
      co_await run_once();
    } catch (...) {
      failed = std::current_exception();
    }
    auto state = co_await asio::this_coro::cancellation_state;
    const bool cancelled = state.cancelled() != asio::cancellation_type::none;
    if (failed && cancelled) std::rethrow_exception(failed);
    if (failed && on_error) on_error(what, failed);
    failed = nullptr;
    const auto pause = std::chrono::duration<double>(interval) * jitter(random);
    co_await sleep_for(std::chrono::duration_cast<SteadyDuration>(pause));
  }
}

}  // namespace taskgate::runtime
