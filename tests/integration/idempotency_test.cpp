// One key, one task: whatever is retried, however it is spelled, however many at once.

#include "support/test_gateway.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace taskgate::test {
namespace {

using Json = nlohmann::json;

TEST(Idempotency, SixtyFourConcurrentPostsMakeOneTask) {
  TestGateway gateway;
  constexpr int kClients = 64;
  std::vector<ApiReply> replies(kClients);
  std::vector<std::thread> clients;

  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&gateway, &replies, i] {
      replies[static_cast<std::size_t>(i)] =
          gateway.client().post("/tasks", {{"model", "sim/echo"}, {"input", "once"}},
                                {{"Idempotency-Key", "\"one-key\""}});
    });
  }
  for (auto& client : clients) client.join();

  std::set<std::string> ids;
  int created = 0;
  for (const auto& reply : replies) {
    EXPECT_TRUE(reply.status == 202 || reply.status == 200) << reply.status << reply.body;
    ids.insert(reply.json()["id"].get<std::string>());
    if (reply.header("idempotency-replayed") == "false") ++created;
  }
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(created, 1);
  EXPECT_EQ(gateway.client().get("/tasks").json()["data"].size(), 1U);
}

TEST(Idempotency, SpellingOfTheBodyDoesNotMatterItsMeaningDoes) {
  TestGateway gateway;
  auto client = gateway.client();
  const HeaderList key{{"Idempotency-Key", "\"k\""}};
  const auto first =
      client.call("POST", "/tasks", R"({"model":"sim/echo","input":"a","priority":1})", key);

  const auto respelled =
      client.call("POST", "/tasks", R"({ "priority": 1, "input": "a", "model": "sim/echo" })", key);
  const auto other = client.call("POST", "/tasks", R"({"model":"sim/echo","input":"b"})", key);

  EXPECT_EQ(respelled.json()["id"], first.json()["id"]) << respelled.body;
  EXPECT_EQ(respelled.header("idempotency-replayed"), "true");
  EXPECT_EQ(other.status, 422) << other.body;
}

TEST(Idempotency, ARepeatIsAnsweredWhenTheQueueIsFull) {
  TestGateway gateway([](app::Config& config) { config.engine.max_queued_tasks = 1; });
  auto client = gateway.client();
  const HeaderList key{{"Idempotency-Key", "\"k\""}};
  const Json slow{{"model", "sim/slow?ttft=60s"}, {"input", "x"}};
  const auto first = client.post("/tasks", slow, key);
  ASSERT_EQ(first.status, 202) << first.body;

  const auto repeat = client.post("/tasks", slow, key);
  const auto other = client.post("/tasks", {{"model", "sim/slow?ttft=60s"}, {"input", "y"}}, key);
  const auto fresh = client.post("/tasks", slow, {{"Idempotency-Key", "\"k2\""}});

  EXPECT_EQ(repeat.status, 202) << repeat.body;
  EXPECT_EQ(repeat.json()["id"], first.json()["id"]);
  EXPECT_EQ(repeat.header("idempotency-replayed"), "true");
  EXPECT_EQ(other.status, 422) << other.body;
  EXPECT_EQ(fresh.status, 503) << fresh.body;
}

TEST(Idempotency, ARepeatIsAnsweredAfterItsOwnDeadline) {
  TestGateway gateway;
  auto client = gateway.client();
  HeaderList key{{"Idempotency-Key", "\"k\""}, {"Prefer", "wait=30"}};
  const auto deadline = to_rfc3339(SystemClock().now() + std::chrono::milliseconds{300});
  const Json body{{"model", "sim/slow?ttft=60s"}, {"input", "x"}, {"deadline", deadline}};
  const auto first = client.post("/tasks", body, key);
  ASSERT_EQ(first.json()["status"], "expired") << first.body;
  ASSERT_EQ(client.call("PUT", "/tasks/own-1", body.dump()).status, 422) << "too late to be new";

  const auto repeat = client.post("/tasks", body, key);
  const auto fresh = client.post("/tasks", body, {{"Idempotency-Key", "\"k2\""}});

  EXPECT_EQ(repeat.status, 200) << repeat.body;
  EXPECT_EQ(repeat.json()["id"], first.json()["id"]);
  EXPECT_EQ(fresh.status, 422) << fresh.body;
  EXPECT_EQ(fresh.json()["errors"][0]["path"], "/deadline");
}

TEST(Idempotency, SurvivesARestart) {
  TestGateway gateway;
  const HeaderList key{{"Idempotency-Key", "\"k\""}};
  const auto first =
      gateway.client().post("/tasks", {{"model", "sim/echo"}, {"input", "a"}}, key).json()["id"];
  gateway.restart();

  const auto second = gateway.client().post("/tasks", {{"model", "sim/echo"}, {"input", "a"}}, key);

  EXPECT_EQ(second.json()["id"], first);
  EXPECT_EQ(second.header("idempotency-replayed"), "true");
}

TEST(Idempotency, MalformedKeysAreRefused) {
  TestGateway gateway;
  auto client = gateway.client();

  for (const std::string& key : {std::string("\"unterminated"), std::string("a b"),
                                 std::string(300, 'x'), std::string("\"\"")}) {
    EXPECT_EQ(
        client.post("/tasks", {{"model", "sim/echo"}, {"input", "a"}}, {{"Idempotency-Key", key}})
            .status,
        400)
        << key;
  }
}

}  // namespace
}  // namespace taskgate::test
