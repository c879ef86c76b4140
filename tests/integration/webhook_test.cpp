// A task's end is announced: signed, retried, listed.

#include "support/scripted_upstream.hpp"
#include "support/test_gateway.hpp"
#include "taskgate/delivery/signer.hpp"

#include <gtest/gtest.h>

namespace taskgate::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

void allow_loopback(app::Config& config) {
  config.webhooks.allow_loopback_for_tests = true;
}

app::Overrides quick_schedule() {
  app::Overrides overrides;
  overrides.webhook_schedule = delivery::RetrySchedule{};
  overrides.webhook_schedule->delays = {1ms, 1ms};
  return overrides;
}

Json with_webhook(const ScriptedUpstream& receiver) {
  return {
      {"model", "sim/echo"}, {"input", "ping"}, {"webhook", {{"url", receiver.url() + "/hook"}}}};
}

// Polls the delivery log until every row of the task has left `pending`.
Json settled_deliveries(ApiClient& client, const std::string& id) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < deadline) {
    auto rows = client.get("/webhook_deliveries?task=" + id).json()["data"];
    bool pending = rows.empty();
    for (const auto& row : rows) pending = pending || row["status"] == "pending";
    if (!pending) return rows;
  }
  throw std::runtime_error("deliveries did not settle");
}

TEST(Webhook, AnnouncesTheEndSignedAndWhole) {
  ScriptedUpstream receiver;
  receiver.otherwise([](const SeenRequest&) { return Reply::whole(204, "text/plain", ""); });
  TestGateway gateway(allow_loopback);
  auto client = gateway.client();
  const auto id = client.post("/tasks", with_webhook(receiver)).json()["id"].get<std::string>();

  ASSERT_TRUE(receiver.wait_for_requests(1, 20s));
  const auto seen = receiver.requests().front();
  const auto secrets = client.get("/webhook_secret").json();
  const auto body = Json::parse(seen.body);

  EXPECT_EQ(body["type"], "task.success");
  EXPECT_EQ(body["data"]["id"], id);
  EXPECT_EQ(body["data"]["task"], client.wait_final(id));
  EXPECT_EQ(body["id"], seen.header("webhook-id"));
  const auto id_header = seen.header("webhook-id");
  const auto time_header = seen.header("webhook-timestamp");
  const auto signature_header = seen.header("webhook-signature");
  const auto now = std::chrono::seconds{std::stoll(time_header)};
  ASSERT_FALSE(secrets["secrets"].empty()) << secrets.dump();
  EXPECT_TRUE(delivery::verify({id_header, time_header, signature_header}, seen.body,
                               secrets["secrets"][0].get<std::string>(), now));
  EXPECT_FALSE(delivery::verify({id_header, time_header, signature_header}, seen.body + " ",
                                secrets["secrets"][0].get<std::string>(), now));
}

TEST(Webhook, IsRepeatedUnderOneIdUntilItIsTaken) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(500, "text/plain", "no"));
  receiver.enqueue(Reply::whole(302, "text/plain", "elsewhere"));
  receiver.enqueue(Reply::whole(200, "text/plain", "yes"));
  TestGateway gateway(allow_loopback, quick_schedule());
  auto client = gateway.client();
  const auto id = client.post("/tasks", with_webhook(receiver)).json()["id"].get<std::string>();

  ASSERT_TRUE(receiver.wait_for_requests(3, 20s));
  const auto rows = settled_deliveries(client, id);

  const auto seen = receiver.requests();
  EXPECT_EQ(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
  EXPECT_EQ(seen[0].header("webhook-id"), seen[2].header("webhook-id"));
  EXPECT_EQ(rows[0]["status"], "delivered");
  EXPECT_EQ(rows[0]["attempts"], 3);
}

TEST(Webhook, IsListedAsExhaustedAndCanBeSentAgain) {
  ScriptedUpstream receiver;
  for (int i = 0; i < 3; ++i) receiver.enqueue(Reply::whole(500, "text/plain", "no"));
  receiver.otherwise([](const SeenRequest&) { return Reply::whole(200, "text/plain", "yes"); });
  TestGateway gateway(allow_loopback, quick_schedule());
  auto client = gateway.client();
  const auto id = client.post("/tasks", with_webhook(receiver)).json()["id"].get<std::string>();
  ASSERT_TRUE(receiver.wait_for_requests(3, 20s));
  const auto rows = settled_deliveries(client, id);
  ASSERT_EQ(rows[0]["status"], "exhausted") << rows.dump();

  const auto path =
      "/webhook_deliveries/" +
      (rows[0]["id"].is_string() ? rows[0]["id"].get<std::string>() : rows[0]["id"].dump());
  EXPECT_EQ(client.call("POST", path + "/redeliver").status, 202);

  ASSERT_TRUE(receiver.wait_for_requests(4, 20s));
  EXPECT_EQ(settled_deliveries(client, id)[0]["status"], "delivered");
}

TEST(Webhook, SurvivesARestartOfTheGateway) {
  ScriptedUpstream receiver;
  receiver.enqueue(Reply::whole(500, "text/plain", "no"));
  receiver.otherwise([](const SeenRequest&) { return Reply::whole(200, "text/plain", "yes"); });
  auto overrides = quick_schedule();
  overrides.webhook_schedule->delays = {300ms, 300ms};
  TestGateway gateway(allow_loopback, overrides);
  std::string id;
  {
    auto client = gateway.client();
    id = client.post("/tasks", with_webhook(receiver)).json()["id"].get<std::string>();
    ASSERT_TRUE(receiver.wait_for_requests(1, 20s));
  }
  gateway.restart();

  auto client = gateway.client();
  EXPECT_EQ(settled_deliveries(client, id)[0]["status"], "delivered");
}

TEST(Webhook, LoopbackIsRefusedUnlessItIsAllowed) {
  TestGateway gateway;
  auto client = gateway.client();

  for (const char* url : {"http://127.0.0.1:9/", "https://127.0.0.1/", "https://[::1]/",
                          "https://169.254.169.254/latest", "https://10.0.0.1/",
                          "ftp://example.com/", "https://user:pass@example.com/"}) {
    const auto reply =
        client.post("/tasks", {{"model", "sim/echo"}, {"input", "x"}, {"webhook", {{"url", url}}}});
    EXPECT_EQ(reply.status, 422) << url << reply.body;
    EXPECT_NE(reply.body.find("/webhook/url"), std::string::npos) << reply.body;
  }
}

}  // namespace
}  // namespace taskgate::test
