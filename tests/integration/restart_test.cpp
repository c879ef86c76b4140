// What a dead process leaves is taken up by the next one.

#include "support/test_gateway.hpp"

#include <gtest/gtest.h>

namespace taskgate::test {
namespace {

TEST(Restart, QueuedAndRunningTasksAreFinishedByTheNextProcess) {
  TestGateway gateway([](app::Config& config) { config.engine.slots = 2; });
  std::vector<std::string> ids;
  {
    auto client = gateway.client();
    for (int i = 0; i < 6; ++i) {
      ids.push_back(client.post("/tasks", {{"model", "sim/slow?ttft=200ms"}, {"input", "x"}})
                        .json()["id"]
                        .get<std::string>());
    }
  }
  gateway.restart();

  auto client = gateway.client();
  for (const auto& id : ids) EXPECT_EQ(client.wait_final(id)["status"], "success");
}

TEST(Restart, TheDeadAttemptsTextIsVoid) {
  TestGateway gateway;
  std::string id;
  {
    auto client = gateway.client();
    id = client.post("/tasks", {{"model", "sim/lorem?tokens=100&tps=100"}, {"input", "x"}})
             .json()["id"]
             .get<std::string>();
    auto stream = gateway.stream(id);
    while (stream.next()->type != "output.delta") {
    }
  }
  gateway.restart();

  const auto events = gateway.stream(id).rest();

  bool reset = false;
  for (const auto& event : events) reset = reset || event.type == "output.reset";
  EXPECT_TRUE(reset);
  EXPECT_EQ(events.back().type, "task.success");
  EXPECT_EQ(events.back().data["task"]["attempts"], 2);
  EXPECT_EQ(text_of(events), events.back().data["task"]["result"]["text"]);
}

TEST(Restart, ASecondProcessOnTheSameFileIsRefused) {
  TestGateway gateway;
  app::Config config;
  config.server.listen.port = 0;
  config.auth.mode = app::AuthMode::open;
  config.database.path = gateway.database();

  app::Application second(config);
  const auto started = second.start();

  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message().find("in use"), std::string::npos)
      << started.error().message();
}

TEST(Restart, EstimatesAreKept) {
  TestGateway gateway;
  {
    auto client = gateway.client();
    for (int i = 0; i < 6; ++i) {
      const auto reply = client.post("/tasks", {{"model", "sim/echo"}, {"input", "x"}});
      (void)client.wait_final(reply.json()["id"]);
    }
  }
  gateway.restart();

  const auto task = gateway.client().post("/tasks", {{"model", "sim/echo"}, {"input", "x"}}).json();

  EXPECT_TRUE(task["estimated_duration_ms"].is_number()) << task.dump();
}

TEST(Drain, AttemptsEndWithinTheGrace) {
  TestGateway gateway;
  std::string id;
  {
    auto client = gateway.client();
    id = client.post("/tasks", {{"model", "sim/slow?ttft=300ms"}, {"input", "x"}})
             .json()["id"]
             .get<std::string>();
  }
  gateway.restart(std::chrono::seconds{20});

  EXPECT_EQ(gateway.client().wait_final(id)["attempts"], 1)
      << gateway.client().get("/tasks/" + id + "/events").body;
}

}  // namespace
}  // namespace taskgate::test
