// Stopping: on request, by deadline.

#include "support/test_gateway.hpp"

#include <gtest/gtest.h>

namespace taskgate::test {
namespace {

using Steady = std::chrono::steady_clock;

std::string submit_model(ApiClient& client, const std::string& model) {
  return client.post("/tasks", {{"model", model}, {"input", "x"}}).json()["id"].get<std::string>();
}

TEST(Cancel, ARunningTaskStopsAndKeepsWhatItHad) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = submit_model(client, "sim/lorem?tokens=1000&tps=50");
  auto stream = gateway.stream(id);
  while (stream.next()->type != "output.delta") {
  }

  const auto begun = Steady::now();
  const auto reply = client.call("POST", "/tasks/" + id + "/cancel");
  const auto task = client.wait_final(id);

  EXPECT_TRUE(reply.status == 202 || reply.status == 200) << reply.status;
  EXPECT_LT(Steady::now() - begun, std::chrono::seconds{2});
  EXPECT_EQ(task["status"], "cancelled");
  EXPECT_EQ(task["errors"][0]["type"], "cancelled");
  EXPECT_FALSE(task["result"]["text"].get<std::string>().empty());
}

TEST(Cancel, AQueuedTaskNeverStarts) {
  TestGateway gateway([](app::Config& config) { config.engine.slots = 1; });
  auto client = gateway.client();
  const auto blocker = submit_model(client, "sim/slow?ttft=60s");
  const auto id = submit_model(client, "sim/echo");

  (void)client.call("POST", "/tasks/" + id + "/cancel");
  const auto task = client.wait_final(id);

  EXPECT_EQ(task["status"], "cancelled");
  EXPECT_EQ(task["attempts"], 0);
  EXPECT_EQ(task["started_at"], nullptr);
}

TEST(Cancel, AFinishedTaskComesBackUnchanged) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = submit_model(client, "sim/echo");
  const auto before = client.wait_final(id);

  const auto reply = client.call("POST", "/tasks/" + id + "/cancel");

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.json(), before);
}

TEST(Cancel, ARequestedCancellationSurvivesARestart) {
  TestGateway gateway([](app::Config& config) { config.engine.slots = 1; });
  std::string id;
  {
    auto client = gateway.client();
    id = submit_model(client, "sim/slow?ttft=60s");
    ASSERT_LT(client.call("POST", "/tasks/" + id + "/cancel").status, 300U);
  }
  gateway.restart();

  EXPECT_EQ(gateway.client().wait_final(id)["status"], "cancelled");
}

TEST(Cancel, ATaskThatWaitsForItsTimeIsCancelledAtOnce) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto when = to_rfc3339(SystemClock().now() + std::chrono::hours{24});
  const auto id =
      client.post("/tasks", {{"model", "sim/echo"}, {"input", "x"}, {"not_before", when}})
          .json()["id"]
          .get<std::string>();

  (void)client.call("POST", "/tasks/" + id + "/cancel");

  EXPECT_EQ(client.wait_final(id)["status"], "cancelled");
}

TEST(Deadline, ARunningTaskExpires) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto deadline = to_rfc3339(SystemClock().now() + std::chrono::milliseconds{300});
  const auto id =
      client
          .post("/tasks", {{"model", "sim/slow?ttft=60s"}, {"input", "x"}, {"deadline", deadline}})
          .json()["id"]
          .get<std::string>();

  const auto task = client.wait_final(id);

  EXPECT_EQ(task["status"], "expired");
  EXPECT_EQ(task["errors"][0]["type"], "deadline_exceeded");
}

TEST(Deadline, AQueuedTaskExpiresWithoutEverStarting) {
  TestGateway gateway([](app::Config& config) { config.engine.slots = 1; });
  auto client = gateway.client();
  (void)submit_model(client, "sim/slow?ttft=60s");
  const auto deadline = to_rfc3339(SystemClock().now() + std::chrono::milliseconds{300});
  const auto id =
      client.post("/tasks", {{"model", "sim/echo"}, {"input", "x"}, {"deadline", deadline}})
          .json()["id"]
          .get<std::string>();

  const auto task = client.wait_final(id);

  EXPECT_EQ(task["status"], "expired");
  EXPECT_EQ(task["attempts"], 0);
}

TEST(NotBefore, StartsWhenItsTimeHasCome) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto when = SystemClock().now() + std::chrono::milliseconds{400};
  const auto id =
      client
          .post("/tasks", {{"model", "sim/echo"}, {"input", "x"}, {"not_before", to_rfc3339(when)}})
          .json()["id"]
          .get<std::string>();

  const auto task = client.wait_final(id);

  EXPECT_EQ(task["status"], "success");
  EXPECT_GE(task["started_at"].get<std::string>(), to_rfc3339(when));
}

}  // namespace
}  // namespace taskgate::test
