// An MCP server that never answers, and the tasks that name its tools.

#include "support/scripted_upstream.hpp"
#include "support/test_gateway.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace taskgate::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Steady = std::chrono::steady_clock;

class HungToolServer : public ::testing::Test {
 protected:
  HungToolServer() {
    server_.otherwise([](const SeenRequest&) { return Reply().hang(); });
    gateway_.emplace([this](app::Config& config) {
      app::McpServerConfig crm;
      crm.url = server_.url() + "/mcp";
      crm.allow_private = true;
      crm.timeout = 60s;
      app::ToolConfig lookup;
      lookup.definition.effect = tools::Effect::read;
      lookup.as = "crm.lookup";
      crm.tools["lookup"] = lookup;
      config.mcp_servers["crm"] = crm;
    });
    client_.emplace(gateway_->client());
  }

  std::string submit(const Json& more) {
    Json task{{"model", "sim/tools"},
              {"input", Json{{"turns", {{{"text", "done"}}}}}.dump()},
              {"tools", {"crm.lookup"}}};
    task.update(more);
    const auto reply = client_->post("/tasks", task);
    EXPECT_EQ(reply.status, 202U) << reply.body;
    return reply.json().value("id", "");
  }

  ScriptedUpstream server_;
  std::optional<TestGateway> gateway_;
  std::optional<ApiClient> client_;
};

TEST_F(HungToolServer, ATaskThatWaitsForItCanBeCancelled) {
  const auto id = submit(Json::object());
  ASSERT_TRUE(server_.wait_for_requests(1, 10s));
  const auto begun = Steady::now();

  (void)client_->call("POST", "/tasks/" + id + "/cancel");
  const auto task = client_->wait_final(id);

  EXPECT_EQ(task["status"], "cancelled");
  EXPECT_LT(Steady::now() - begun, 10s);
}

TEST_F(HungToolServer, ATaskThatWaitsForItKeepsItsDeadline) {
  const auto begun = Steady::now();
  const auto id = submit({{"deadline", to_rfc3339(SystemClock().now() + 1500ms)}});

  const auto task = client_->wait_final(id);

  EXPECT_EQ(task["status"], "expired");
  EXPECT_LT(Steady::now() - begun, 20s);
}

TEST_F(HungToolServer, AShutdownDoesNotWaitForIt) {
  (void)submit(Json::object());
  ASSERT_TRUE(server_.wait_for_requests(1, 10s));
  const auto begun = Steady::now();

  gateway_->stop();

  EXPECT_LT(Steady::now() - begun, 20s);
}

}  // namespace
}  // namespace taskgate::test
