// What the contract says of accepting: durable rows, idempotency keys, ids of the client's own.

#include "conformance/store_contract.hpp"

#include <boost/asio/bind_executor.hpp>

#include <set>
#include <thread>

namespace taskgate::store::contract {
namespace {

TEST_P(StoreContract, AcceptedTaskIsStoredAsItIs) {
  auto task = new_task("acme", at_ms(5));
  task.task.priority = 7;
  task.task.not_before = at_ms(1000);
  task.task.deadline = at_ms(9000);
  task.task.metadata = R"({"customer":"42"})";
  task.task.tags = R"(["a","b"])";
  const auto expected = task.task;

  const auto outcome = wait_for(store_->accept(std::move(task)));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->kind, AcceptKind::created);
  EXPECT_EQ(outcome->task.last_seq, 1U);
  const auto stored = task_of(expected.ref);
  EXPECT_EQ(stored.status, TaskStatus::queued);
  EXPECT_EQ(stored.priority, 7);
  EXPECT_EQ(stored.model, "sim/echo");
  EXPECT_EQ(stored.created_at, at_ms(5));
  EXPECT_EQ(stored.not_before, at_ms(1000));
  EXPECT_EQ(stored.deadline, at_ms(9000));
  EXPECT_EQ(stored.metadata, R"({"customer":"42"})");
  EXPECT_EQ(stored.tags, R"(["a","b"])");
  EXPECT_EQ(stored.last_seq, 1U);
  EXPECT_EQ(stored.attempts, 0);
  EXPECT_FALSE(stored.client_id || stored.started_at || stored.finished_at || stored.expires_at);
}

TEST_P(StoreContract, AcceptLogsTheFirstEventAndKeepsTheBody) {
  auto task = new_task("acme", at_ms(0));
  using namespace std::string_literals;
  task.request_body = "{\"input\":\"\0 and \xF0\x9F\x98\x80\"}"s;
  const auto body = task.request_body;
  const auto ref = accept(std::move(task));

  const auto log = log_of(ref);
  const auto stored_body = wait_for(store_->request_body(ref));

  ASSERT_EQ(log.size(), 1U);
  EXPECT_EQ(log[0].seq, 1U);
  EXPECT_EQ(log[0].type, EventType::task_queued);
  EXPECT_EQ(log[0].data, R"("status":"queued")");
  ASSERT_TRUE(stored_body.has_value());
  EXPECT_EQ(*stored_body, body);
}

TEST_P(StoreContract, AcceptedTaskSurvivesAReopen) {
  const auto ref = accept_one();

  reopen();

  EXPECT_EQ(task_of(ref).status, TaskStatus::queued);
  EXPECT_EQ(log_of(ref).size(), 1U);
}

TEST_P(StoreContract, AskingForAKnownTaskWritesNothing) {
  auto first = new_task("acme", at_ms(0));
  first.idempotency = claim_of("key", 1, at_ms(1000));
  const auto ref = accept(std::move(first));
  auto repeat = new_task("acme", at_ms(1));
  repeat.idempotency = claim_of("key", 1, at_ms(1001));
  repeat.known_only = true;
  auto unknown = new_task("acme", at_ms(2));
  const auto unknown_ref = unknown.task.ref;
  unknown.idempotency = claim_of("other", 1, at_ms(1002));
  unknown.known_only = true;
  auto later = new_task("acme", at_ms(3));
  later.idempotency = claim_of("other", 1, at_ms(1003));

  const auto replayed = wait_for(store_->accept(std::move(repeat)));
  const auto refused = wait_for(store_->accept(std::move(unknown)));
  const auto created = wait_for(store_->accept(std::move(later)));

  ASSERT_TRUE(replayed.has_value());
  EXPECT_EQ(replayed->kind, AcceptKind::key_replayed);
  EXPECT_EQ(replayed->task.ref, ref);
  EXPECT_EQ(code_of(refused), Errc::not_found);
  EXPECT_EQ(code_of(wait_for(store_->get(unknown_ref))), Errc::not_found);
  ASSERT_TRUE(created.has_value());
  EXPECT_EQ(created->kind, AcceptKind::created) << "the refused one must not have taken the key";
}

TEST_P(StoreContract, SameKeyAndFingerprintReplaysTheFirstTask) {
  auto first = new_task("acme", at_ms(0));
  first.idempotency = claim_of("key", 1, at_ms(1000));
  const auto ref = accept(std::move(first));
  auto second = new_task("acme", at_ms(1));
  second.idempotency = claim_of("key", 1, at_ms(1001));
  const auto second_ref = second.task.ref;

  const auto outcome = wait_for(store_->accept(std::move(second)));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->kind, AcceptKind::key_replayed);
  EXPECT_EQ(outcome->task.ref, ref);
  EXPECT_EQ(code_of(wait_for(store_->get(second_ref))), Errc::not_found);
}

TEST_P(StoreContract, SameKeyWithAnotherFingerprintIsAMismatch) {
  auto first = new_task("acme", at_ms(0));
  first.idempotency = claim_of("key", 1, at_ms(1000));
  const auto ref = accept(std::move(first));
  auto second = new_task("acme", at_ms(1));
  second.idempotency = claim_of("key", 2, at_ms(1001));

  const auto outcome = wait_for(store_->accept(std::move(second)));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->kind, AcceptKind::key_mismatch);
  EXPECT_EQ(outcome->task.ref, ref);
}

TEST_P(StoreContract, KeyIsKnownAfterAReopen) {
  auto first = new_task("acme", at_ms(0));
  first.idempotency = claim_of("key", 1, at_ms(1000));
  const auto ref = accept(std::move(first));
  reopen();
  auto second = new_task("acme", at_ms(1));
  second.idempotency = claim_of("key", 1, at_ms(1001));

  const auto outcome = wait_for(store_->accept(std::move(second)));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->kind, AcceptKind::key_replayed);
  EXPECT_EQ(outcome->task.ref, ref);
}

TEST_P(StoreContract, ExpiredKeyCountsAsAbsentAndIsClaimedAnew) {
  auto first = new_task("acme", at_ms(0));
  first.idempotency = claim_of("key", 1, at_ms(1000));
  accept(std::move(first));
  auto second = new_task("acme", at_ms(1000));
  second.idempotency = claim_of("key", 2, at_ms(5000));
  const auto second_ref = accept(std::move(second));
  auto third = new_task("acme", at_ms(2000));
  third.idempotency = claim_of("key", 2, at_ms(6000));

  const auto outcome = wait_for(store_->accept(std::move(third)));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->kind, AcceptKind::key_replayed);
  EXPECT_EQ(outcome->task.ref, second_ref);
}

TEST_P(StoreContract, KeysOfTenantsAndRoutesAreApart) {
  auto first = new_task("acme", at_ms(0));
  first.idempotency = claim_of("key", 1, at_ms(1000));
  accept(std::move(first));
  auto other_tenant = new_task("bolt", at_ms(1));
  other_tenant.idempotency = claim_of("key", 2, at_ms(1000));
  auto other_route = new_task("acme", at_ms(2));
  other_route.idempotency = claim_of("key", 3, at_ms(1000));
  other_route.idempotency->route = "POST /v1/responses";

  accept(std::move(other_tenant));
  accept(std::move(other_route));
}

TEST_P(StoreContract, ReplayShowsTheTaskAsItIsNow) {
  auto first = new_task("acme", at_ms(0));
  first.idempotency = claim_of("key", 1, at_ms(100'000));
  const auto ref = accept(std::move(first));
  start(ref);
  finish(ref);
  auto again = new_task("acme", at_ms(2000));
  again.idempotency = claim_of("key", 1, at_ms(100'000));

  const auto outcome = wait_for(store_->accept(std::move(again)));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->task.status, TaskStatus::success);
}

TEST_P(StoreContract, ClientsIdIsFoundAndTakenOnce) {
  auto first = new_task("acme", at_ms(0));
  first.task.client_id = "invoice-7";
  const auto ref = accept(std::move(first));
  auto second = new_task("acme", at_ms(1));
  second.task.client_id = "invoice-7";
  second.idempotency = claim_of("unused", 1, at_ms(1000));

  const auto outcome = wait_for(store_->accept(std::move(second)));
  const auto found = wait_for(store_->find_client_id("acme", "invoice-7"));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->kind, AcceptKind::id_taken);
  EXPECT_EQ(outcome->task.ref, ref);
  EXPECT_EQ(outcome->task.client_id, "invoice-7");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(*found, ref.id);
}

TEST_P(StoreContract, RefusedAcceptLeavesNoKeyBehind) {
  auto first = new_task("acme", at_ms(0));
  first.task.client_id = "invoice-7";
  accept(std::move(first));
  auto refused = new_task("acme", at_ms(1));
  refused.task.client_id = "invoice-7";
  refused.idempotency = claim_of("key", 1, at_ms(1000));
  ASSERT_TRUE(wait_for(store_->accept(std::move(refused))).has_value());
  auto other = new_task("acme", at_ms(2));
  other.idempotency = claim_of("key", 2, at_ms(1000));

  const auto outcome = wait_for(store_->accept(std::move(other)));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->kind, AcceptKind::created);
}

TEST_P(StoreContract, ClientsIdsOfTenantsAreApart) {
  auto first = new_task("acme", at_ms(0));
  first.task.client_id = "invoice-7";
  accept(std::move(first));

  EXPECT_EQ(code_of(wait_for(store_->find_client_id("bolt", "invoice-7"))), Errc::not_found);
  auto second = new_task("bolt", at_ms(1));
  second.task.client_id = "invoice-7";
  accept(std::move(second));
}

TEST_P(StoreContract, SameTaskIdTwiceIsTaken) {
  const auto task = new_task("acme", at_ms(0));
  const auto ref = accept(task);

  const auto outcome = wait_for(store_->accept(task));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->kind, AcceptKind::id_taken);
  EXPECT_EQ(outcome->task.ref, ref);
  EXPECT_EQ(log_of(ref).size(), 1U);
}

TEST_P(StoreContract, InconsistentTaskFailsAloneInItsBatch) {
  boost::asio::io_context context(1);
  std::vector<Result<AcceptOutcome>> outcomes;
  const auto keep = [&](Result<AcceptOutcome> outcome) { outcomes.push_back(std::move(outcome)); };
  for (int i = 0; i < 20; ++i) {
    auto task = new_task("acme", at_ms(i));
    task.idempotency = claim_of("key" + std::to_string(i), 1, at_ms(1000));
    if (i == 10) task.task.priority = 99;  // outside 0..9: the caller's bug
    store_->async_accept(std::move(task), boost::asio::bind_executor(context.get_executor(), keep));
  }
  context.run();

  ASSERT_EQ(outcomes.size(), 20U);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (i == 10)
      EXPECT_EQ(code_of(outcomes[i]), Errc::internal);
    else
      EXPECT_TRUE(outcomes[i].has_value()) << i;
  }
  EXPECT_TRUE(store_->health().writable);
}

TEST_P(StoreContract, ManyThreadsWithOneKeyMakeOneTask) {
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  std::mutex mutex;
  int created = 0;
  int replayed = 0;
  std::set<TaskId> ids;
  const auto submit = [&] {
    boost::asio::io_context context(1);
    const auto count = [&](Result<AcceptOutcome> outcome) {
      const std::lock_guard lock(mutex);
      if (!outcome) return;
      created += outcome->kind == AcceptKind::created;
      replayed += outcome->kind == AcceptKind::key_replayed;
      ids.insert(outcome->task.ref.id);
    };
    for (int i = 0; i < kEach; ++i) {
      auto task = new_task("acme", at_ms(0));
      task.idempotency = claim_of("the-one", 1, at_ms(1000));
      store_->async_accept(std::move(task),
                           boost::asio::bind_executor(context.get_executor(), count));
    }
    context.run();
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(submit);
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(created, 1);
  EXPECT_EQ(replayed, kThreads * kEach - 1);
  EXPECT_EQ(ids.size(), 1U);
}

TEST_P(StoreContract, SweepDeletesExpiredKeysUpToItsLimit) {
  for (int i = 0; i < 6; ++i) {
    auto task = new_task("acme", at_ms(0));
    task.idempotency = claim_of("key" + std::to_string(i), 1, at_ms(i < 4 ? 1000 : 900'000));
    accept(std::move(task));
  }

  const auto first = wait_for(store_->sweep_idempotency(at_ms(120'000), 3));
  const auto second = wait_for(store_->sweep_idempotency(at_ms(120'000), 3));
  const auto third = wait_for(store_->sweep_idempotency(at_ms(120'000), 3));

  EXPECT_EQ(first.value(), 3);
  EXPECT_EQ(second.value(), 1);
  EXPECT_EQ(third.value(), 0);
  auto kept = new_task("acme", at_ms(120'000));
  kept.idempotency = claim_of("key5", 1, at_ms(900'000));
  EXPECT_EQ(wait_for(store_->accept(std::move(kept)))->kind, AcceptKind::key_replayed);
}

}  // namespace
}  // namespace taskgate::store::contract
