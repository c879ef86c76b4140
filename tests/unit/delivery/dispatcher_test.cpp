// What a receiver answers, and what the delivery log then says.

#include "support/run_awaitable.hpp"
#include "unit/delivery/dispatcher_fixture.hpp"

#include <nlohmann/json.hpp>

#include <map>

namespace taskgate::delivery {
namespace {

using namespace std::chrono_literals;
using store::DeliveryState;
using test::Reply;
using test::ScriptedUpstream;
using test::SeenRequest;

TEST_F(DispatcherTest, SendsASignedMessageAndRecordsSuccess) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(204, "text/plain", ""));
  const auto row = announce(receiver.url() + "/hook?a=b");

  start();

  ASSERT_TRUE(store_.wait_for_attempts(1));
  const auto seen = receiver.requests().at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/hook?a=b");
  EXPECT_EQ(seen.header("content-type"), "application/json");
  EXPECT_EQ(seen.header("user-agent"), "taskgate/" TASKGATE_VERSION);
  EXPECT_EQ(seen.header("webhook-timestamp"), "1772357400");
  EXPECT_TRUE(verify_request(seen));
  const auto body = nlohmann::json::parse(seen.body);
  EXPECT_EQ(body.at("id"), seen.header("webhook-id"));
  EXPECT_EQ(body.at("type"), "task.success");
  EXPECT_EQ(body.at("data").at("task").at("result").at("text"), "done");
  const auto attempt = store_.attempts().at(0);
  EXPECT_EQ(attempt.state, DeliveryState::delivered);
  EXPECT_EQ(attempt.http_status, 204);
  EXPECT_EQ(attempt.error, "");
  EXPECT_EQ(attempt.at, clock_.now());
  EXPECT_EQ(store_.row(row.id).attempts, 1);
}

TEST_F(DispatcherTest, SendsNoHeaderTwice) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(200, "text/plain", "ok"));
  announce(receiver.url() + "/hook");

  start();

  ASSERT_TRUE(store_.wait_for_attempts(1));
  const auto seen = receiver.requests().at(0);
  std::map<std::string, int> count;
  for (const auto& [name, value] : seen.headers) ++count[name];
  for (const auto& [name, times] : count) EXPECT_EQ(times, 1) << name;
}

TEST_F(DispatcherTest, RetriesA500WithTheSameIdAndANewTimestamp) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(500, "text/plain", "oops"));
  receiver.enqueue(Reply::whole(200, "text/plain", "ok"));
  const auto row = announce(receiver.url() + "/hook");
  start();
  ASSERT_TRUE(store_.wait_for_attempts(1));
  EXPECT_TRUE(verify_request(receiver.requests().at(0)));
  EXPECT_EQ(store_.row(row.id).state, DeliveryState::pending);
  EXPECT_EQ(store_.row(row.id).last_error, "answered 500");
  EXPECT_EQ(store_.row(row.id).next_attempt_at, clock_.now() + 5s);

  run_next_attempt(row.id);

  const auto seen = receiver.requests();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(verify_request(seen[1]));
  EXPECT_EQ(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
  EXPECT_EQ(seen[0].body, seen[1].body);
  EXPECT_EQ(seen[1].header("webhook-timestamp"), "1772357405");
  EXPECT_NE(seen[0].header("webhook-signature"), seen[1].header("webhook-signature"));
  EXPECT_EQ(store_.row(row.id).state, DeliveryState::delivered);
  dispatcher_->stop(20s);
  EXPECT_EQ(dispatcher_->stats().delivered, 1U);
  EXPECT_EQ(dispatcher_->stats().failed, 1U);
}

TEST_F(DispatcherTest, ARetryComesNoLaterWhenTheClockIsSetBack) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(500, "text/plain", "oops"));
  receiver.enqueue(Reply::whole(200, "text/plain", "ok"));
  const auto row = announce(receiver.url() + "/hook");
  start();
  ASSERT_TRUE(store_.wait_for_attempts(1));

  clock_.advance(-24h);
  const auto reads = store_.due_reads();
  dispatcher_->run_due_now();
  ASSERT_TRUE(store_.wait_for_due_reads(reads + 1));

  EXPECT_LE(store_.row(row.id).next_attempt_at, clock_.now() + 5s);
  run_next_attempt(row.id);
  EXPECT_EQ(store_.row(row.id).state, DeliveryState::delivered);
}

TEST_F(DispatcherTest, RedirectIsAFailureAndIsNotFollowed) {
  ScriptedUpstream target;
  ScriptedUpstream receiver;
  auto redirect = Reply::whole(302, "text/plain", "");
  redirect.header("Location", target.url() + "/elsewhere");
  receiver.enqueue(std::move(redirect));
  const auto row = announce(receiver.url() + "/hook");

  start();

  ASSERT_TRUE(store_.wait_for_attempts(1));
  EXPECT_EQ(store_.row(row.id).state, DeliveryState::pending);
  EXPECT_EQ(store_.row(row.id).last_http_status, 302);
  EXPECT_EQ(store_.row(row.id).last_error, "answered 302: redirects are not followed");
  EXPECT_EQ(target.connections(), 0U);
}

TEST_F(DispatcherTest, RetryAfterOf429IsHonoured) {
  ScriptedUpstream receiver;
  auto busy = Reply::whole(429, "text/plain", "");
  busy.header("Retry-After", "60");
  receiver.enqueue(std::move(busy));
  const auto row = announce(receiver.url() + "/hook");

  start();

  ASSERT_TRUE(store_.wait_for_attempts(1));
  EXPECT_EQ(store_.row(row.id).next_attempt_at, clock_.now() + 60s);
}

TEST_F(DispatcherTest, GivesUpWhenTheScheduleIsSpent) {
  ScriptedUpstream receiver;
  receiver.otherwise([](const SeenRequest&) { return Reply::whole(500, "text/plain", ""); });
  options_.schedule.delays = {1s, 2s};
  const auto row = announce(receiver.url() + "/hook");
  start();
  ASSERT_TRUE(store_.wait_for_attempts(1));

  run_next_attempt(row.id);
  EXPECT_EQ(store_.row(row.id).next_attempt_at, clock_.now() + 2s);
  run_next_attempt(row.id);

  EXPECT_EQ(store_.row(row.id).state, DeliveryState::exhausted);
  EXPECT_EQ(store_.row(row.id).attempts, 3);
  EXPECT_EQ(receiver.requests().size(), 3U);
  dispatcher_->stop(20s);
  EXPECT_EQ(dispatcher_->stats().exhausted, 1U);
}

TEST_F(DispatcherTest, ReceiverThatNeverAnswersTimesOut) {
  ScriptedUpstream receiver;
  Reply silent;
  silent.hang();
  receiver.enqueue(std::move(silent));
  options_.timeout = 50ms;
  const auto row = announce(receiver.url() + "/hook");

  start();

  ASSERT_TRUE(store_.wait_for_attempts(1));
  EXPECT_EQ(store_.row(row.id).state, DeliveryState::pending);
  EXPECT_FALSE(store_.row(row.id).last_http_status);
  EXPECT_NE(store_.row(row.id).last_error.find("in time"), std::string::npos)
      << store_.row(row.id).last_error;
  EXPECT_GE(store_.attempts().at(0).duration_ms, 49);
}

TEST_F(DispatcherTest, RefusedConnectionIsRecordedAndRetried) {
  std::string url;
  {
    const ScriptedUpstream gone;
    url = gone.url() + "/hook";
  }
  const auto row = announce(url);

  start();

  ASSERT_TRUE(store_.wait_for_attempts(1));
  EXPECT_EQ(store_.row(row.id).state, DeliveryState::pending);
  EXPECT_NE(store_.row(row.id).last_error, "");
}

TEST_F(DispatcherTest, StatusDecidesHoweverLargeOrBrokenTheAnswersBodyIs) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(200, "text/html", std::string(4U << 20U, 'x')));
  receiver.enqueue(Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this").close());
  const auto large = announce(receiver.url() + "/hook");
  start();
  ASSERT_TRUE(store_.wait_for_attempts(1));

  const auto broken = announce(receiver.url() + "/hook");
  dispatcher_->notify();

  ASSERT_TRUE(store_.wait_for_attempts(2));
  EXPECT_EQ(store_.row(large.id).state, DeliveryState::delivered);
  EXPECT_EQ(store_.row(broken.id).state, DeliveryState::delivered);
}

TEST_F(DispatcherTest, PurgedTaskIsAnnouncedWithoutItsContent) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(200, "text/plain", ""));
  store_.forget_event(announce(receiver.url() + "/hook"));

  start();

  ASSERT_TRUE(store_.wait_for_attempts(1));
  const auto body = nlohmann::json::parse(receiver.requests().at(0).body);
  EXPECT_EQ(body.at("data").at("status"), "success");
  EXPECT_FALSE(body.at("data").contains("task"));
  EXPECT_TRUE(verify_request(receiver.requests().at(0)));
}

TEST_F(DispatcherTest, SignsWithBothSecretsDuringARotation) {
  constexpr std::string_view kNewer = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(200, "text/plain", ""));
  store_.set_secrets({std::string(kNewer), std::string(kFixtureSecret)});
  announce(receiver.url() + "/hook");

  start();

  ASSERT_TRUE(store_.wait_for_attempts(1));
  EXPECT_TRUE(verify_request(receiver.requests().at(0), kNewer));
  EXPECT_TRUE(verify_request(receiver.requests().at(0), kFixtureSecret));
}

// --- 410 --------------------------------------------------------------------------------------

TEST_F(DispatcherTest, GoneDisablesTheUrlForItsTaskAlone) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(410, "text/plain", ""));
  receiver.otherwise([](const SeenRequest&) { return Reply::whole(200, "text/plain", ""); });
  const auto url = receiver.url() + "/hook";
  const auto task = new_task();
  const auto first = announce(url, task, EventType::task_waiting, 3);
  start();
  ASSERT_TRUE(store_.wait_for_attempts(1));
  EXPECT_EQ(store_.row(first.id).state, DeliveryState::exhausted);
  EXPECT_EQ(store_.row(first.id).last_error, "410 gone: endpoint disabled");

  const auto later = announce(url, task, EventType::task_success, 9);
  const auto of_other_task = announce(url);
  const auto to_other_url = announce(url + "2", task, EventType::task_success, 9);
  dispatcher_->notify();

  ASSERT_TRUE(store_.wait_for_attempts(4));
  EXPECT_EQ(store_.row(later.id).state, DeliveryState::exhausted);
  EXPECT_EQ(store_.row(later.id).last_error, "410 gone: endpoint disabled");
  EXPECT_FALSE(store_.row(later.id).last_http_status);
  EXPECT_EQ(store_.row(of_other_task.id).state, DeliveryState::delivered);
  EXPECT_EQ(store_.row(to_other_url.id).state, DeliveryState::delivered);
  EXPECT_EQ(receiver.requests().size(), 3U);
}

TEST_F(DispatcherTest, GoneEndsWhatWaitsForItsRetry) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(500, "text/plain", ""));
  receiver.enqueue(Reply::whole(410, "text/plain", ""));
  const auto url = receiver.url() + "/hook";
  const auto task = new_task();
  const auto waits = announce(url, task, EventType::task_waiting, 3);
  start();
  ASSERT_TRUE(store_.wait_for_attempts(1));

  announce(url, task, EventType::task_success, 9);
  dispatcher_->notify();

  ASSERT_TRUE(store_.wait_for_attempts(3));
  EXPECT_EQ(store_.row(waits.id).state, DeliveryState::exhausted);
  EXPECT_EQ(store_.row(waits.id).last_error, "410 gone: endpoint disabled");
  EXPECT_EQ(receiver.requests().size(), 2U);
}

TEST_F(DispatcherTest, RedeliveryByHandIsSentEvenAfterA410) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(410, "text/plain", ""));
  receiver.enqueue(Reply::whole(200, "text/plain", ""));
  const auto row = announce(receiver.url() + "/hook");
  start();
  ASSERT_TRUE(store_.wait_for_attempts(1));

  boost::asio::io_context context;
  auto made_due = test::run(context, store_.redeliver("acme", row.id, clock_.now()));
  ASSERT_TRUE(made_due);
  dispatcher_->notify();

  ASSERT_TRUE(store_.wait_for_attempts(2));
  EXPECT_EQ(store_.row(row.id).state, DeliveryState::delivered);
}

// --- the guard --------------------------------------------------------------------------------

/// Answers every name with the same addresses.
class TableResolver final : public net::Resolver {
 public:
  explicit TableResolver(std::vector<std::string> addresses) : addresses_(std::move(addresses)) {}
  void resolve(std::string /*host*/, Done done) override {
    Addresses found;
    for (const auto& text : addresses_) found.push_back(boost::asio::ip::make_address(text));
    done(std::move(found));
  }

 private:
  const std::vector<std::string> addresses_;
};

TEST_F(DispatcherTest, RefusedUrlIsRecordedAtOnceWithoutAConnection) {
  options_.policy.allow_loopback_for_tests = false;
  ScriptedUpstream receiver;
  const auto row = announce(receiver.url() + "/hook");

  start();

  ASSERT_TRUE(store_.wait_for_attempts(1));
  EXPECT_EQ(store_.row(row.id).state, DeliveryState::exhausted);
  EXPECT_FALSE(store_.row(row.id).last_http_status);
  EXPECT_NE(store_.row(row.id).last_error.find("http is not allowed"), std::string::npos)
      << store_.row(row.id).last_error;
  EXPECT_EQ(receiver.connections(), 0U);
}

TEST_F(DispatcherTest, NameThatResolvesInsideIsRefusedOnEveryAttempt) {
  ScriptedUpstream receiver;
  options_.policy.allow_loopback_for_tests = false;
  options_.policy.allow_http = true;
  options_.policy.allowed_ports = {receiver.port()};
  client_options_.resolver =
      std::make_shared<TableResolver>(std::vector<std::string>{"127.0.0.1", "::ffff:127.0.0.1"});
  const auto row =
      announce("http://hooks.example.com:" + std::to_string(receiver.port()) + "/hook");
  start();
  ASSERT_TRUE(store_.wait_for_attempts(1));

  run_next_attempt(row.id);

  EXPECT_EQ(store_.row(row.id).state, DeliveryState::pending);
  EXPECT_NE(store_.row(row.id).last_error.find("loopback"), std::string::npos)
      << store_.row(row.id).last_error;
  EXPECT_EQ(store_.row(row.id).last_error.find("127.0.0.1"), std::string::npos);
  EXPECT_EQ(receiver.connections(), 0U);
}

TEST_F(DispatcherTest, OwnListenerIsNeverCalled) {
  ScriptedUpstream itself;
  options_.policy.own_listeners =
      net::own_endpoints(boost::asio::ip::make_address("0.0.0.0"), itself.port());
  const auto row = announce(itself.url() + "/tasks");

  start();

  ASSERT_TRUE(store_.wait_for_attempts(1));
  EXPECT_EQ(store_.row(row.id).last_error, "the address is this server's own");
  EXPECT_EQ(itself.connections(), 0U);
}

}  // namespace
}  // namespace taskgate::delivery
