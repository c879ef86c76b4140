// The main job over a real socket: submit, poll, wait, list, purge.

#include "support/test_gateway.hpp"

#include <gtest/gtest.h>

namespace taskgate::test {
namespace {

using Json = nlohmann::json;

const Json kEcho{{"model", "sim/echo"}, {"input", "hello gateway"}};

TEST(Submit, AnswersAcceptedWithALinkToFollow) {
  TestGateway gateway;
  auto client = gateway.client();

  const auto reply = client.post("/tasks", {{"model", "sim/slow?ttft=30s"}, {"input", "x"}});

  ASSERT_EQ(reply.status, 202) << reply.body;
  const auto task = reply.json();
  EXPECT_EQ(reply.header("location"), "/tasks/" + task["id"].get<std::string>());
  EXPECT_EQ(reply.header("preference-applied"), "respond-async");
  EXPECT_EQ(reply.header("idempotency-replayed"), "false");
  EXPECT_FALSE(reply.header("retry-after").empty());
  EXPECT_TRUE(reply.header("x-request-id").starts_with("req_"));
  EXPECT_EQ(task["object"], "task");
  EXPECT_TRUE(task["status"] == "queued" || task["status"] == "running");
  EXPECT_EQ(task["links"]["stream"], "/tasks/" + task["id"].get<std::string>() + "/stream");
}

TEST(Submit, RunsToAnHonestEnd) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = client.post("/tasks", kEcho).json()["id"].get<std::string>();

  const auto task = client.wait_final(id);

  EXPECT_EQ(task["status"], "success") << task.dump();
  EXPECT_EQ(task["result"]["text"], "hello gateway");
  EXPECT_EQ(task["errors"], Json::array());
  EXPECT_EQ(task["progress"], 1.0);
  EXPECT_EQ(task["attempts"], 1);
  EXPECT_GT(task["usage"]["output_tokens"].get<int>(), 0);
  EXPECT_EQ(task["confidence"]["score"], nullptr);
}

TEST(Submit, PreferWaitGivesTheFinishedTaskAtOnce) {
  TestGateway gateway;
  auto client = gateway.client();

  const auto fast = client.post("/tasks", kEcho, {{"Prefer", "wait=10"}});
  const auto slow = client.post("/tasks", {{"model", "sim/slow?ttft=60s"}, {"input", "x"}},
                                {{"Prefer", "wait=1"}});

  EXPECT_EQ(fast.status, 200) << fast.body;
  EXPECT_EQ(fast.json()["status"], "success");
  EXPECT_EQ(slow.status, 202);
}

TEST(Poll, EtagSavesTheBody) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = client.post("/tasks", kEcho).json()["id"].get<std::string>();
  (void)client.wait_final(id);
  const auto first = client.get("/tasks/" + id);
  ASSERT_FALSE(first.header("etag").empty());

  const auto second = client.get("/tasks/" + id, {{"If-None-Match", first.header("etag")}});

  EXPECT_EQ(second.status, 304);
  EXPECT_TRUE(second.body.empty());
  EXPECT_EQ(first.header("cache-control"), "no-store");
}

TEST(Poll, AnswersTheSameFromMemoryAndFromDisk) {
  TestGateway gateway;
  std::string id;
  std::string before;
  {
    auto client = gateway.client();
    id = client.post("/tasks", kEcho).json()["id"].get<std::string>();
    (void)client.wait_final(id);
    before = client.get("/tasks/" + id).body;
  }
  gateway.restart();

  EXPECT_EQ(gateway.client().get("/tasks/" + id).body, before);
}

TEST(Poll, LongPollReturnsAtTheEnd) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = client.post("/tasks", {{"model", "sim/slow?ttft=300ms"}, {"input", "x"}})
                      .json()["id"]
                      .get<std::string>();
  const auto begun = std::chrono::steady_clock::now();

  const auto reply = client.get("/tasks/" + id + "?wait=20");

  EXPECT_EQ(reply.json()["status"], "success");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{10});
}

TEST(Poll, UnknownIdsAreNotFound) {
  TestGateway gateway;
  auto client = gateway.client();

  for (const char* id : {"task_01J00000000000000000000000", "nosuch", "task_x"}) {
    EXPECT_EQ(client.get(std::string("/tasks/") + id).status, 404) << id;
    EXPECT_EQ(client.call("POST", std::string("/tasks/") + id + "/cancel").status, 404) << id;
    EXPECT_EQ(client.call("DELETE", std::string("/tasks/") + id).status, 404) << id;
    EXPECT_EQ(client.get(std::string("/tasks/") + id + "/stream").status, 404) << id;
    EXPECT_EQ(client.get(std::string("/tasks/") + id + "/events").status, 404) << id;
  }
}

TEST(Put, TheClientsOwnIdIsKept) {
  TestGateway gateway;
  auto client = gateway.client();

  const auto first = client.call("PUT", "/tasks/order-17", kEcho.dump());
  const auto again =
      client.call("PUT", "/tasks/order-17", R"({ "input": "hello gateway", "model": "sim/echo" })");
  const auto other =
      client.call("PUT", "/tasks/order-17", R"({"model":"sim/echo","input":"different"})");

  EXPECT_EQ(first.status, 202) << first.body;
  EXPECT_EQ(first.json()["id"], "order-17");
  EXPECT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(other.status, 409) << other.body;
  EXPECT_EQ(client.wait_final("order-17")["result"]["text"], "hello gateway");
}

TEST(List, NewestFirstPageByPage) {
  TestGateway gateway;
  auto client = gateway.client();
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    auto body = kEcho;
    body["tags"] = {i % 2 == 0 ? "even" : "odd"};
    ids.push_back(client.post("/tasks", body).json()["id"].get<std::string>());
    (void)client.wait_final(ids.back());
  }

  std::vector<std::string> seen;
  std::string target = "/tasks?limit=2";
  for (int page = 0; page < 5; ++page) {
    const auto list = client.get(target).json();
    for (const auto& task : list["data"]) seen.push_back(task["id"]);
    if (!list["has_more"].get<bool>()) break;
    target = "/tasks?limit=2&cursor=" + list["next_cursor"].get<std::string>();
  }

  EXPECT_EQ(seen, (std::vector<std::string>{ids[4], ids[3], ids[2], ids[1], ids[0]}));
  EXPECT_EQ(client.get("/tasks?tag=odd").json()["data"].size(), 2U);
  EXPECT_EQ(client.get("/tasks?status=failed").json()["data"].size(), 0U);
  EXPECT_EQ(client.get("/tasks?cursor=%00garbage").status, 400);
}

TEST(Purge, ContentGoesAndTheIdAnswersGone) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = client.post("/tasks", kEcho).json()["id"].get<std::string>();
  (void)client.wait_final(id);

  EXPECT_EQ(client.call("DELETE", "/tasks/" + id).status, 204);
  EXPECT_EQ(client.get("/tasks/" + id).status, 410);
  EXPECT_EQ(client.get("/tasks/" + id + "/stream").status, 410);
  EXPECT_EQ(client.call("DELETE", "/tasks/" + id).status, 204);
}

TEST(Purge, AnOwnIdThatWasPurgedIsGoneForSubmissionsToo) {
  TestGateway gateway;
  auto client = gateway.client();
  (void)client.call("PUT", "/tasks/order-9", kEcho.dump());
  (void)client.wait_final("order-9");
  (void)client.call("DELETE", "/tasks/order-9");

  EXPECT_EQ(client.call("PUT", "/tasks/order-9", kEcho.dump()).status, 410);
}

TEST(Purge, ALiveTaskIsNotPurged) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = client.post("/tasks", {{"model", "sim/slow?ttft=60s"}, {"input", "x"}})
                      .json()["id"]
                      .get<std::string>();

  EXPECT_EQ(client.call("DELETE", "/tasks/" + id).status, 409);
}

TEST(Submit, TheServersLimitAnswersUnavailableWithRetryAfter) {
  TestGateway gateway([](app::Config& config) { config.engine.max_queued_tasks = 2; });
  auto client = gateway.client();
  const Json slow{{"model", "sim/slow?ttft=60s"}, {"input", "x"}};
  ASSERT_EQ(client.post("/tasks", slow).status, 202);
  ASSERT_EQ(client.post("/tasks", slow).status, 202);

  const auto refused = client.post("/tasks", slow);

  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_GE(std::stoi(refused.header("retry-after")), 1);
  EXPECT_EQ(refused.header("content-type"), "application/problem+json");
}

TEST(Submit, TheTenantsLimitAnswersTooManyRequests) {
  TestGateway gateway([](app::Config& config) { config.engine.tenant_max_queued = 1; });
  auto client = gateway.client();
  const Json slow{{"model", "sim/slow?ttft=60s"}, {"input", "x"}};
  ASSERT_EQ(client.post("/tasks", slow).status, 202);

  EXPECT_EQ(client.post("/tasks", slow).status, 429);
}

TEST(Submit, UnknownModelsAreRefusedWithWhatIsThere) {
  TestGateway gateway;
  auto client = gateway.client();

  const auto reply = client.post("/tasks", {{"model", "nosuch/model"}, {"input", "x"}});

  EXPECT_EQ(reply.status, 422);
  EXPECT_NE(reply.body.find("sim"), std::string::npos) << reply.body;
}

TEST(Submit, PriorityRunsFirst) {
  TestGateway gateway([](app::Config& config) { config.engine.slots = 1; });
  auto client = gateway.client();
  (void)client.post("/tasks",
                    {{"model", "sim/slow?ttft=300ms"}, {"input", "x"}});  // holds the only slot
  const auto low = client.post("/tasks", {{"model", "sim/echo"}, {"input", "low"}, {"priority", 0}})
                       .json()["id"]
                       .get<std::string>();
  const auto high =
      client.post("/tasks", {{"model", "sim/echo"}, {"input", "high"}, {"priority", 9}})
          .json()["id"]
          .get<std::string>();

  const auto low_task = client.wait_final(low);
  const auto high_task = client.wait_final(high);

  EXPECT_LE(high_task["finished_at"].get<std::string>(), low_task["started_at"].get<std::string>());
}

}  // namespace
}  // namespace taskgate::test
