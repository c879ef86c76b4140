// What the contract says of attempts: fences, the numbering of events, the end of a task.

#include "conformance/store_contract.hpp"

#include <boost/asio/bind_executor.hpp>

namespace taskgate::store::contract {
namespace {

std::vector<std::uint64_t> numbers_of(const std::vector<Event>& log) {
  std::vector<std::uint64_t> numbers;
  for (const auto& event : log) numbers.push_back(event.seq);
  return numbers;
}

TEST_P(StoreContract, StartMakesAQueuedTaskRun) {
  const auto ref = accept_one();

  const auto outcome = wait_for(store_->start(start_command(ref, 1)));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->last_seq, 2U);
  const auto task = task_of(ref);
  EXPECT_EQ(task.status, TaskStatus::running);
  EXPECT_EQ(task.attempts, 1);
  EXPECT_EQ(task.started_at, at_ms(100));
}

TEST_P(StoreContract, StartOfAnythingButAQueuedTaskIsRefused) {
  const auto running = accept_one();
  start(running);
  const auto finished = finished_task();
  TaskRef unknown{"acme", make_task_id(at_ms(0))};

  EXPECT_EQ(code_of(wait_for(store_->start(start_command(running, 2)))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(store_->start(start_command(finished, 2)))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(store_->start(start_command(unknown, 2)))), Errc::not_found);
}

TEST_P(StoreContract, FenceOfAStartMustGrow) {
  const auto ref = accept_one();
  start(ref, 5);
  ASSERT_TRUE(wait_for(store_->requeue(requeue_command(ref, 5))).has_value());

  EXPECT_EQ(code_of(wait_for(store_->start(start_command(ref, 5)))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(store_->start(start_command(ref, 4)))), Errc::conflict);
  EXPECT_TRUE(wait_for(store_->start(start_command(ref, 6))).has_value());
}

TEST_P(StoreContract, StaleFenceMayWriteNothing) {
  const auto ref = accept_one();
  start(ref, 1);
  ASSERT_TRUE(wait_for(store_->requeue(requeue_command(ref, 1))).has_value());
  start(ref, 2);

  EXPECT_EQ(code_of(wait_for(store_->append(append_command(ref, 1)))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(store_->requeue(requeue_command(ref, 1)))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(store_->finish(finish_command(ref, 1, TaskStatus::success)))),
            Errc::conflict);
  EXPECT_EQ(log_of(ref).size(), 4U);
  EXPECT_EQ(task_of(ref).status, TaskStatus::running);
}

TEST_P(StoreContract, ForeignTenantMayWriteNothing) {
  const auto ref = accept_one("acme");
  start(ref);
  const TaskRef foreign{"bolt", ref.id};

  EXPECT_EQ(code_of(wait_for(store_->append(append_command(foreign, 1)))), Errc::not_found);
  EXPECT_EQ(code_of(wait_for(store_->requeue(requeue_command(foreign, 1)))), Errc::not_found);
  EXPECT_EQ(code_of(wait_for(store_->finish(finish_command(foreign, 1, TaskStatus::success)))),
            Errc::not_found);
  EXPECT_EQ(code_of(wait_for(store_->request_cancel(foreign))), Errc::not_found);
  EXPECT_EQ(code_of(wait_for(store_->purge(foreign))), Errc::not_found);
  EXPECT_EQ(log_of(ref).size(), 2U);
}

TEST_P(StoreContract, EventsAreNumberedWithoutGaps) {
  const auto ref = accept_one();
  start(ref);
  auto several = append_command(ref, 1);
  several.events.push_back(draft(EventType::output_delta, at_ms(201), R"("delta":"y")"));
  several.events.push_back(draft(EventType::step_finished, at_ms(202)));

  const auto outcome = wait_for(store_->append(std::move(several)));
  finish(ref);

  EXPECT_EQ(outcome->last_seq, 5U);
  const auto log = log_of(ref);
  EXPECT_EQ(numbers_of(log), (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(log[3].data, R"("delta":"y")");
  EXPECT_EQ(log[4].data, "");
  EXPECT_EQ(log[4].at, at_ms(202));
  EXPECT_EQ(task_of(ref).last_seq, 6U);
}

TEST_P(StoreContract, ProgressNeverGoesBack) {
  const auto ref = accept_one();
  start(ref);
  for (const double progress : {0.25, 0.75, 0.5}) {
    auto command = append_command(ref, 1);
    command.events.clear();
    command.progress = progress;
    const auto outcome = wait_for(store_->append(std::move(command)));
    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->last_seq, 2U);
  }

  EXPECT_EQ(task_of(ref).progress, 0.75);
}

TEST_P(StoreContract, RequeueMakesATaskQueuedAgain) {
  const auto ref = accept_one();
  start(ref, 1);

  const auto outcome = wait_for(store_->requeue(requeue_command(ref, 1)));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->last_seq, 3U);
  const auto task = task_of(ref);
  EXPECT_EQ(task.status, TaskStatus::queued);
  EXPECT_EQ(task.not_before, at_ms(5000));
  EXPECT_EQ(task.attempts, 1);
  EXPECT_EQ(task.started_at, at_ms(100));
}

TEST_P(StoreContract, SecondAttemptKeepsTheFirstStart) {
  const auto ref = accept_one();
  start(ref, 1);
  ASSERT_TRUE(wait_for(store_->requeue(requeue_command(ref, 1))).has_value());
  auto again = start_command(ref, 2);
  again.at = at_ms(7000);

  ASSERT_TRUE(wait_for(store_->start(std::move(again))).has_value());

  EXPECT_EQ(task_of(ref).attempts, 2);
  EXPECT_EQ(task_of(ref).started_at, at_ms(100));
}

Finish start_and_finish_command(const TaskRef& ref, std::optional<Fence> fence) {
  Finish command;
  command.ref = ref;
  command.fence = fence;
  command.status = TaskStatus::success;
  command.started_at = at_ms(150);
  command.at = at_ms(200);
  command.expires_at = at_ms(90'000);
  command.events.push_back(draft(EventType::task_running, at_ms(150), R"("attempt":1)"));
  command.events.push_back(draft(EventType::output_delta, at_ms(200), R"("delta":"x")"));
  command.events.push_back(draft(EventType::task_success, at_ms(200), R"("task":{})"));
  return command;
}

TEST_P(StoreContract, StartMayRideAlongInTheFinish) {
  const auto ref = accept_one();

  const auto outcome = wait_for(store_->finish(start_and_finish_command(ref, 3)));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->last_seq, 4U);
  EXPECT_EQ(numbers_of(log_of(ref)), (std::vector<std::uint64_t>{1, 2, 3, 4}));
  const auto task = task_of(ref);
  EXPECT_EQ(task.status, TaskStatus::success);
  EXPECT_EQ(task.attempts, 1);
  EXPECT_EQ(task.started_at, at_ms(150));
  EXPECT_EQ(task.finished_at, at_ms(200));
  EXPECT_EQ(listener_.events_of(ref).size(), 4U);
}

TEST_P(StoreContract, StartThatRidesAlongIsRefusedWhereAStartWouldBe) {
  const auto requeued = accept_one();
  start(requeued, 5);
  ASSERT_TRUE(wait_for(store_->requeue(requeue_command(requeued, 5))).has_value());
  const auto running = accept_one();
  start(running, 1);
  const auto finished = finished_task();

  for (const auto& [ref, fence] : std::vector<std::pair<TaskRef, std::optional<Fence>>>{
           {requeued, 5}, {requeued, std::nullopt}, {running, 1}, {running, 2}, {finished, 9}}) {
    const auto before = log_of(ref).size();
    EXPECT_EQ(code_of(wait_for(store_->finish(start_and_finish_command(ref, fence)))),
              Errc::conflict);
    EXPECT_EQ(log_of(ref).size(), before);
  }
  EXPECT_TRUE(wait_for(store_->finish(start_and_finish_command(requeued, 6))).has_value());
  EXPECT_EQ(task_of(requeued).attempts, 2);
  EXPECT_EQ(task_of(requeued).started_at, at_ms(100)) << "the first attempt's";
}

TEST_P(StoreContract, FinishEndsATaskAndKeepsItsFinalObject) {
  const auto ref = accept_one();
  start(ref);

  const auto outcome = wait_for(store_->finish(finish_command(ref, 1, TaskStatus::success)));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->last_seq, 3U);
  const auto record = wait_for(store_->get(ref));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->task.status, TaskStatus::success);
  EXPECT_EQ(record->task.finished_at, at_ms(1000));
  EXPECT_EQ(record->task.expires_at, at_ms(60'000));
  EXPECT_EQ(record->task.progress, 1.0);
  EXPECT_EQ(record->final_data, R"("task":{"last_seq":3})");
  EXPECT_EQ(log_of(ref).back().data, R"("task":{"last_seq":3})");
}

TEST_P(StoreContract, FinishedTaskNeverChangesAgain) {
  const auto ref = finished_task();
  const auto before = log_of(ref);

  EXPECT_EQ(code_of(wait_for(store_->finish(finish_command(ref, 1, TaskStatus::failed)))),
            Errc::conflict);
  EXPECT_EQ(
      code_of(wait_for(store_->finish(finish_command(ref, std::nullopt, TaskStatus::failed)))),
      Errc::conflict);
  EXPECT_EQ(code_of(wait_for(store_->append(append_command(ref, 1)))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(store_->requeue(requeue_command(ref, 1)))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(store_->start(start_command(ref, 9)))), Errc::conflict);

  EXPECT_EQ(task_of(ref).status, TaskStatus::success);
  EXPECT_EQ(log_of(ref).size(), before.size());
}

TEST_P(StoreContract, QueuedTaskEndsWithoutAFenceOnly) {
  const auto ref = accept_one();

  EXPECT_EQ(code_of(wait_for(store_->finish(finish_command(ref, 0, TaskStatus::cancelled)))),
            Errc::conflict);
  EXPECT_TRUE(wait_for(store_->finish(finish_command(ref, std::nullopt, TaskStatus::cancelled)))
                  .has_value());
  EXPECT_EQ(task_of(ref).status, TaskStatus::cancelled);
}

TEST_P(StoreContract, RunningTaskEndsUnderItsFenceOnly) {
  const auto ref = accept_one();
  start(ref);

  EXPECT_EQ(
      code_of(wait_for(store_->finish(finish_command(ref, std::nullopt, TaskStatus::expired)))),
      Errc::conflict);
  EXPECT_EQ(task_of(ref).status, TaskStatus::running);
}

TEST_P(StoreContract, FinishWithoutItsFinalEventIsRefused) {
  const auto ref = accept_one();
  start(ref);
  auto none = finish_command(ref, 1, TaskStatus::success);
  none.events.clear();
  auto other = finish_command(ref, 1, TaskStatus::success);
  other.status = TaskStatus::failed;

  EXPECT_EQ(code_of(wait_for(store_->finish(std::move(none)))), Errc::internal);
  EXPECT_EQ(code_of(wait_for(store_->finish(std::move(other)))), Errc::internal);
  EXPECT_EQ(task_of(ref).status, TaskStatus::running);
}

TEST_P(StoreContract, CancelRequestIsKeptWhileLive) {
  const auto ref = accept_one();
  start(ref);

  const auto outcome = wait_for(store_->request_cancel(ref));
  const auto again = wait_for(store_->request_cancel(ref));

  ASSERT_TRUE(outcome.has_value() && again.has_value());
  EXPECT_TRUE(outcome->task.cancel_requested);
  EXPECT_EQ(outcome->task.status, TaskStatus::running);
  EXPECT_TRUE(task_of(ref).cancel_requested);
}

TEST_P(StoreContract, CancelRequestLeavesAFinishedTaskAlone) {
  const auto ref = finished_task();

  const auto outcome = wait_for(store_->request_cancel(ref));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->task.status, TaskStatus::success);
  EXPECT_FALSE(outcome->task.cancel_requested);
  EXPECT_FALSE(task_of(ref).cancel_requested);
}

TEST_P(StoreContract, PipelinedCommandsTakeEffectInOrder) {
  boost::asio::io_context context(1);
  const auto executor = context.get_executor();
  std::vector<std::uint64_t> positions;
  const auto note = [&](Result<LogPosition> outcome) {
    positions.push_back(outcome.has_value() ? outcome->last_seq : 0);
  };
  auto task = new_task("acme", at_ms(0));
  const auto ref = task.task.ref;
  store_->async_accept(std::move(task),
                       boost::asio::bind_executor(executor, [](Result<AcceptOutcome>) {}));
  store_->async_start(start_command(ref, 1), boost::asio::bind_executor(executor, note));
  for (int i = 0; i < 200; ++i)
    store_->async_append(append_command(ref, 1), boost::asio::bind_executor(executor, note));
  store_->async_finish(finish_command(ref, 1, TaskStatus::success),
                       boost::asio::bind_executor(executor, note));
  context.run();

  ASSERT_EQ(positions.size(), 202U);
  for (std::size_t i = 0; i < positions.size(); ++i) EXPECT_EQ(positions[i], i + 2);
  EXPECT_EQ(task_of(ref).status, TaskStatus::success);
}

TEST_P(StoreContract, ObserverSeesEventsBeforeTheirCompletion) {
  boost::asio::io_context context(1);
  auto task = new_task("acme", at_ms(0));
  const auto ref = task.task.ref;
  std::size_t seen_at_completion = 0;
  const auto look = [&](Result<AcceptOutcome>) {
    seen_at_completion = listener_.events_of(ref).size();
  };

  store_->async_accept(std::move(task), boost::asio::bind_executor(context.get_executor(), look));
  context.run();

  EXPECT_EQ(seen_at_completion, 1U);
}

TEST_P(StoreContract, ObserverSeesTheWholeLog) {
  const auto ref = accept_one();
  start(ref);
  append(ref, R"("delta":"a")");
  finish(ref);

  const auto seen = listener_.events_of(ref);
  const auto stored = log_of(ref);

  ASSERT_EQ(seen.size(), stored.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].seq, stored[i].seq);
    EXPECT_EQ(seen[i].type, stored[i].type);
    EXPECT_EQ(seen[i].at, stored[i].at);
    EXPECT_EQ(seen[i].data, stored[i].data);
  }
}

TEST_P(StoreContract, RefusedWriteTellsTheObserverNothing) {
  const auto ref = accept_one();
  ASSERT_FALSE(wait_for(store_->append(append_command(ref, 1))).has_value());

  EXPECT_EQ(listener_.events_of(ref).size(), 1U);
}

}  // namespace
}  // namespace taskgate::store::contract
