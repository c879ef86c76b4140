#include "taskgate/runtime/timeout.hpp"

#include "support/run_awaitable.hpp"
#include "taskgate/runtime/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;

namespace taskgate::runtime {
namespace {

using namespace std::chrono_literals;

asio::awaitable<std::unique_ptr<std::string>> value_after(SteadyDuration delay) {
  co_await sleep_for(delay);
  co_return std::make_unique<std::string>("a value too long for the small string buffer");
}

asio::awaitable<int> throw_after(SteadyDuration delay) {
  co_await sleep_for(delay);
  throw std::runtime_error("inner");
}

TEST(WithTimeout, GivesTheValueInTime) {
  auto got = test::run(with_timeout(10s, value_after(1ms)));

  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(**got, "a value too long for the small string buffer");
}

TEST(WithTimeout, GivesNothingWhenLate) {
  auto got = test::run(with_timeout(5ms, value_after(1h)));

  EXPECT_FALSE(got.has_value());
}

TEST(WithTimeout, RethrowsAtOnceInsteadOfWaitingForTheTimer) {
  const auto start = SteadyClock::now();

  EXPECT_THROW(test::run(with_timeout(1h, throw_after(1ms))), std::runtime_error);
  EXPECT_LT(SteadyClock::now() - start, 15s);
}

asio::awaitable<void> record_how_it_ends(std::string* how) {
  try {
    (void)co_await with_timeout(1h, value_after(2h));
    *how = "returned";
  } catch (const boost::system::system_error& e) {
    *how = e.code() == asio::error::operation_aborted ? "aborted" : "other";
  }
}

TEST(WithTimeout, AbortsWithItsCaller) {
  asio::io_context context(1);
  TaskGroup group(nullptr);
  std::string how;
  group.spawn("w", context.get_executor(), OnError::log, record_how_it_ends(&how));
  context.poll();

  group.request_stop();
  context.restart();
  context.run();

  EXPECT_EQ(how, "aborted");
}

TEST(WithTimeout, VoidOperationSaysWhetherItEnded) {
  EXPECT_TRUE(test::run(with_timeout(10s, sleep_for(1ms))));
  EXPECT_FALSE(test::run(with_timeout(1ms, sleep_for(1h))));
}

}  // namespace
}  // namespace taskgate::runtime
