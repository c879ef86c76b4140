#include "engine/ready_queue.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace taskgate::engine {
namespace {

LiveTaskPtr queue_task(std::string tenant, std::string name, int priority = 0) {
  auto task = std::make_shared<LiveTask>();
  task->ref.tenant = std::move(tenant);
  task->public_id = std::move(name);
  task->priority = priority;
  return task;
}

std::vector<std::string> drain(ReadyQueue& queue) {
  std::vector<std::string> names;
  while (auto task = queue.pop()) names.push_back(task->public_id);
  return names;
}

TEST(ReadyQueue, HigherPriorityFirst) {
  ReadyQueue queue;
  queue.push(queue_task("a", "low", 0));
  queue.push(queue_task("a", "high", 9));
  queue.push(queue_task("a", "middle", 5));

  EXPECT_EQ(drain(queue), (std::vector<std::string>{"high", "middle", "low"}));
}

TEST(ReadyQueue, WhatComesBackIsNextAndChangesNobodysPlace) {
  ReadyQueue queue;
  for (const char* name : {"1", "2", "3"}) queue.push(queue_task("a", name));
  auto last = queue_task("a", "4");
  queue.push(last);
  auto first = queue.pop();
  EXPECT_EQ(queue.position(*last), 3U);

  queue.push_front(first);

  EXPECT_EQ(queue.position(*first), 1U);
  EXPECT_EQ(queue.position(*last), 4U);
  EXPECT_EQ(drain(queue), (std::vector<std::string>{"1", "2", "3", "4"}));
}

TEST(ReadyQueue, TenantsTakeTurns) {
  ReadyQueue queue;
  for (const char* name : {"a1", "a2", "a3"}) queue.push(queue_task("a", name));
  queue.push(queue_task("b", "b1"));

  EXPECT_EQ(drain(queue), (std::vector<std::string>{"a1", "b1", "a2", "a3"}));
}

TEST(ReadyQueue, PositionCountsWhatIsAhead) {
  ReadyQueue queue;
  auto first = queue_task("a", "first");
  auto second = queue_task("a", "second");
  queue.push(first);
  queue.push(second);
  queue.push(queue_task("a", "urgent", 9));

  EXPECT_EQ(queue.position(*first), 2U);
  EXPECT_EQ(queue.position(*second), 3U);
  (void)queue.pop();
  (void)queue.pop();
  EXPECT_EQ(queue.position(*second), 1U);
}

TEST(ReadyQueue, RemovedTasksAreNeverPopped) {
  ReadyQueue queue;
  for (const char* name : {"a1", "a2"}) queue.push(queue_task("a", name));
  queue.push(queue_task("b", "b1"));

  queue.remove_if([](const LiveTask& task) { return task.public_id != "a2"; });

  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(drain(queue), (std::vector<std::string>{"a2"}));
}

TEST(ReadyQueue, EmptyGivesNothing) {
  ReadyQueue queue;
  EXPECT_EQ(queue.pop(), nullptr);
  EXPECT_EQ(queue.size(), 0U);
}

}  // namespace
}  // namespace taskgate::engine
