// From a task's end to the receiver and back into the delivery log, over the real store: what the
// fake one takes for granted.

#include "support/run_awaitable.hpp"
#include "support/scripted_upstream.hpp"
#include "taskgate/delivery/dispatcher.hpp"
#include "taskgate/delivery/signer.hpp"
#include "taskgate/runtime/timeout.hpp"
#include "unit/delivery/dispatcher_fixture.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

namespace taskgate::delivery {
namespace {

using namespace std::chrono_literals;
using store::DeliveryState;
using test::Reply;
using test::ScriptedUpstream;

/// Wakes the dispatcher as the program does.
class DeliveryBell final : public store::CommitObserver {
 public:
  void on_committed(const std::vector<store::Committed>& /*batch*/) override {}
  void on_deliveries() override {
    if (auto* dispatcher = target.load()) dispatcher->notify();
  }
  std::atomic<Dispatcher*> target{nullptr};
};

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() {
    directory_ = std::filesystem::temp_directory_path() / ("taskgate-" + make_id("outbox-"));
    std::filesystem::create_directory(directory_);
    options_.policy.allow_loopback_for_tests = true;
    options_.schedule.jitter = 0.0;
  }
  ~OutboxTest() override {
    shut_down();
    pool_.join();
    std::filesystem::remove_all(directory_);
  }

  void boot() {
    store::SqliteOptions options;
    options.path = (directory_ / "tasks.db").string();
    auto opened = store::open_sqlite(options);
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = std::move(*opened);
    store_->observe(&bell_);
    ASSERT_TRUE(store_->recover(clock_.now()));
    client_ = std::make_unique<net::HttpClient>(pool_.get_executor(), net::ClientOptions());
    dispatcher_ =
        std::make_unique<Dispatcher>(*store_, *client_, clock_, pool_.get_executor(), options_);
    bell_.target = dispatcher_.get();
    dispatcher_->start();
  }

  void shut_down() {
    if (dispatcher_) dispatcher_->stop(0ms);
    if (store_) store_->close();  // its writer rings the bell no more
    bell_.target = nullptr;
    dispatcher_.reset();
    client_.reset();
    store_.reset();
  }

  template <class T>
  T await_value(store::Awaitable<T> operation) {
    auto result = test::run(context_, std::move(operation));
    if (!result) ADD_FAILURE() << result.error().message();
    return result ? std::move(*result) : T();
  }

  TaskRef accept_task(const std::string& url) {
    store::NewTask accepted;
    accepted.task.ref = {"acme", make_task_id(clock_.now())};
    accepted.task.model = "sim/echo";
    accepted.task.created_at = clock_.now();
    accepted.request_body = "{}";
    accepted.queued.type = EventType::task_queued;
    accepted.queued.at = clock_.now();
    accepted.webhook = store::WebhookTarget{url, 0};
    accepted.webhook->event_mask = 1U << static_cast<unsigned>(EventType::task_cancelled);
    const auto ref = accepted.task.ref;
    EXPECT_EQ(await_value(store_->accept(std::move(accepted))).kind, store::AcceptKind::created);
    return ref;
  }

  void finish_task(const TaskRef& ref) {
    store::Finish finish;
    finish.ref = ref;
    finish.status = TaskStatus::cancelled;
    finish.at = clock_.now();
    finish.expires_at = clock_.now() + 24h;
    EventDraft last;
    last.type = EventType::task_cancelled;
    last.at = clock_.now();
    last.data = R"("task":{"status":"cancelled"})";
    finish.events.push_back(std::move(last));
    await_value(store_->finish(std::move(finish)));
  }

  std::vector<store::Delivery> deliveries(DeliveryState state) {
    store::DeliveryFilter filter;
    filter.tenant = "acme";
    filter.state = state;
    return await_value(store_->list_deliveries(filter)).deliveries;
  }

  /// The first delivery that has come to that state.
  store::Delivery wait_for(DeliveryState state, int attempts) {
    for (int i = 0; i < 2000; ++i) {
      for (auto& row : deliveries(state)) {
        if (row.attempts == attempts) return row;
      }
      test::run(context_, runtime::sleep_for(10ms));
    }
    ADD_FAILURE() << "no delivery came to that state";
    return {};
  }

  std::filesystem::path directory_;
  HandClock clock_;
  DispatcherOptions options_;
  DeliveryBell bell_;
  boost::asio::io_context context_;  // outlives the store, whose threads complete on it
  boost::asio::thread_pool pool_{2};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<net::HttpClient> client_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

TEST_F(OutboxTest, TaskThatEndsIsAnnouncedWithoutAnybodyAsking) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(200, "text/plain", "ok"));
  boot();

  finish_task(accept_task(receiver.url() + "/hook"));

  const auto row = wait_for(DeliveryState::delivered, 1);
  EXPECT_EQ(row.last_http_status, 200);
  const auto secrets = await_value(store_->webhook_secrets("acme"));
  const auto seen = receiver.requests().at(0);
  const auto id = seen.header("webhook-id");
  const auto timestamp = seen.header("webhook-timestamp");
  const auto signature = seen.header("webhook-signature");
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now().time_since_epoch());
  EXPECT_TRUE(verify({id, timestamp, signature}, seen.body, secrets.at(0), now));
  EXPECT_NE(seen.body.find(R"("task":{"status":"cancelled"})"), std::string::npos);
  EXPECT_EQ(await_value(store_->delivery_attempts("acme", row.id)).size(), 1U);
}

TEST_F(OutboxTest, RestartResumesWithTheSameIdAndTheNextAttempt) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(500, "text/plain", ""));
  receiver.enqueue(Reply::whole(200, "text/plain", ""));
  boot();
  finish_task(accept_task(receiver.url() + "/hook"));
  const auto failed = wait_for(DeliveryState::pending, 1);
  EXPECT_EQ(failed.next_attempt_at, clock_.now() + 5s);

  shut_down();
  clock_.advance(5s);
  boot();

  const auto row = wait_for(DeliveryState::delivered, 2);
  const auto seen = receiver.requests();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
  EXPECT_EQ(row.id, failed.id);
}

TEST_F(OutboxTest, RedeliveryByHandIsSentAtOnce) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(410, "text/plain", ""));
  receiver.enqueue(Reply::whole(200, "text/plain", ""));
  boot();
  finish_task(accept_task(receiver.url() + "/hook"));
  const auto gone = wait_for(DeliveryState::exhausted, 1);
  EXPECT_EQ(gone.last_error, "410 gone: endpoint disabled");

  await_value(store_->redeliver("acme", gone.id, clock_.now()));

  EXPECT_EQ(wait_for(DeliveryState::delivered, 2).id, gone.id);
}

}  // namespace
}  // namespace taskgate::delivery
