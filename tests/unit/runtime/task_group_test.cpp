#include "taskgate/runtime/task_group.hpp"

#include "support/run_awaitable.hpp"
#include "taskgate/runtime/timeout.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace taskgate::runtime {
namespace {

struct Reports {
  ErrorReporter reporter() {
    return [this](std::string_view what, std::exception_ptr) {
      std::lock_guard lock(mutex);
      names.emplace_back(what);
    };
  }
  std::mutex mutex;
  std::vector<std::string> names;
};

asio::awaitable<void> forever() {
  co_await sleep_until(SteadyTime::max());
}

asio::awaitable<void> fail(std::string message) {
  co_await sleep_for(std::chrono::milliseconds(1));
  throw std::runtime_error(message);
}

asio::awaitable<void> swallow_stop(std::atomic<int>* ended) {
  try {
    co_await sleep_until(SteadyTime::max());
  } catch (const std::exception&) {
  }
  ++*ended;
}

TEST(TaskGroup, SwitchMadeBeforeTheCoroutineStopsIt) {
  asio::io_context context(1);
  Reports reports;
  TaskGroup group(reports.reporter());
  const StopSource source(context.get_executor());
  std::atomic<int> ended = 0;

  group.spawn("switched", source, OnError::log, swallow_stop(&ended));
  asio::post(context, [source] { source.stop_here(); });
  context.run();

  EXPECT_EQ(ended, 1);
  EXPECT_EQ(group.size(), 0U);
  EXPECT_TRUE(reports.names.empty());
}

TEST(TaskGroup, ReportsAnEscapedExceptionUnderItsName) {
  asio::io_context context(1);
  Reports reports;
  TaskGroup group(reports.reporter());

  group.spawn("doomed", context.get_executor(), OnError::log, fail("boom"));
  context.run();

  ASSERT_EQ(reports.names.size(), 1U);
  EXPECT_EQ(reports.names[0], "doomed");
  EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, StopEndsEveryChildSilently) {
  asio::thread_pool pool(2);
  Reports reports;
  TaskGroup group(reports.reporter());
  for (int i = 0; i < 500; ++i) {
    group.spawn("sleeper", asio::make_strand(pool), OnError::log, forever());
  }

  group.request_stop();
  group.wait();

  EXPECT_EQ(group.size(), 0U);
  EXPECT_TRUE(reports.names.empty());
  pool.join();
}

TEST(TaskGroup, AnAbortNobodyAskedForIsReported) {
  asio::io_context context(1);
  Reports reports;
  TaskGroup group(reports.reporter());
  const auto abort_itself = []() -> asio::awaitable<void> {
    throw boost::system::system_error(asio::error::operation_aborted);
    co_return;
  };

  group.spawn("odd", context.get_executor(), OnError::log, abort_itself());
  context.run();

  EXPECT_EQ(reports.names.size(), 1U);
}

TEST(TaskGroup, ChildSpawnedAfterStopIsStoppedAtOnce) {
  asio::io_context context(1);
  Reports reports;
  TaskGroup group(reports.reporter());
  group.request_stop();

  group.spawn("late", context.get_executor(), OnError::log, forever());
  context.run();  // would never return

  EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, HandleStopsOneChildOnly) {
  asio::io_context context(1);
  TaskGroup group(nullptr);
  std::atomic<int> ended{0};
  auto first = group.spawn("a", context.get_executor(), OnError::log, swallow_stop(&ended));
  group.spawn("b", context.get_executor(), OnError::log, swallow_stop(&ended));
  context.poll();

  first.stop();
  context.restart();
  context.poll();

  EXPECT_EQ(ended, 1);
  EXPECT_EQ(group.size(), 1U);
  group.request_stop();
  context.restart();
  context.run();
  first.stop();  // outlives its child
  context.restart();
  context.run();
}

TEST(TaskGroup, JoinCompletesWhenTheLastChildEnds) {
  asio::io_context context(1);
  TaskGroup group(nullptr);
  std::atomic<int> ended{0};
  for (int i = 0; i < 3; ++i) {
    group.spawn("c", context.get_executor(), OnError::log, swallow_stop(&ended));
  }
  asio::post(context, [&] { group.request_stop(); });

  test::run(context, group.join());

  EXPECT_EQ(ended, 3);
}

TEST(TaskGroup, JoinOfAnEmptyGroupCompletesAtOnce) {
  asio::io_context context(1);
  TaskGroup group(nullptr);

  test::run(context, group.join());

  SUCCEED();
}

asio::awaitable<void> join_within(TaskGroup* group, bool* joined) {
  *joined = co_await with_timeout(std::chrono::milliseconds(20), group->join());
}

TEST(TaskGroup, WaitForGivesUpAtItsLimit) {
  asio::io_context context(1);
  TaskGroup group(nullptr);
  group.spawn("never", context.get_executor(), OnError::log, forever());

  EXPECT_FALSE(group.wait_for(std::chrono::milliseconds(5)));
  group.request_stop();
  context.run();
  EXPECT_TRUE(group.wait_for(std::chrono::milliseconds(0)));
}

TEST(TaskGroup, JoinIsCancellable) {
  asio::io_context context(1);
  TaskGroup group(nullptr);
  group.spawn("never", context.get_executor(), OnError::log, forever());
  bool joined = true;

  test::run(context, join_within(&group, &joined));

  EXPECT_FALSE(joined);
  group.request_stop();
  context.restart();
  context.run();
}

TEST(TaskGroup, SpawnAndStopFromManyThreadsLoseNobody) {
  asio::thread_pool children(2);
  asio::thread_pool callers(3);
  TaskGroup group(nullptr);
  std::atomic<int> ended{0};
  for (int i = 0; i < 200; ++i) {
    asio::post(callers, [&] {
      auto handle =
          group.spawn("x", asio::make_strand(children), OnError::log, swallow_stop(&ended));
      handle.stop();
    });
  }
  callers.join();

  group.request_stop();
  group.wait();

  EXPECT_EQ(ended, 200);
  children.join();
}

TEST(TaskGroupDeathTest, AFatalChildStopsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        asio::io_context context(1);
        TaskGroup group(nullptr);
        group.spawn("listener", context.get_executor(), OnError::stop_process, fail("gone"));
        context.run();
      },
      "");
}

}  // namespace
}  // namespace taskgate::runtime
