// What the contract says of the store's own life: recovery after a crash, generations, closing.

#include "conformance/store_contract.hpp"

#include <boost/asio/bind_executor.hpp>

namespace taskgate::store::contract {
namespace {

TEST_P(StoreContract, RecoveryReturnsLiveTasksOldestFirst) {
  std::vector<TaskRef> refs;
  for (int i = 0; i < 5; ++i) refs.push_back(accept(new_task(i % 2 ? "acme" : "bolt", at_ms(i))));
  ASSERT_TRUE(wait_for(store_->finish(finish_command(refs[1], std::nullopt, TaskStatus::cancelled)))
                  .has_value());
  reopen();

  const auto live = store_->recover(at_ms(9000));

  ASSERT_TRUE(live.has_value());
  ASSERT_EQ(live->size(), 4U);
  EXPECT_EQ((*live)[0].task.ref, refs[0]);
  EXPECT_EQ((*live)[1].task.ref, refs[2]);
  EXPECT_EQ((*live)[2].task.ref, refs[3]);
  EXPECT_EQ((*live)[3].task.ref, refs[4]);
  EXPECT_FALSE((*live)[0].interrupted);
}

TEST_P(StoreContract, RecoveryRequeuesWhatWasRunning) {
  const auto ref = accept_one();
  start(ref, 1);
  ASSERT_TRUE(wait_for(store_->requeue(requeue_command(ref, 1))).has_value());
  start(ref, 2);
  append(ref, R"("delta":"half")", 2);
  reopen();

  const auto live = store_->recover(at_ms(9000));

  ASSERT_TRUE(live.has_value());
  ASSERT_EQ(live->size(), 1U);
  const auto& entry = live->front();
  EXPECT_TRUE(entry.interrupted);
  EXPECT_EQ(entry.failures, 1);
  EXPECT_EQ(entry.task.status, TaskStatus::queued);
  EXPECT_EQ(entry.task.attempts, 2);
  EXPECT_EQ(entry.task.last_seq, 7U);
  const auto log = log_of(ref);
  ASSERT_EQ(log.size(), 7U);
  EXPECT_EQ(log[5].type, EventType::output_reset);
  EXPECT_EQ(log[5].data, R"("reason":"interrupted")");
  EXPECT_EQ(log[5].at, at_ms(9000));
  EXPECT_EQ(log[6].type, EventType::task_retrying);
  EXPECT_EQ(log[6].data, R"("reason":"interrupted","attempt":2)");
  EXPECT_EQ(task_of(ref).status, TaskStatus::queued);
  EXPECT_EQ(task_of(ref).last_seq, 7U);
}

TEST_P(StoreContract, DeadProcessesFenceMayWriteNothingAfterRecovery) {
  const auto ref = accept_one();
  start(ref, 3);
  reopen();
  ASSERT_TRUE(store_->recover(at_ms(9000)).has_value());

  EXPECT_EQ(code_of(wait_for(store_->append(append_command(ref, 3)))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(store_->start(start_command(ref, 3)))), Errc::conflict);
  start(ref, 4);
}

TEST_P(StoreContract, RecoveryTakesMoreTasksThanOneBatch) {
  boost::asio::io_context context(1);
  const auto executor = context.get_executor();
  constexpr int kTasks = 2500;
  for (int i = 0; i < kTasks; ++i) {
    auto task = new_task("acme", at_ms(i));
    const auto ref = task.task.ref;
    store_->async_accept(std::move(task),
                         boost::asio::bind_executor(executor, [](Result<AcceptOutcome>) {}));
    store_->async_start(start_command(ref, 1),
                        boost::asio::bind_executor(executor, [](Result<LogPosition>) {}));
  }
  context.run();
  reopen();

  const auto live = store_->recover(at_ms(9000));

  ASSERT_TRUE(live.has_value());
  ASSERT_EQ(live->size(), static_cast<std::size_t>(kTasks));
  for (const auto& entry : *live) {
    EXPECT_TRUE(entry.interrupted);
    EXPECT_EQ(entry.task.last_seq, 4U);
  }
  EXPECT_EQ(log_of(live->back().task.ref).size(), 4U);
}

TEST_P(StoreContract, GenerationGrowsWithEveryOpen) {
  const auto first = store_->generation();
  reopen();

  EXPECT_GE(first, 1);
  EXPECT_EQ(store_->generation(), first + 1);
}

TEST_P(StoreContract, CloseCommitsWhatWasAccepted) {
  boost::asio::io_context context(1);
  std::vector<TaskRef> refs;
  int accepted = 0;
  const auto count = [&](Result<AcceptOutcome> outcome) { accepted += outcome.has_value(); };
  for (int i = 0; i < 300; ++i) {
    auto task = new_task("acme", at_ms(i));
    refs.push_back(task.task.ref);
    store_->async_accept(std::move(task),
                         boost::asio::bind_executor(context.get_executor(), count));
  }

  store_->close();
  store_->close();
  context.run();

  EXPECT_EQ(accepted, 300);
  EXPECT_EQ(code_of(wait_for(store_->accept(new_task("acme", at_ms(0))))), Errc::storage);
  EXPECT_EQ(code_of(wait_for(store_->get(refs[0]))), Errc::storage);
  reopen();
  for (const auto& ref : refs) EXPECT_EQ(task_of(ref).status, TaskStatus::queued);
}

}  // namespace
}  // namespace taskgate::store::contract
