#include "delivery/lanes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace taskgate::delivery {
namespace {

store::Delivery numbered(std::int64_t id) {
  store::Delivery delivery;
  delivery.id = id;
  return delivery;
}

std::vector<std::int64_t> take_all(Lanes& lanes) {
  std::vector<std::int64_t> ids;
  while (auto ready = lanes.take()) ids.push_back(ready->delivery.id);
  return ids;
}

TEST(Lanes, KeepsTheOrderWithinAHost) {
  Lanes lanes({10, 10, 10});
  for (int id = 1; id <= 4; ++id) lanes.park("a", numbered(id));

  EXPECT_EQ(take_all(lanes), (std::vector<std::int64_t>{1, 2, 3, 4}));
}

TEST(Lanes, TakesHostsInTurn) {
  Lanes lanes({10, 10, 10});
  for (int id = 1; id <= 3; ++id) lanes.park("a", numbered(id));
  lanes.park("b", numbered(11));
  lanes.park("c", numbered(21));

  EXPECT_EQ(take_all(lanes), (std::vector<std::int64_t>{1, 11, 21, 2, 3}));
}

TEST(Lanes, AFullHostWaitsAndTheOthersGoOn) {
  Lanes lanes({10, 2, 10});
  for (int id = 1; id <= 5; ++id) lanes.park("stuck", numbered(id));
  EXPECT_EQ(take_all(lanes), (std::vector<std::int64_t>{1, 2}));

  lanes.park("well", numbered(11));
  EXPECT_EQ(take_all(lanes), (std::vector<std::int64_t>{11}));
  lanes.done("stuck", 1);
  EXPECT_EQ(take_all(lanes), (std::vector<std::int64_t>{3}));
}

TEST(Lanes, NeverExceedsTheGlobalLimit) {
  Lanes lanes({3, 2, 100});
  for (int id = 1; id <= 20; ++id) lanes.park("host" + std::to_string(id), numbered(id));

  EXPECT_EQ(take_all(lanes).size(), 3U);
  EXPECT_FALSE(lanes.has_free_slot());
  lanes.done("host1", 1);
  EXPECT_EQ(take_all(lanes), (std::vector<std::int64_t>{4}));
}

TEST(Lanes, HoldsEachDeliveryOnceWhetherParkedOrRunning) {
  Lanes lanes({10, 1, 10});
  lanes.park("a", numbered(1));
  lanes.park("a", numbered(1));
  lanes.park("a", numbered(2));
  EXPECT_EQ(take_all(lanes), (std::vector<std::int64_t>{1}));
  lanes.park("a", numbered(1));

  auto held = lanes.held();
  std::sort(held.begin(), held.end());
  EXPECT_EQ(held, (std::vector<std::int64_t>{1, 2}));
  lanes.done("a", 1);
  EXPECT_EQ(lanes.held(), (std::vector<std::int64_t>{2}));
}

TEST(Lanes, DropForgetsWhatIsParkedAndLeavesWhatRuns) {
  Lanes lanes({10, 1, 10});
  lanes.park("a", numbered(1));
  lanes.park("a", numbered(2));
  lanes.park("a", numbered(3));
  ASSERT_EQ(take_all(lanes), (std::vector<std::int64_t>{1}));

  lanes.drop("a", 1);
  lanes.drop("a", 2);
  lanes.drop("a", 99);
  lanes.drop("b", 3);
  EXPECT_TRUE(lanes.is_running(1));
  lanes.done("a", 1);

  EXPECT_EQ(take_all(lanes), (std::vector<std::int64_t>{3}));
}

TEST(Lanes, HasRoomUntilTooManyAreParked) {
  Lanes lanes({10, 1, 2});
  lanes.park("a", numbered(1));
  ASSERT_EQ(take_all(lanes).size(), 1U);
  lanes.park("a", numbered(2));
  EXPECT_TRUE(lanes.has_room());
  lanes.park("a", numbered(3));
  EXPECT_FALSE(lanes.has_room());
}

TEST(Lanes, RandomTrafficKeepsTheLimitsAndLosesNothing) {
  std::mt19937 random(7);
  Lanes lanes({5, 2, 1000});
  std::map<std::string, std::vector<std::int64_t>> running;
  std::size_t parked = 0;
  std::size_t finished = 0;
  for (std::int64_t step = 1; step <= 5000; ++step) {
    const auto host = "host" + std::to_string(random() % 7);
    if (random() % 2 == 0) {
      lanes.park(host, numbered(step));
      ++parked;
    } else if (random() % 10 == 0) {
      lanes.drop(host, static_cast<std::int64_t>(random() % 5000));  // mostly unknown or elsewhere
    } else if (!running[host].empty()) {
      lanes.done(host, running[host].back());
      running[host].pop_back();
      ++finished;
    }
    while (auto ready = lanes.take()) running[ready->host].push_back(ready->delivery.id);
    std::size_t now = 0;
    for (const auto& [name, ids] : running) {
      ASSERT_LE(ids.size(), 2U);
      now += ids.size();
    }
    ASSERT_LE(now, 5U);
    ASSERT_EQ(now, lanes.running());
  }
  EXPECT_GT(finished, 1000U);
  EXPECT_GE(parked, finished + lanes.running());
}

}  // namespace
}  // namespace taskgate::delivery
