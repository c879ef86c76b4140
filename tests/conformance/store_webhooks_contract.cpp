// What the contract says of the webhook outbox.

#include "conformance/store_contract.hpp"

namespace taskgate::store::contract {
namespace {

NewTask hooked_task(const std::string& tenant, std::uint32_t mask, TimePoint created_at) {
  auto task = new_task(tenant, created_at);
  WebhookTarget target;
  target.url = "https://example.org/hook";
  target.event_mask = mask;
  task.webhook = target;
  return task;
}

DeliveryAttempt attempt_of(std::int64_t id, DeliveryState state, TimePoint next) {
  DeliveryAttempt attempt;
  attempt.delivery_id = id;
  attempt.at = at_ms(2000);
  attempt.duration_ms = 12;
  attempt.http_status = 503;
  attempt.error = "busy";
  attempt.state = state;
  attempt.next_attempt_at = next;
  return attempt;
}

std::vector<Delivery> due(Store& store, TimePoint now, std::vector<std::int64_t> in_flight = {}) {
  return wait_for(store.due_deliveries(now, 100, std::move(in_flight))).value();
}

DeliveryPage listed(Store& store, const std::string& tenant, const std::optional<TaskId>& task) {
  DeliveryFilter filter;
  filter.tenant = tenant;
  filter.task = task;
  return wait_for(store.list_deliveries(std::move(filter))).value();
}

TEST_P(StoreContract, AnnouncedEventsFillTheOutbox) {
  const auto mask = bit(EventType::task_queued) | bit(EventType::task_success);
  const auto ref = accept(hooked_task("acme", mask, at_ms(0)));
  start(ref);
  finish(ref);

  const auto deliveries = due(*store_, at_ms(5000));

  ASSERT_EQ(deliveries.size(), 2U);
  EXPECT_EQ(deliveries[0].type, EventType::task_queued);
  EXPECT_EQ(deliveries[0].seq, 1U);
  EXPECT_EQ(deliveries[0].ref, ref);
  EXPECT_EQ(deliveries[0].public_task_id, to_string(ref.id));
  EXPECT_EQ(deliveries[0].url, "https://example.org/hook");
  EXPECT_EQ(deliveries[0].state, DeliveryState::pending);
  EXPECT_EQ(deliveries[1].type, EventType::task_success);
  EXPECT_EQ(deliveries[1].seq, 3U);
  EXPECT_EQ(deliveries[1].next_attempt_at, at_ms(1000));
  EXPECT_EQ(listener_.delivery_calls(), 2);
}

TEST_P(StoreContract, TaskWithoutAWebhookLeavesTheOutboxEmpty) {
  finished_task();

  EXPECT_TRUE(due(*store_, at_ms(5000)).empty());
  EXPECT_EQ(listener_.delivery_calls(), 0);
  EXPECT_FALSE(wait_for(store_->next_delivery_at({})).value().has_value());
}

TEST_P(StoreContract, RefusedFinishAnnouncesNothing) {
  const auto ref = accept(hooked_task("acme", bit(EventType::task_success), at_ms(0)));
  start(ref, 1);

  ASSERT_FALSE(wait_for(store_->finish(finish_command(ref, 7, TaskStatus::success))).has_value());

  EXPECT_TRUE(due(*store_, at_ms(5000)).empty());
}

TEST_P(StoreContract, InterruptionIsAnnouncedWhenAskedFor) {
  const auto ref = accept(hooked_task("acme", bit(EventType::task_retrying), at_ms(0)));
  start(ref);
  reopen();
  ASSERT_TRUE(store_->recover(at_ms(3000)).has_value());

  const auto deliveries = due(*store_, at_ms(5000));

  ASSERT_EQ(deliveries.size(), 1U);
  EXPECT_EQ(deliveries[0].seq, 4U);
}

TEST_P(StoreContract, DeliveryNamesTheClientsId) {
  auto task = hooked_task("acme", bit(EventType::task_queued), at_ms(0));
  task.task.client_id = "invoice-7";
  accept(std::move(task));

  EXPECT_EQ(due(*store_, at_ms(5000)).front().public_task_id, "invoice-7");
}

TEST_P(StoreContract, DueDeliveriesComeInOrderWithoutThoseInFlight) {
  for (int i = 0; i < 4; ++i)
    accept(hooked_task("acme", bit(EventType::task_queued), at_ms((4 - i) * 100)));

  const auto all = due(*store_, at_ms(300));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].next_attempt_at, at_ms(100));
  EXPECT_EQ(all[2].next_attempt_at, at_ms(300));

  const auto rest = due(*store_, at_ms(300), {all[0].id});
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0].id, all[1].id);
  EXPECT_EQ(wait_for(store_->next_delivery_at({})).value(), at_ms(100));
  EXPECT_EQ(wait_for(store_->next_delivery_at({all[0].id, all[1].id})).value(), at_ms(300));
  EXPECT_EQ(wait_for(store_->due_deliveries(at_ms(300), 2, {})).value().size(), 2U);
}

TEST_P(StoreContract, AttemptsAreRecordedAndMoveTheDelivery) {
  accept(hooked_task("acme", bit(EventType::task_queued), at_ms(0)));
  const auto id = due(*store_, at_ms(0)).front().id;

  ASSERT_TRUE(wait_for(store_->record_attempt(attempt_of(id, DeliveryState::pending, at_ms(7000))))
                  .has_value());
  EXPECT_TRUE(due(*store_, at_ms(6999)).empty());
  auto success = attempt_of(id, DeliveryState::delivered, at_ms(0));
  success.at = at_ms(7000);
  success.http_status = 204;
  success.error.clear();
  ASSERT_TRUE(wait_for(store_->record_attempt(success)).has_value());

  EXPECT_TRUE(due(*store_, at_ms(99'999)).empty());
  const auto delivery = listed(*store_, "acme", std::nullopt).deliveries.front();
  EXPECT_EQ(delivery.state, DeliveryState::delivered);
  EXPECT_EQ(delivery.attempts, 2);
  EXPECT_EQ(delivery.last_http_status, 204);
  EXPECT_EQ(delivery.last_error, "");
  const auto attempts = wait_for(store_->delivery_attempts("acme", id)).value();
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].http_status, 503);
  EXPECT_EQ(attempts[0].error, "busy");
  EXPECT_EQ(attempts[0].duration_ms, 12);
  EXPECT_EQ(attempts[0].next_attempt_at, at_ms(7000));
  EXPECT_EQ(attempts[1].at, at_ms(7000));
  EXPECT_EQ(attempts[1].state, DeliveryState::delivered);
}

TEST_P(StoreContract, DeliveriesComeForwardButForThoseInFlight) {
  for (int i = 1; i <= 4; ++i)
    accept(hooked_task("acme", bit(EventType::task_queued), at_ms(i * 100'000)));
  const auto all = due(*store_, at_ms(400'000));
  ASSERT_EQ(all.size(), 4U);

  ASSERT_TRUE(wait_for(store_->bring_deliveries_forward(
                           at_ms(150'000), std::chrono::milliseconds(120'000), {all[3].id}))
                  .has_value());

  const auto after = due(*store_, at_ms(400'000));
  ASSERT_EQ(after.size(), 4U);
  EXPECT_EQ(after[0].next_attempt_at, at_ms(100'000));
  EXPECT_EQ(after[1].next_attempt_at, at_ms(150'000)) << "not before now";
  EXPECT_EQ(after[2].next_attempt_at, at_ms(180'000));
  EXPECT_EQ(after[3].next_attempt_at, at_ms(400'000));
  EXPECT_EQ(after[3].id, all[3].id);
}

TEST_P(StoreContract, RedeliveryAskedForDuringAnAttemptOutlivesIt) {
  for (const auto outcome :
       {DeliveryState::delivered, DeliveryState::pending, DeliveryState::exhausted}) {
    SCOPED_TRACE(static_cast<int>(outcome));
    accept(hooked_task("acme", bit(EventType::task_queued), at_ms(0)));
    const auto begun = due(*store_, at_ms(0)).front();
    // At the very millisecond at which the attempt was due: still another request.
    ASSERT_TRUE(wait_for(store_->redeliver("acme", begun.id, begun.next_attempt_at)).has_value());
    const int told = listener_.delivery_calls();
    auto attempt = attempt_of(begun.id, outcome, at_ms(70'000));
    attempt.due_at = begun.next_attempt_at;

    ASSERT_TRUE(wait_for(store_->record_attempt(attempt)).has_value());

    const auto again = due(*store_, at_ms(1));
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again.front().id, begun.id);
    EXPECT_EQ(again.front().attempts, 1);
    EXPECT_EQ(listener_.delivery_calls(), told + 1) << "nobody was told to look again";
    attempt = attempt_of(begun.id, DeliveryState::delivered, at_ms(0));
    attempt.due_at = again.front().next_attempt_at;
    ASSERT_TRUE(wait_for(store_->record_attempt(attempt)).has_value());
    EXPECT_TRUE(due(*store_, at_ms(99'999)).empty());
  }
}

TEST_P(StoreContract, UnknownAndForeignDeliveriesAreNotFound) {
  accept(hooked_task("acme", bit(EventType::task_queued), at_ms(0)));
  const auto id = due(*store_, at_ms(0)).front().id;

  EXPECT_EQ(code_of(wait_for(store_->delivery_attempts("bolt", id))), Errc::not_found);
  EXPECT_EQ(code_of(wait_for(store_->redeliver("bolt", id, at_ms(1)))), Errc::not_found);
  EXPECT_EQ(code_of(wait_for(store_->redeliver("acme", id + 1, at_ms(1)))), Errc::not_found);
  EXPECT_EQ(code_of(wait_for(
                store_->record_attempt(attempt_of(id + 1, DeliveryState::delivered, at_ms(0))))),
            Errc::not_found);
  EXPECT_TRUE(listed(*store_, "bolt", std::nullopt).deliveries.empty());
}

TEST_P(StoreContract, RedeliveryMakesAnExhaustedDeliveryDue) {
  accept(hooked_task("acme", bit(EventType::task_queued), at_ms(0)));
  const auto id = due(*store_, at_ms(0)).front().id;
  ASSERT_TRUE(wait_for(store_->record_attempt(attempt_of(id, DeliveryState::exhausted, at_ms(0))))
                  .has_value());
  const int calls = listener_.delivery_calls();

  const auto again = wait_for(store_->redeliver("acme", id, at_ms(8000)));

  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->state, DeliveryState::pending);
  EXPECT_EQ(again->next_attempt_at, at_ms(8000));
  EXPECT_EQ(due(*store_, at_ms(8000)).size(), 1U);
  EXPECT_EQ(listener_.delivery_calls(), calls + 1);
}

TEST_P(StoreContract, DeliveriesAreListedByTenantTaskAndState) {
  std::vector<TaskRef> refs;
  for (int i = 0; i < 3; ++i)
    refs.push_back(accept(hooked_task("acme", bit(EventType::task_queued), at_ms(i))));
  const auto first = due(*store_, at_ms(0)).front().id;
  ASSERT_TRUE(
      wait_for(store_->record_attempt(attempt_of(first, DeliveryState::delivered, at_ms(0))))
          .has_value());

  DeliveryFilter filter;
  filter.tenant = "acme";
  filter.limit = 2;
  const auto page = wait_for(store_->list_deliveries(filter)).value();
  ASSERT_EQ(page.deliveries.size(), 2U);
  EXPECT_TRUE(page.has_more);
  EXPECT_EQ(page.deliveries[0].ref, refs[2]);
  filter.before = page.deliveries[1].id;
  const auto rest = wait_for(store_->list_deliveries(filter)).value();
  ASSERT_EQ(rest.deliveries.size(), 1U);
  EXPECT_FALSE(rest.has_more);
  EXPECT_EQ(rest.deliveries[0].id, first);

  EXPECT_EQ(listed(*store_, "acme", refs[1].id).deliveries.size(), 1U);
  DeliveryFilter pending;
  pending.tenant = "acme";
  pending.state = DeliveryState::pending;
  EXPECT_EQ(wait_for(store_->list_deliveries(pending)).value().deliveries.size(), 2U);
}

TEST_P(StoreContract, RetentionLeavesDeliveriesToTheirSchedule) {
  const auto ref = accept(hooked_task("acme", bit(EventType::task_success), at_ms(0)));
  start(ref);
  finish(ref);

  const auto purged = wait_for(store_->purge_expired(at_ms(1'000'000'000), 10));

  EXPECT_EQ(purged.value(), 1);
  ASSERT_EQ(due(*store_, at_ms(1'000'000'000)).size(), 1U);
}

TEST_P(StoreContract, PurgeCancelsWhatIsStillToBeDelivered) {
  const auto ref = accept(hooked_task("acme", bit(EventType::task_success), at_ms(0)));
  start(ref);
  finish(ref);
  const auto id = due(*store_, at_ms(5000)).front().id;

  ASSERT_TRUE(wait_for(store_->purge(ref)).has_value());
  ASSERT_TRUE(wait_for(store_->record_attempt(attempt_of(id, DeliveryState::pending, at_ms(6000))))
                  .has_value());

  EXPECT_TRUE(due(*store_, at_ms(9000)).empty());
  EXPECT_EQ(listed(*store_, "acme", ref.id).deliveries.front().state, DeliveryState::cancelled);
}

TEST_P(StoreContract, WebhookSecretIsMadeOnceForEachTenant) {
  const auto first = wait_for(store_->webhook_secrets("acme")).value();
  reopen();
  const auto again = wait_for(store_->webhook_secrets("acme")).value();
  const auto other = wait_for(store_->webhook_secrets("bolt")).value();

  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(first[0].starts_with("whsec_"));
  EXPECT_EQ(first[0].size(), 6U + 32U);
  EXPECT_EQ(again, first);
  EXPECT_NE(other, first);
}

}  // namespace
}  // namespace taskgate::store::contract
