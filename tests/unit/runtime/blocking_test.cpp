#include "taskgate/runtime/blocking.hpp"

#include "support/run_awaitable.hpp"
#include "taskgate/runtime/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace asio = boost::asio;

namespace taskgate::runtime {

struct NotDefault {  // a result type without a default constructor
  explicit NotDefault(std::thread::id t) : ran_on(t) {}
  std::thread::id ran_on;
};

namespace {

asio::awaitable<bool> hops(asio::thread_pool* pool) {
  const auto home = std::this_thread::get_id();
  auto job = [] { return NotDefault(std::this_thread::get_id()); };
  const NotDefault got = co_await run_blocking(*pool, std::move(job));
  const bool hopped = got.ran_on != home;
  const bool back = std::this_thread::get_id() == home;
  co_return hopped&& back;
}

asio::awaitable<bool> hops_to(asio::any_io_executor there) {
  const auto home = std::this_thread::get_id();
  auto job = [] { return NotDefault(std::this_thread::get_id()); };
  const NotDefault got = co_await run_on(there, std::move(job));
  const bool hopped = got.ran_on != home;
  const bool back = std::this_thread::get_id() == home;
  co_return hopped&& back;
}

TEST(RunOn, RunsThereAndComesBack) {
  asio::io_context context(1);
  asio::thread_pool pool(1);

  EXPECT_TRUE(test::run(context, hops_to(pool.get_executor())));
}

TEST(RunBlocking, RunsOnThePoolAndComesBack) {
  asio::io_context context(1);
  asio::thread_pool pool(1);

  EXPECT_TRUE(test::run(context, hops(&pool)));
  pool.join();
}

asio::awaitable<int> throws(asio::thread_pool* pool) {
  auto job = []() -> int { throw std::runtime_error("inner"); };
  co_return co_await run_blocking(*pool, std::move(job));
}

TEST(RunBlocking, RethrowsToTheCaller) {
  asio::io_context context(1);
  asio::thread_pool pool(1);

  EXPECT_THROW(test::run(context, throws(&pool)), std::runtime_error);
  pool.join();
}

asio::awaitable<void> keep(asio::thread_pool* pool, std::shared_future<void> gate, bool* finished) {
  auto job = [gate] {
    gate.wait();
    return std::make_unique<int>(4);
  };
  auto value = co_await run_blocking(*pool, std::move(job));
  *finished = *value == 4;
}

TEST(RunBlocking, IsNotTornByACancellation) {
  asio::io_context context(1);
  asio::thread_pool pool(1);
  TaskGroup group(nullptr);
  std::promise<void> gate;
  bool finished = false;
  group.spawn("k", context.get_executor(), OnError::log,
              keep(&pool, gate.get_future().share(), &finished));
  context.poll();

  group.request_stop();
  context.poll();
  gate.set_value();
  context.restart();
  context.run();

  EXPECT_TRUE(finished);
  pool.join();
}

}  // namespace
}  // namespace taskgate::runtime
