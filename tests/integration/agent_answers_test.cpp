// What the checks make of the answers of tasks with tools.

#include "support/scripted_upstream.hpp"
#include "support/test_gateway.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace taskgate::test {
namespace {

using Json = nlohmann::json;

class AgentAnswers : public ::testing::Test {
 protected:
  AgentAnswers() {
    tools_.otherwise([](const SeenRequest&) { return Reply::json(200, R"({"price":4711.5})"); });
    gateway_.emplace([this](app::Config& config) {
      for (const auto* name : {"look", "send"}) {
        app::ToolConfig tool;
        tool.parameters.text = R"({"type":"object","properties":{"id":{"type":"integer"}}})";
        tool.http.url = tools_.url() + "/" + name;
        tool.http.allow_private = true;
        if (std::string_view(name) == "look") {
          tool.definition.effect = tools::Effect::read;
          tool.http.method = app::ToolMethod::get;
        }
        config.tools[name] = tool;
      }
    });
  }

  Json run(const Json& turns, const Json& more) {
    Json body{{"model", "sim/tools"},
              {"input", Json{{"turns", turns}}.dump()},
              {"tools", {"look", "send"}}};
    body.update(more);
    auto client = gateway_->client();
    const auto reply = client.post("/tasks", body);
    EXPECT_EQ(reply.status, 202U) << reply.body;
    return client.wait_final(reply.json().value("id", ""));
  }
  static Json call(const char* tool) {
    return {{"calls", Json::array({{{"name", tool}, {"arguments", {{"id", 1}}}}})}};
  }
  static Json text(const char* words) { return {{"text", words}}; }
  static std::string kinds(const Json& task) {
    std::string all;
    for (const auto& step : task["steps"]) all += step["kind"].get<std::string>() + ' ';
    return all;
  }

  ScriptedUpstream tools_;
  std::optional<TestGateway> gateway_;
};

const Json kNeedsOk{{"output_schema", {{"required", {"ok"}}, {"type", "object"}}}};

TEST_F(AgentAnswers, AnAnswerThatBreaksItsSchemaIsToldAfterTheTools) {
  const auto task = run({call("look"), text("no JSON"), text(R"({"ok":true})")}, kNeedsOk);

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_EQ(task["result"]["output"], Json::parse(R"({"ok":true})"));
  EXPECT_EQ(kinds(task), "model tool model check model check ");
  for (std::size_t i = 0; i < task["steps"].size(); ++i)
    EXPECT_EQ(task["steps"][i]["index"], static_cast<int>(i) + 1);
  EXPECT_EQ(task["tool_calls"].size(), 1U);
}

TEST_F(AgentAnswers, NothingIsAskedAgainOnceAToolHasWritten) {
  const auto task = run({call("send"), text("no JSON"), text(R"({"ok":true})")}, kNeedsOk);

  EXPECT_EQ(task["status"], "failed") << task.dump(1);
  EXPECT_EQ(task["errors"][0]["type"], "schema_violation");
  EXPECT_EQ(kinds(task), "model tool model check ");
  EXPECT_EQ(tools_.requests().size(), 1U);
}

}  // namespace
}  // namespace taskgate::test
