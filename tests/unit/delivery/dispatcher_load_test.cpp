// The dispatcher under pressure: limits, a sick store, many notifications, the end.

#include "unit/delivery/dispatcher_fixture.hpp"

#include <future>
#include <vector>

namespace taskgate::delivery {
namespace {

using namespace std::chrono_literals;
using store::DeliveryState;
using test::Reply;
using test::ScriptedUpstream;
using test::SeenRequest;

constexpr auto kPatience = 20s;

Reply stalled_ok() {
  Reply reply;
  reply.stall().send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  return reply;
}

Reply plain_ok(const SeenRequest& /*request*/) {
  return Reply::whole(200, "text/plain", "");
}

TEST_F(DispatcherTest, StuckReceiverFillsItsOwnLaneAlone) {
  ScriptedUpstream stuck;
  ScriptedUpstream well;
  stuck.otherwise([](const SeenRequest&) { return stalled_ok(); });
  well.otherwise(plain_ok);
  options_.per_host = 2;
  for (int i = 0; i < 300; ++i) announce(stuck.url() + "/hook");  // more than one look fetches
  for (int i = 0; i < 20; ++i) announce(well.url() + "/hook");

  start();

  ASSERT_TRUE(store_.wait_for_attempts(20));
  EXPECT_EQ(well.requests().size(), 20U);
  EXPECT_TRUE(stuck.wait_for_requests(2, kPatience));
  EXPECT_EQ(stuck.connections(), 2U);
}

TEST_F(DispatcherTest, NeverHoldsMoreThanMaxConcurrentSockets) {
  std::vector<std::unique_ptr<ScriptedUpstream>> receivers;
  for (int i = 0; i < 5; ++i) {
    receivers.push_back(std::make_unique<ScriptedUpstream>());
    receivers.back()->otherwise([](const SeenRequest&) { return stalled_ok(); });
    for (int n = 0; n < 3; ++n) announce(receivers.back()->url() + "/hook");
  }
  options_.max_concurrent = 3;
  const auto open = [&] {
    std::size_t count = 0;
    for (const auto& receiver : receivers) count += receiver->requests().size();
    return count;
  };
  start();

  // Hosts go in turn, so the first three hosts have one each.
  for (std::size_t i = 0; i < 3; ++i) ASSERT_TRUE(receivers[i]->wait_for_requests(1, kPatience));
  EXPECT_EQ(open(), 3U);
  EXPECT_EQ(dispatcher_->stats().in_flight, 3U);

  ASSERT_TRUE(release_until_recorded(*receivers[0], 1));
  ASSERT_TRUE(receivers[3]->wait_for_requests(1, kPatience));
  EXPECT_LE(open() - store_.attempts().size(), 3U);
}

TEST_F(DispatcherTest, ParkedDeliveriesAreSentWhenTheirHostRecovers) {
  ScriptedUpstream receiver;
  for (int i = 0; i < 2; ++i) receiver.enqueue(stalled_ok());
  receiver.otherwise(plain_ok);
  options_.per_host = 2;
  options_.max_parked = 4;  // so that the rest must be fetched later
  for (int i = 0; i < 200; ++i) announce(receiver.url() + "/hook");
  start();
  ASSERT_TRUE(receiver.wait_for_requests(2, kPatience));

  ASSERT_TRUE(release_until_recorded(receiver, 200));

  EXPECT_EQ(receiver.requests().size(), 200U);
}

TEST_F(DispatcherTest, StormOfNotificationsSendsEachDeliveryOnce) {
  ScriptedUpstream receiver;
  receiver.otherwise(plain_ok);
  start();
  std::vector<std::future<void>> threads;
  for (int t = 0; t < 4; ++t) {
    threads.push_back(std::async(std::launch::async, [&] {
      for (int i = 0; i < 2000; ++i) {
        if (i % 100 == 0) announce(receiver.url() + "/hook");
        dispatcher_->notify();
      }
    }));
  }
  for (auto& thread : threads) thread.get();

  ASSERT_TRUE(store_.wait_for_attempts(80));
  dispatcher_->stop(kPatience);
  EXPECT_EQ(receiver.requests().size(), 80U);
  EXPECT_EQ(store_.attempts().size(), 80U);
  EXPECT_LT(store_.due_reads(), 8000U);
}

TEST_F(DispatcherTest, NotRecordedAttemptIsRecordedLaterAndSentOnce) {
  ScriptedUpstream receiver;
  receiver.otherwise(plain_ok);
  store_.fail_records(3);
  const auto row = announce(receiver.url() + "/hook");

  start();

  ASSERT_TRUE(store_.wait_for_attempts(1));
  EXPECT_EQ(store_.row(row.id).state, DeliveryState::delivered);
  EXPECT_EQ(receiver.requests().size(), 1U);
}

TEST_F(DispatcherTest, WhileTheStoreRefusesNothingMoreIsSent) {
  ScriptedUpstream receiver;
  receiver.otherwise(plain_ok);
  options_.store_backoff = 1h;
  options_.store_backoff_limit = 1h;
  store_.fail_records(1);
  announce(receiver.url() + "/first");
  start();
  ASSERT_TRUE(store_.wait_for_refused_records(1));
  const auto reads = store_.due_reads();

  announce(receiver.url() + "/second");
  for (int i = 0; i < 100; ++i) dispatcher_->notify();

  EXPECT_FALSE(store_.wait_for_due_reads(reads + 1, 100ms));
  dispatcher_->stop(0ms);  // abandons the one whose record was refused
  EXPECT_TRUE(store_.attempts().empty());
  EXPECT_EQ(receiver.requests().size(), 1U);
}

TEST_F(DispatcherTest, UnreadableStoreIsAskedAgainAfterAWait) {
  ScriptedUpstream receiver;
  receiver.otherwise(plain_ok);
  store_.fail_due_reads(3);
  store_.fail_event_reads(2);
  const auto row = announce(receiver.url() + "/hook");

  start();

  ASSERT_TRUE(store_.wait_for_attempts(1));
  EXPECT_EQ(store_.row(row.id).attempts, 1);
  EXPECT_EQ(store_.row(row.id).state, DeliveryState::delivered);
  EXPECT_EQ(receiver.requests().size(), 1U);
}

TEST_F(DispatcherTest, StopWaitsForWhatIsUnderWay) {
  ScriptedUpstream receiver;
  receiver.enqueue(stalled_ok());
  announce(receiver.url() + "/hook");
  start();
  ASSERT_TRUE(receiver.wait_for_requests(1, kPatience));

  auto stopped = std::async(std::launch::async, [&] { dispatcher_->stop(kPatience); });
  EXPECT_TRUE(release_until_recorded(receiver, 1));
  stopped.get();

  ASSERT_EQ(store_.attempts().size(), 1U);
  EXPECT_EQ(store_.attempts()[0].state, DeliveryState::delivered);
}

TEST_F(DispatcherTest, AbandonedDeliveryStaysPendingAndIsSentAgainUnderTheSameId) {
  ScriptedUpstream receiver;
  Reply silent;
  silent.hang();
  receiver.enqueue(std::move(silent));
  receiver.otherwise(plain_ok);
  const auto row = announce(receiver.url() + "/hook");
  start();
  ASSERT_TRUE(receiver.wait_for_requests(1, kPatience));

  dispatcher_->stop(0ms);
  EXPECT_TRUE(store_.attempts().empty());
  EXPECT_EQ(store_.row(row.id).state, DeliveryState::pending);
  EXPECT_EQ(dispatcher_->stats().in_flight, 0U);
  EXPECT_TRUE(receiver.wait_for_disconnects(1, kPatience));
  start();

  ASSERT_TRUE(store_.wait_for_attempts(1));
  const auto seen = receiver.requests();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
}

TEST_F(DispatcherTest, StopTakesNothingNewAndIsIdempotent) {
  ScriptedUpstream receiver;
  start();
  dispatcher_->stop(kPatience);

  announce(receiver.url() + "/hook");
  dispatcher_->notify();
  dispatcher_->stop(0ms);

  EXPECT_EQ(receiver.connections(), 0U);
}

TEST_F(DispatcherTest, RetryComesByItselfWhenItsTimeHasCome) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(500, "text/plain", ""));
  receiver.otherwise(plain_ok);
  options_.schedule.delays = {0ms};  // due at once, and nobody notifies
  announce(receiver.url() + "/hook");

  start();

  EXPECT_TRUE(store_.wait_for_attempts(2));
}

}  // namespace
}  // namespace taskgate::delivery
