#include "engine/bell.hpp"

#include "engine/live_table.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace taskgate::engine {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

boost::asio::awaitable<void> wait_and_count(std::shared_ptr<Bell> bell, int* woken) {
  co_await bell->wait(Clock::now() + 60s);
  ++*woken;
}

void spawn_waiter(boost::asio::io_context& context, std::shared_ptr<Bell> bell, int* woken) {
  boost::asio::co_spawn(context, wait_and_count(std::move(bell), woken),
                        [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
}

TEST(Peal, WakesWaitersOfSeveralExecutors) {
  boost::asio::io_context first(1);
  boost::asio::io_context second(1);
  int woken = 0;
  Peal peal;
  std::vector<std::shared_ptr<Bell>> bells;
  for (auto* context : {&first, &second, &first}) {
    bells.push_back(std::make_shared<Bell>(context->get_executor()));
    spawn_waiter(*context, bells.back(), &woken);
  }
  first.poll();
  second.poll();
  ASSERT_EQ(woken, 0);
  for (const auto& bell : bells) peal.add(bell);
  std::thread([&peal] { peal.ring(); }).join();
  first.run();
  second.run();

  EXPECT_EQ(woken, 3);
}

TEST(Peal, RingBeforeTheWaitIsNotLost) {
  boost::asio::io_context context(1);
  const auto bell = std::make_shared<Bell>(context.get_executor());
  Peal peal;
  peal.add(bell);
  peal.ring();
  context.run();
  context.restart();
  int woken = 0;

  EXPECT_EQ(bell->arm(Clock::now() + 60s), nullptr);
  spawn_waiter(context, bell, &woken);
  context.run();

  EXPECT_EQ(woken, 1);
}

TEST(Peal, ClearedBellRingsAgain) {
  boost::asio::io_context context(1);
  const auto bell = std::make_shared<Bell>(context.get_executor());
  Peal peal;
  peal.add(bell);
  peal.ring();
  context.run();
  context.restart();

  bell->clear();
  EXPECT_NE(bell->arm(Clock::now() + 60s), nullptr);
  peal.add(bell);
  EXPECT_EQ(bell->arm(Clock::now() + 60s), nullptr);
}

class LiveTableEnds : public ::testing::Test {
 protected:
  LiveTableEnds() {
    task->ref = TaskRef{"acme", make_task_id(TimePoint{1s})};
    task->mirror.ref = task->ref;
    table.insert(task);
  }

  void commit(EventType type) {
    store::Committed committed;
    committed.ref = task->ref;
    Event event;
    event.seq = ++seq;
    event.type = type;
    event.data = R"("task":{})";
    committed.events.push_back(std::move(event));
    Peal peal;
    table.apply(committed, peal);
    peal.ring();
  }

  boost::asio::io_context context{1};
  FinishedCache finished{1U << 20};
  LiveTable table{finished};
  LiveTaskPtr task = std::make_shared<LiveTask>();
  std::uint64_t seq = 1;
};

TEST_F(LiveTableEnds, RingOnceTheEndCanBeLookedUp) {
  const auto bell = std::make_shared<Bell>(context.get_executor());
  ASSERT_TRUE(LiveTable::ring_at_end(*task, bell));

  commit(EventType::task_running);
  EXPECT_NE(bell->arm(Clock::now() + 60s), nullptr) << "not the end";
  commit(EventType::task_success);

  EXPECT_EQ(bell->arm(Clock::now() + 60s), nullptr);
  EXPECT_TRUE(finished.find(task->ref).has_value());
  EXPECT_EQ(table.find(task->ref), nullptr);
}

TEST_F(LiveTableEnds, AreNotWaitedForTwice) {
  commit(EventType::task_failed);

  EXPECT_FALSE(LiveTable::ring_at_end(*task, std::make_shared<Bell>(context.get_executor())));
}

}  // namespace
}  // namespace taskgate::engine
