#include "taskgate/runtime/mailbox.hpp"

#include "support/run_awaitable.hpp"
#include "taskgate/runtime/timeout.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

namespace asio = boost::asio;

namespace taskgate::runtime {
namespace {

using namespace std::chrono_literals;

asio::awaitable<std::vector<int>> collect(Mailbox<int>* box) {
  std::vector<int> got;
  int item = 0;
  for (;;) {
    const PopStatus status = co_await box->pop_until(item, SteadyTime::max());
    if (status == PopStatus::closed) break;
    got.push_back(item);
  }
  co_return got;
}

asio::awaitable<PopStatus> pop_within(Mailbox<int>* box, int* out, SteadyDuration limit) {
  co_return co_await box->pop_until(*out, SteadyClock::now() + limit);
}

TEST(Mailbox, RefusesPastItsCapacity) {
  asio::io_context context(1);
  Mailbox<int> box(context.get_executor(), 2);

  EXPECT_TRUE(box.push(1));
  EXPECT_TRUE(box.push(2));
  EXPECT_FALSE(box.push(3));
  EXPECT_EQ(box.size(), 2U);
}

TEST(Mailbox, CloseLetsQueuedItemsOutAndRefusesNewOnes) {
  asio::io_context context(1);
  Mailbox<int> box(context.get_executor(), 8);
  box.push(1);
  box.push(2);
  box.close();

  EXPECT_FALSE(box.push(3));
  EXPECT_EQ(test::run(context, collect(&box)), (std::vector<int>{1, 2}));
}

TEST(Mailbox, TimesOutAndWorksAfterwards) {
  asio::io_context context(1);
  Mailbox<int> box(context.get_executor(), 8);
  int out = 0;

  EXPECT_EQ(test::run(context, pop_within(&box, &out, 5ms)), PopStatus::timeout);
  asio::post(context, [&] { box.push(7); });
  EXPECT_EQ(test::run(context, pop_within(&box, &out, 10s)), PopStatus::item);
  EXPECT_EQ(out, 7);
}

asio::awaitable<int> pop_cancelled_then_again(Mailbox<int>* box) {
  int out = 0;
  auto first = co_await with_timeout(5ms, pop_within(box, &out, 1h));
  if (first) co_return -1;
  box->push(9);
  auto second = co_await box->pop_until(out, SteadyTime::max());
  if (second != PopStatus::item) co_return -2;
  co_return out;
}

TEST(Mailbox, SurvivesACancelledPop) {
  asio::io_context context(1);
  Mailbox<int> box(context.get_executor(), 8);

  EXPECT_EQ(test::run(context, pop_cancelled_then_again(&box)), 9);
}

TEST(Mailbox, LosesNothingUnderProducersOnOtherThreads) {
  asio::io_context context(1);
  Mailbox<int> box(context.get_executor(), 1'000'000);
  constexpr int kEach = 5000;
  std::vector<std::thread> producers;
  std::atomic<int> running{3};
  for (int p = 0; p < 3; ++p) {
    producers.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) box.push(i);
      if (--running == 0) box.close();
    });
  }

  const auto got = test::run(context, collect(&box));

  for (auto& producer : producers) producer.join();
  EXPECT_EQ(got.size(), 3U * kEach);
}

}  // namespace
}  // namespace taskgate::runtime
