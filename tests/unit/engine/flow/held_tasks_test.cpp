#include "engine/flow/held_tasks.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

LiveTaskPtr held_task(std::string tenant, std::string name, int priority = 0) {
  auto task = std::make_shared<LiveTask>();
  task->ref.tenant = std::move(tenant);
  task->public_id = std::move(name);
  task->priority = priority;
  return task;
}

std::string next(HeldTasks& held, const std::string& lane) {
  const auto task = held.pop(lane);
  return task ? task->public_id : "";
}

TEST(HeldTasks, EachLaneHasItsOwnPrioritiesAndTurns) {
  HeldTasks held;
  held.push("a/x", held_task("t1", "first"));
  held.push("a/x", held_task("t1", "second"));
  held.push("a/x", held_task("t2", "other tenant"));
  held.push("a/x", held_task("t1", "urgent", 9));
  held.push("b/y", held_task("t1", "elsewhere"));

  EXPECT_EQ(held.size(), 5U);
  EXPECT_EQ(held.size("a/x"), 4U);
  EXPECT_EQ(next(held, "a/x"), "urgent");
  EXPECT_EQ(next(held, "a/x"), "first");
  EXPECT_EQ(next(held, "a/x"), "other tenant");
  EXPECT_EQ(next(held, "a/x"), "second");
  EXPECT_EQ(next(held, "a/x"), "");
  EXPECT_FALSE(held.has("a/x")) << "an empty lane takes no room";
  EXPECT_EQ(held.lanes(), std::vector<std::string>{"b/y"});
}

TEST(HeldTasks, CountsPlacesWithinALane) {
  HeldTasks held;
  auto last = held_task("t", "2");
  held.push("a/x", held_task("t", "1"));
  held.push("a/x", last);

  EXPECT_EQ(held.position("a/x", *last), 2U);
  EXPECT_FALSE(held.position("b/y", *last));
}

TEST(HeldTasks, TakesOutWhatHasEnded) {
  HeldTasks held;
  held.push("a/x", held_task("t", "gone"));
  held.push("b/y", held_task("t", "gone"));
  held.push("b/y", held_task("t", "stays"));

  held.remove_if([](const LiveTask& task) { return task.public_id == "gone"; });

  EXPECT_EQ(held.size(), 1U);
  EXPECT_EQ(held.lanes(), std::vector<std::string>{"b/y"});
  EXPECT_EQ(next(held, "b/y"), "stays");
}

}  // namespace
}  // namespace taskgate::engine
