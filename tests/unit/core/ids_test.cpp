#include "taskgate/core/ids.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace taskgate {
namespace {

TimePoint id_time(std::int64_t ms) {
  return TimePoint{std::chrono::milliseconds{ms}};
}

TEST(TaskId, TextComesBackAsTheSameId) {
  for (int i = 0; i < 1000; ++i) {
    const TaskId id = make_task_id(id_time(1772357400125 + i));
    const std::string text = to_string(id);
    EXPECT_EQ(text.size(), 31U);
    EXPECT_EQ(parse_task_id(text), id);
  }
}

TEST(TaskId, ExtremesComeBackAsTheSameId) {
  TaskId lowest;
  TaskId highest;
  highest.bytes.fill(0xFF);
  EXPECT_EQ(to_string(lowest), "task_00000000000000000000000000");
  EXPECT_EQ(to_string(highest), "task_7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
  EXPECT_EQ(parse_task_id(to_string(lowest)), lowest);
  EXPECT_EQ(parse_task_id(to_string(highest)), highest);
}

TEST(TaskId, TextOrderIsCreationOrderWithinOneThread) {
  std::string last;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = to_string(make_task_id(id_time(1772357500000 + i / 10'000)));
    EXPECT_LT(last, text);
    last = text;
  }
}

TEST(TaskId, OrderHoldsWhenTheClockStepsBack) {
  const TaskId first = make_task_id(id_time(1772357600000));
  const TaskId second = make_task_id(id_time(1772357500000));
  EXPECT_LT(first, second);
}

TEST(TaskId, FollowsAClockThatWasSetBackByMuch) {
  constexpr std::int64_t kNow = 1772357600000;
  constexpr std::int64_t kDay = 86'400'000;
  make_task_id(id_time(kNow));

  const TaskId back = make_task_id(id_time(kNow - kDay));

  EXPECT_LT(back, make_task_id(id_time(kNow - kDay + 1)));
  std::uint64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | back.bytes[i];
  EXPECT_EQ(ms, static_cast<std::uint64_t>(kNow - kDay));
}

TEST(TaskId, CarriesVersionSevenAndTheVariantOfRfc9562) {
  const TaskId id = make_task_id(id_time(1772357700000));
  EXPECT_EQ(id.bytes[6] >> 4, 7);
  EXPECT_EQ(id.bytes[8] >> 6, 2);
}

TEST(TaskId, ThreadsNeverMakeTheSameIdTwice) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  std::vector<std::vector<TaskId>> made(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : made) {
    threads.emplace_back([&mine] {
      for (int i = 0; i < kEach; ++i) mine.push_back(make_task_id(id_time(1772357800000)));
    });
  }
  for (auto& thread : threads) thread.join();

  std::set<TaskId> all;
  for (const auto& mine : made) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), std::size_t{kThreads} * kEach);
}

TEST(TaskId, OneIdHasOneSpelling) {
  const std::string good = to_string(make_task_id(id_time(1772357900000)));
  std::string lower = good;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::string bad[] = {"",
                             "task_",
                             lower,
                             good + "0",
                             good.substr(0, 30),
                             good.substr(5),
                             "tusk_" + good.substr(5),
                             "task_80000000000000000000000000",  // more than 128 bits
                             "task_0000000000000000000000000I",
                             "task_0000000000000000000000000L",
                             "task_0000000000000000000000000O",
                             "task_0000000000000000000000000U",
                             "task_0000000000000000000000000-",
                             std::string("task_0000000000000000000000000\0", 31)};
  for (const auto& text : bad) {
    SCOPED_TRACE(text);
    EXPECT_EQ(parse_task_id(text), std::nullopt);
  }
}

TEST(Ids, MakeIdKeepsItsPrefixAndNeverRepeats) {
  const std::string a = make_id("req_");
  const std::string b = make_id("req_");
  EXPECT_TRUE(a.starts_with("req_"));
  EXPECT_EQ(a.size(), 30U);
  EXPECT_NE(a, b);
}

TEST(Ids, RandomBytesAreAsManyAsAskedAndDiffer) {
  EXPECT_EQ(random_bytes(0), "");
  EXPECT_EQ(random_bytes(32).size(), 32U);
  EXPECT_NE(random_bytes(32), random_bytes(32));
}

}  // namespace
}  // namespace taskgate
