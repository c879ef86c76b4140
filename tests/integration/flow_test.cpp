// Flow control from outside: whom a struggling upstream holds up, and whom it must not.

#include "support/chat_upstream.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace taskgate::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

// Looks again until `holds` is true; a bound against hanging, not a measurement.
template <class Condition>
bool eventually(Condition holds) {
  const auto end = std::chrono::steady_clock::now() + 30s;
  while (std::chrono::steady_clock::now() < end) {
    if (holds()) return true;
  }
  return false;
}

Json task_of(ApiClient& client, const std::string& id) {
  return client.get("/tasks/" + id).json();
}

bool is_held_by(ApiClient& client, const std::string& id, const char* reason) {
  const auto task = task_of(client, id);
  return task["status"] == "queued" && task.contains("queue") &&
         task["queue"].value("held_by", "") == reason;
}

TEST(Flow, AThrottledProviderHoldsNoSlotAndNobodyElse) {
  ChatUpstreams upstreams({"slow", "fast"}, [](app::Config& config) { config.engine.slots = 1; });
  upstreams["slow"].enqueue(chat_error(429, "rate_limit_exceeded").header("Retry-After", "120"));
  upstreams["fast"].otherwise([](const SeenRequest&) { return chat_answer("hello"); });
  auto client = upstreams.client();
  const auto first = submit(client, "slow/m");
  ASSERT_TRUE(eventually([&] { return task_of(client, first)["attempts"] == 1; }));
  ASSERT_TRUE(eventually([&] { return task_of(client, first)["status"] == "queued"; }));
  std::vector<std::string> throttled;
  for (int i = 0; i < 5; ++i) throttled.push_back(submit(client, "slow/m", {{"priority", 9}}));

  const auto done = client.wait_final(submit(client, "fast/m"));

  EXPECT_EQ(done["status"], "success") << done.dump();
  for (const auto& id : throttled) {
    EXPECT_TRUE(eventually([&] { return is_held_by(client, id, "rate_limit"); }))
        << task_of(client, id);
    EXPECT_EQ(task_of(client, id)["attempts"], 0);
  }
  EXPECT_EQ(upstreams["slow"].requests().size(), 1U) << "the others waited with it";
  const auto status = model_status(client, "slow/m");
  EXPECT_EQ(status["concurrency"]["held"], 5) << status;
  EXPECT_GT(status["paused_for_ms"].get<int>(), 60'000);
}

TEST(Flow, ATaskThatIsHeldCanBeCancelledAndCanExpire) {
  ChatUpstreams upstreams({"a"});
  upstreams["a"].otherwise([](const SeenRequest&) {
    return chat_error(429, "rate_limit_exceeded").header("Retry-After", "120");
  });
  auto client = upstreams.client();
  (void)submit(client, "a/m");
  ASSERT_TRUE(upstreams["a"].wait_for_requests(1, 10s));
  const auto cancelled = submit(client, "a/m");
  const auto deadline = to_rfc3339(SystemClock().now() + 1s);
  const auto expiring = submit(client, "a/m", {{"deadline", deadline}});

  (void)client.call("POST", "/tasks/" + cancelled + "/cancel");

  EXPECT_EQ(client.wait_final(cancelled)["status"], "cancelled");
  EXPECT_EQ(client.wait_final(expiring)["status"], "expired");
}

TEST(Flow, APauseEndsWhenTheUpstreamSaid) {
  ChatUpstreams upstreams({"a"});
  upstreams["a"].enqueue(chat_error(429, "rate_limit_exceeded").header("retry-after-ms", "300"));
  upstreams["a"].otherwise([](const SeenRequest&) { return chat_answer("now"); });
  auto client = upstreams.client();
  const auto begun = std::chrono::steady_clock::now();

  const auto task = client.wait_final(submit(client, "a/m"));

  EXPECT_EQ(task["status"], "success");
  EXPECT_EQ(task["attempts"], 2);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 300ms);
}

TEST(Flow, ConcurrencyStaysWithinWhatTheUpstreamTakes) {
  ChatUpstreams upstreams({"a"}, [](app::Config& config) {
    config.engine.flow.initial_concurrency = 2;
    config.engine.flow.max_concurrency = 2;
  });
  upstreams["a"].otherwise([](const SeenRequest&) {
    auto reply = Reply::chunked(200, "text/event-stream");
    reply.chunk(chat_delta("x")).stall().chunk("data: [DONE]\n\n").last_chunk();
    return reply;
  });
  auto client = upstreams.client();
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(submit(client, "a/m"));
  ASSERT_TRUE(upstreams["a"].wait_for_requests(2, 10s));

  ASSERT_TRUE(eventually([&] { return is_held_by(client, ids.back(), "concurrency"); }));
  EXPECT_EQ(upstreams["a"].requests().size(), 2U);

  for (int i = 0; i < 6; ++i) upstreams["a"].release();
  for (const auto& id : ids) {
    EXPECT_TRUE(client.wait_final(id).contains("result"));
  }
  EXPECT_EQ(upstreams["a"].requests().size(), 6U);
}

// With nothing but failures, attempts are the requests, a tenth more, and the retries that are
// always allowed.
TEST(Flow, TotalFailureIsNotMultipliedByRetries) {
  constexpr int kTasks = 300;
  constexpr int kFloor = 10;
  ChatUpstreams upstreams({"a"}, [](app::Config& config) {
    config.engine.max_attempts = 5;
    config.engine.flow.breaker_failures = 0;  // the retry budget alone
    config.engine.flow.retry_floor = kFloor;
    config.engine.flow.max_hold = 0ms;
  });
  upstreams["a"].otherwise([](const SeenRequest&) { return chat_error(500, "server_error"); });
  auto client = upstreams.client();
  const auto begun = std::chrono::steady_clock::now();
  std::vector<std::string> ids;
  for (int i = 0; i < kTasks; ++i) ids.push_back(submit(client, "a/m"));

  for (const auto& id : ids) EXPECT_EQ(client.wait_final(id)["status"], "failed");

  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const double windows = 1 + took.count() / 10;
  const auto attempts = static_cast<double>(upstreams["a"].requests().size());
  EXPECT_LE(attempts, 1.1 * kTasks + kFloor * windows);
  EXPECT_GT(attempts, kTasks) << "some retries there were";
}

TEST(Flow, TotalFailureOpensTheBreakerAndTheRestIsSparedTheAttempt) {
  ChatUpstreams upstreams({"a"}, [](app::Config& config) {
    config.engine.max_attempts = 1;
    config.engine.flow.initial_concurrency = 4;
    config.engine.flow.breaker_open = 10min;
    config.engine.flow.breaker_open_most = 10min;
  });
  upstreams["a"].otherwise([](const SeenRequest&) { return chat_error(500, "server_error"); });
  auto client = upstreams.client();
  std::vector<std::string> ids;
  for (int i = 0; i < 60; ++i) ids.push_back(submit(client, "a/m"));

  ASSERT_TRUE(eventually([&] { return is_held_by(client, ids.back(), "breaker"); }));

  const auto status = model_status(client, "a/m");
  EXPECT_EQ(status["breaker"]["state"], "open") << status;
  EXPECT_GT(status["breaker"]["probe_in_ms"].get<int>(), 0);
  EXPECT_EQ(status["error_rate"], 1.0);
  const auto attempts = upstreams["a"].requests().size();
  EXPECT_GE(attempts, 20U);
  EXPECT_LE(attempts, 24U) << "what was under way when it opened, and no more";
}

TEST(Flow, AProbeFindsOutThatTheUpstreamIsBack) {
  ChatUpstreams upstreams({"a"}, [](app::Config& config) {
    config.engine.max_attempts = 1;
    config.engine.flow.initial_concurrency = 4;
    config.engine.flow.breaker_open = 100ms;
    config.engine.flow.breaker_open_most = 100ms;
  });
  for (int i = 0; i < 26; ++i) upstreams["a"].enqueue(chat_error(503, "overloaded_error"));
  upstreams["a"].otherwise([](const SeenRequest&) { return chat_answer("back"); });
  auto client = upstreams.client();
  std::vector<std::string> ids;
  for (int i = 0; i < 60; ++i) ids.push_back(submit(client, "a/m"));

  int succeeded = 0;
  for (const auto& id : ids) succeeded += client.wait_final(id)["status"] == "success" ? 1 : 0;

  EXPECT_EQ(succeeded, 60 - 26);
  EXPECT_EQ(model_status(client, "a/m")["breaker"]["state"], "closed");
}

TEST(Flow, AProbeNeedNotEndBeforeOthersMayPass) {
  ChatUpstreams upstreams({"a"}, [](app::Config& config) {
    config.engine.max_attempts = 1;
    config.engine.flow.breaker_failures = 1;
    config.engine.flow.breaker_open = 50ms;
  });
  upstreams["a"].enqueue(chat_error(500, "server_error"));
  auto endless = Reply::chunked(200, "text/event-stream");
  upstreams["a"].enqueue(endless.chunk(chat_delta("thinking")).hang());
  upstreams["a"].otherwise([](const SeenRequest&) { return chat_answer("done"); });
  auto client = upstreams.client();
  (void)client.wait_final(submit(client, "a/m"));

  const auto probe = submit(client, "a/m");
  const auto other = client.wait_final(submit(client, "a/m"));

  EXPECT_EQ(other["status"], "success") << other.dump();
  EXPECT_EQ(task_of(client, probe)["status"], "running");
}

TEST(Flow, AnOutageThatOutlastsTheHoldEndsTheTaskAndSaysWhy) {
  ChatUpstreams upstreams({"a"}, [](app::Config& config) {
    config.engine.max_attempts = 1;
    config.engine.flow.breaker_failures = 1;
    config.engine.flow.breaker_open = 10min;
    config.engine.flow.breaker_open_most = 10min;
    config.engine.flow.max_hold = 200ms;
  });
  upstreams["a"].otherwise([](const SeenRequest&) { return chat_error(500, "server_error"); });
  auto client = upstreams.client();
  (void)client.wait_final(submit(client, "a/m"));

  const auto task = client.wait_final(submit(client, "a/m"));

  EXPECT_EQ(task["status"], "failed");
  EXPECT_EQ(task["attempts"], 0);
  EXPECT_EQ(task["errors"][0]["type"], "provider_error") << task.dump();
  EXPECT_EQ(task["errors"][0]["evidence"], "held by: breaker");
  EXPECT_EQ(task["errors"][0]["recovery"]["action"], "retry_later");
  EXPECT_EQ(upstreams["a"].requests().size(), 1U);
}

// The slot of an attempt whose upstream says nothing more is free again at the timeout.
TEST(Flow, AStalledUpstreamHoldsNoSlotPastItsTimeout) {
  ChatUpstreams upstreams({"stalled", "fast"}, [](app::Config& config) {
    config.engine.slots = 2;
    config.engine.max_attempts = 1;
    config.engine.attempt_timeout = 60s;
    config.providers["stalled"].first_byte_timeout = 200ms;
    config.providers["stalled"].idle_timeout = 200ms;
  });
  upstreams["stalled"].enqueue(Reply().hang());
  auto cut_off = Reply::chunked(200, "text/event-stream");
  upstreams["stalled"].enqueue(cut_off.chunk(chat_delta("half")).hang());
  upstreams["fast"].otherwise([](const SeenRequest&) { return chat_answer("hello"); });
  auto client = upstreams.client();
  const auto before_head = submit(client, "stalled/m");
  const auto in_body = submit(client, "stalled/m");
  ASSERT_TRUE(upstreams["stalled"].wait_for_requests(2, 10s));

  const auto done = client.wait_final(submit(client, "fast/m"));

  EXPECT_EQ(done["status"], "success");
  for (const auto& id : {before_head, in_body}) {
    const auto task = client.wait_final(id);
    EXPECT_EQ(task["errors"][0]["type"], "provider_timeout") << task.dump();
    EXPECT_LT(task["durations_ms"]["running"].get<int>(), 20'000);
  }
  EXPECT_EQ(model_status(client, "stalled/m")["concurrency"]["in_flight"], 0);
}

TEST(Models, ListsProvidersAndWhatBecameOfTheirModels) {
  ChatUpstreams upstreams({"a"},
                          [](app::Config& config) { config.providers["a"].models = {"unused"}; });
  upstreams["a"].enqueue(chat_answer("hello"));
  upstreams["a"].enqueue(chat_error(404, "invalid_request_error", "model_not_found"));
  auto client = upstreams.client();
  (void)client.wait_final(submit(client, "a/known"));
  (void)client.wait_final(submit(client, "a/my-private-typo"));

  const auto reply = client.get("/models");

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.json()["data"][0]["name"], "a");
  EXPECT_EQ(reply.json()["data"][1]["name"], "sim");
  EXPECT_EQ(reply.body.find("my-private-typo"), std::string::npos)
      << "what only one caller believes in is not shown to all";
  EXPECT_EQ(model_status(client, "a/unused")["configured"], true);
  EXPECT_EQ(model_status(client, "a/unused")["attempts"], 0);
  const auto status = model_status(client, "a/known");
  EXPECT_EQ(status["configured"], false);
  EXPECT_EQ(status["attempts"], 1) << status;
  EXPECT_EQ(status["errors"], 0);
  EXPECT_EQ(status["error_rate"], 0.0);
  EXPECT_EQ(status["breaker"]["state"], "closed");
  EXPECT_EQ(status["concurrency"]["limit"], 128);
  EXPECT_EQ(status["concurrency"]["in_flight"], 0);
  EXPECT_EQ(status["latency_ms"]["total"]["samples"], 1);
  EXPECT_GE(status["latency_ms"]["total"]["p99"], status["latency_ms"]["first_token"]["p50"]);
}

}  // namespace
}  // namespace taskgate::test
