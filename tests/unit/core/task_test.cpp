#include "taskgate/core/task.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace taskgate {
namespace {

constexpr std::array kAllStatuses{
    TaskStatus::queued,          TaskStatus::running, TaskStatus::waiting,   TaskStatus::success,
    TaskStatus::partial_success, TaskStatus::failed,  TaskStatus::cancelled, TaskStatus::expired};

TEST(TaskStatus, NamesComeBackAsTheSameStatus) {
  std::set<std::string> names;
  for (const auto status : kAllStatuses) {
    EXPECT_EQ(parse_task_status(to_string(status)), status);
    names.insert(to_string(status));
  }
  EXPECT_EQ(names.size(), kAllStatuses.size());
  EXPECT_EQ(parse_task_status("done"), std::nullopt);
  EXPECT_EQ(parse_task_status("Queued"), std::nullopt);
}

// The whole table of the API contract, spelt out.
TEST(TaskStatus, OnlyTheContractsTransitionsAreAllowed) {
  const std::set<std::pair<TaskStatus, TaskStatus>> among_live{
      {TaskStatus::queued, TaskStatus::running},
      {TaskStatus::running, TaskStatus::waiting},
      {TaskStatus::running, TaskStatus::queued},
      {TaskStatus::waiting, TaskStatus::queued}};
  for (const auto from : kAllStatuses) {
    for (const auto to : kAllStatuses) {
      const bool expected = !is_final(from) && (is_final(to) || among_live.contains({from, to}));
      EXPECT_EQ(may_transition(from, to), expected) << to_string(from) << " → " << to_string(to);
    }
  }
}

TEST(Task, TheClientsOwnIdIsTheOneItSees) {
  Task task;
  task.ref.id = make_task_id(SystemClock().now());
  EXPECT_EQ(task.public_id(), to_string(task.ref.id));
  task.client_id = "invoice-7";
  EXPECT_EQ(task.public_id(), "invoice-7");
}

TEST(TaskRef, TenantIsPartOfTheKey) {
  const TaskId id = make_task_id(SystemClock().now());
  EXPECT_FALSE((TaskRef{"a", id}) == (TaskRef{"b", id}));
  EXPECT_NE(TaskRefHash{}(TaskRef{"a", id}), TaskRefHash{}(TaskRef{"b", id}));
}

}  // namespace
}  // namespace taskgate
