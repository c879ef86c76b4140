// What the contract says of reading: pages of events, listing, durations, purging, isolation.

#include "conformance/store_contract.hpp"

#include <boost/asio/bind_executor.hpp>

#include <algorithm>

namespace taskgate::store::contract {
namespace {

std::vector<TaskId> ids_of(const TaskPage& page) {
  std::vector<TaskId> ids;
  for (const auto& task : page.tasks) ids.push_back(task.ref.id);
  return ids;
}

ListFilter filter_of(const std::string& tenant) {
  ListFilter filter;
  filter.tenant = tenant;
  return filter;
}

TEST_P(StoreContract, UnknownAndForeignTasksAreNotFound) {
  const auto ref = finished_task("acme");
  for (const auto& other : {TaskRef{"bolt", ref.id}, TaskRef{"acme", make_task_id(at_ms(0))}}) {
    EXPECT_EQ(code_of(wait_for(store_->get(other))), Errc::not_found);
    EXPECT_EQ(code_of(wait_for(store_->request_body(other))), Errc::not_found);
    EXPECT_EQ(code_of(wait_for(store_->events(other, 0, 10, 1000))), Errc::not_found);
  }
}

TEST_P(StoreContract, EventsComeAfterTheCursorInPages) {
  const auto ref = accept_one();
  start(ref);
  for (int i = 0; i < 8; ++i) append(ref, R"("delta":")" + std::to_string(i) + "\"");

  const auto page = wait_for(store_->events(ref, 4, 3, 1U << 20));
  const auto rest = wait_for(store_->events(ref, 7, 100, 1U << 20));
  const auto none = wait_for(store_->events(ref, 10, 100, 1U << 20));

  ASSERT_TRUE(page.has_value() && rest.has_value() && none.has_value());
  ASSERT_EQ(page->events.size(), 3U);
  EXPECT_EQ(page->events[0].seq, 5U);
  EXPECT_EQ(page->events[2].seq, 7U);
  EXPECT_EQ(page->status, TaskStatus::running);
  EXPECT_EQ(page->last_seq, 10U);
  EXPECT_EQ(rest->events.size(), 3U);
  EXPECT_TRUE(none->events.empty());
  EXPECT_EQ(none->last_seq, 10U);
}

TEST_P(StoreContract, EventPageKeepsToItsBytesButHoldsOne) {
  const auto ref = accept_one();
  start(ref);
  for (int i = 0; i < 4; ++i) append(ref, std::string(1000, 'x'));

  const auto two = wait_for(store_->events(ref, 2, 100, 2000));
  const auto one = wait_for(store_->events(ref, 2, 100, 10));

  EXPECT_EQ(two->events.size(), 2U);
  EXPECT_EQ(one->events.size(), 1U);
}

TEST_P(StoreContract, ListIsNewestFirstWithACursor) {
  std::vector<TaskId> newest_first;
  for (int i = 0; i < 5; ++i)
    newest_first.insert(newest_first.begin(), accept(new_task("acme", at_ms(i))).id);
  accept(new_task("bolt", at_ms(9)));
  auto filter = filter_of("acme");
  filter.limit = 2;

  std::vector<TaskId> listed;
  for (int pages = 0; pages < 3; ++pages) {
    const auto page = wait_for(store_->list(filter));
    ASSERT_TRUE(page.has_value());
    EXPECT_EQ(page->has_more, pages < 2);
    EXPECT_EQ(page->next_before.has_value(), page->has_more);
    const auto ids = ids_of(*page);
    listed.insert(listed.end(), ids.begin(), ids.end());
    filter.before = page->next_before;
  }

  EXPECT_EQ(listed, newest_first);
}

TEST_P(StoreContract, ListFiltersByStatus) {
  const auto queued = accept(new_task("acme", at_ms(0)));
  const auto running = accept(new_task("acme", at_ms(1)));
  start(running);
  const auto done = accept(new_task("acme", at_ms(2)));
  start(done);
  finish(done);
  const auto list = [&](std::vector<TaskStatus> statuses) {
    auto filter = filter_of("acme");
    filter.statuses = std::move(statuses);
    return ids_of(wait_for(store_->list(std::move(filter))).value());
  };

  EXPECT_EQ(list({TaskStatus::queued}), std::vector<TaskId>{queued.id});
  EXPECT_EQ(list({TaskStatus::queued, TaskStatus::running}),
            (std::vector<TaskId>{running.id, queued.id}));
  EXPECT_EQ(list({TaskStatus::success, TaskStatus::queued}),
            (std::vector<TaskId>{done.id, queued.id}));
  EXPECT_TRUE(list({TaskStatus::failed}).empty());
}

TEST_P(StoreContract, ListFiltersByModelTagAndMetadata) {
  auto plain = new_task("acme", at_ms(0));
  plain.task.model = "sim/other";
  accept(std::move(plain));
  auto tagged = new_task("acme", at_ms(1));
  tagged.task.tags = R"(["urgent","a\"b"])";
  tagged.task.metadata = R"({"customer":"42","region":"eu","count":7})";
  const auto wanted = accept(std::move(tagged)).id;
  const std::vector<TaskId> only{wanted};
  const auto list = [&](auto change) {
    auto filter = filter_of("acme");
    change(filter);
    return ids_of(wait_for(store_->list(std::move(filter))).value());
  };

  EXPECT_EQ(list([](ListFilter& f) { f.model = "sim/echo"; }), only);
  EXPECT_EQ(list([](ListFilter& f) { f.tag = "urgent"; }), only);
  EXPECT_EQ(list([](ListFilter& f) { f.tag = "a\"b"; }), only);
  EXPECT_TRUE(list([](ListFilter& f) { f.tag = "urg"; }).empty());
  EXPECT_EQ(list([](ListFilter& f) { f.metadata = {{"customer", "42"}, {"region", "eu"}}; }), only);
  EXPECT_EQ(list([](ListFilter& f) { f.metadata = {{"count", "7"}}; }), only);
  EXPECT_TRUE(list([](ListFilter& f) {
                f.metadata = {{"customer", "42"}, {"region", "us"}};
              }).empty());
}

TEST_P(StoreContract, ListFiltersByTimeOfCreation) {
  std::vector<TaskId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(accept(new_task("acme", at_ms(i * 1000))).id);
  auto filter = filter_of("acme");
  filter.created_after = at_ms(0);
  filter.created_before = at_ms(3000);

  const auto page = wait_for(store_->list(std::move(filter)));

  EXPECT_EQ(ids_of(page.value()), (std::vector<TaskId>{ids[2], ids[1]}));
}

TEST_P(StoreContract, ListGoesOnWhereABoundedSearchStopped) {
  boost::asio::io_context context(1);
  constexpr int kOthers = 12'000;
  auto rare = new_task("acme", at_ms(0));
  rare.task.model = "sim/rare";
  const auto wanted = accept(std::move(rare)).id;
  for (int i = 0; i < kOthers; ++i)
    store_->async_accept(
        new_task("acme", at_ms(1 + i)),
        boost::asio::bind_executor(context.get_executor(), [](Result<AcceptOutcome>) {}));
  context.run();
  auto filter = filter_of("acme");
  filter.model = "sim/rare";

  const auto first = wait_for(store_->list(filter));
  ASSERT_TRUE(first.has_value() && first->has_more && first->next_before);
  filter.before = first->next_before;
  const auto second = wait_for(store_->list(filter));

  EXPECT_TRUE(first->tasks.empty());
  EXPECT_EQ(ids_of(second.value()), std::vector<TaskId>{wanted});
  EXPECT_FALSE(second->has_more);
}

TEST_P(StoreContract, DurationsAreThoseOfSuccessesNewestFirst) {
  const auto first = accept(new_task("acme", at_ms(0)));
  start(first);
  finish(first);
  const auto second = accept(new_task("bolt", at_ms(400)));
  start(second);
  auto later = finish_command(second, 1, TaskStatus::partial_success);
  later.at = at_ms(2000);
  ASSERT_TRUE(wait_for(store_->finish(std::move(later))).has_value());
  const auto failed = accept(new_task("acme", at_ms(500)));
  start(failed);
  finish(failed, TaskStatus::failed);

  const auto both = wait_for(store_->recent_durations(10));
  const auto newest = wait_for(store_->recent_durations(1));

  using Durations = std::vector<std::pair<std::string, std::int64_t>>;
  EXPECT_EQ(both.value(), (Durations{{"sim/echo", 1600}, {"sim/echo", 1000}}));
  EXPECT_EQ(newest.value(), (Durations{{"sim/echo", 1600}}));
}

TEST_P(StoreContract, PurgeDeletesTheContentAndKeepsTheRow) {
  auto task = new_task("acme", at_ms(0));
  task.task.metadata = R"({"secret":"yes"})";
  task.task.tags = R"(["secret"])";
  const auto ref = accept(std::move(task));
  start(ref);
  finish(ref);

  ASSERT_TRUE(wait_for(store_->purge(ref)).has_value());
  ASSERT_TRUE(wait_for(store_->purge(ref)).has_value());

  const auto record = wait_for(store_->get(ref));
  ASSERT_TRUE(record.has_value());
  EXPECT_TRUE(record->task.purged);
  EXPECT_EQ(record->task.status, TaskStatus::success);
  EXPECT_EQ(record->task.last_seq, 3U);
  EXPECT_EQ(record->task.metadata, "{}");
  EXPECT_EQ(record->task.tags, "[]");
  EXPECT_EQ(record->final_data, "");
  EXPECT_EQ(code_of(wait_for(store_->request_body(ref))), Errc::gone);
  EXPECT_EQ(code_of(wait_for(store_->events(ref, 0, 10, 1000))), Errc::gone);
}

TEST_P(StoreContract, PurgeOfALiveTaskIsRefused) {
  const auto ref = accept_one();

  EXPECT_EQ(code_of(wait_for(store_->purge(ref))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(store_->purge(TaskRef{"acme", make_task_id(at_ms(0))}))),
            Errc::not_found);
  EXPECT_TRUE(wait_for(store_->request_body(ref)).has_value());
}

TEST_P(StoreContract, WhatWasPurgedLongAgoIsForgotten) {
  auto task = new_task("acme", at_ms(0));
  task.task.client_id = "invoice-7";
  WebhookTarget target;
  target.url = "https://example.org/hook";
  target.event_mask = bit(EventType::task_success);
  task.webhook = target;
  const auto ref = accept(task);
  start(ref);
  finish(ref);  // expires at 60,000
  const auto kept = finished_task();
  ASSERT_TRUE(wait_for(store_->purge(ref)).has_value());

  EXPECT_EQ(wait_for(store_->forget_purged(at_ms(60'000), 10)).value(), 0);
  EXPECT_EQ(code_of(wait_for(store_->events(ref, 0, 10, 1000))), Errc::gone);
  EXPECT_EQ(wait_for(store_->forget_purged(at_ms(60'001), 10)).value(), 1);

  EXPECT_EQ(code_of(wait_for(store_->get(ref))), Errc::not_found);
  EXPECT_EQ(code_of(wait_for(store_->find_client_id("acme", "invoice-7"))), Errc::not_found);
  DeliveryFilter deliveries;
  deliveries.tenant = "acme";
  EXPECT_TRUE(wait_for(store_->list_deliveries(deliveries)).value().deliveries.empty());
  EXPECT_TRUE(wait_for(store_->get(kept)).has_value()) << "it was not purged";
  EXPECT_EQ(wait_for(store_->accept(task)).value().kind, AcceptKind::created);
}

TEST_P(StoreContract, RetentionPurgesWhatHasExpired) {
  std::vector<TaskRef> refs;
  for (int i = 0; i < 3; ++i) refs.push_back(finished_task());
  const auto live = accept_one();

  const auto early = wait_for(store_->purge_expired(at_ms(60'000), 10));
  const auto first = wait_for(store_->purge_expired(at_ms(60'001), 2));
  const auto second = wait_for(store_->purge_expired(at_ms(60'001), 2));
  const auto third = wait_for(store_->purge_expired(at_ms(60'001), 2));

  EXPECT_EQ(early.value(), 0);
  EXPECT_EQ(first.value(), 2);
  EXPECT_EQ(second.value(), 1);
  EXPECT_EQ(third.value(), 0);
  for (const auto& ref : refs) EXPECT_TRUE(task_of(ref).purged);
  EXPECT_FALSE(task_of(live).purged);
}

TEST_P(StoreContract, KeysAreKeptUntilTheyAreRevoked) {
  ApiKey key;
  key.id = "abcdefghijkl";
  key.tenant = "acme";
  key.name = "ci";
  key.secret_hash.fill(0xA5);
  key.scopes = 5;
  key.created_at = at_ms(0);
  key.expires_at = at_ms(9000);
  ASSERT_TRUE(wait_for(store_->put_key(key)).has_value());
  reopen();

  ASSERT_TRUE(wait_for(store_->revoke_key(key.id, at_ms(100))).has_value());
  ASSERT_TRUE(wait_for(store_->revoke_key(key.id, at_ms(200))).has_value());
  const auto keys = wait_for(store_->keys());

  ASSERT_EQ(keys->size(), 1U);
  const auto& stored = keys->front();
  EXPECT_EQ(stored.tenant, "acme");
  EXPECT_EQ(stored.name, "ci");
  EXPECT_EQ(stored.secret_hash, key.secret_hash);
  EXPECT_EQ(stored.scopes, 5U);
  EXPECT_EQ(stored.expires_at, at_ms(9000));
  EXPECT_EQ(stored.revoked_at, at_ms(100));
  EXPECT_EQ(code_of(wait_for(store_->revoke_key("unknown", at_ms(0)))), Errc::not_found);
}

}  // namespace
}  // namespace taskgate::store::contract
