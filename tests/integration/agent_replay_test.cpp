// What a model is told of its calls: in their order, the same in every later turn and after every
// restart, and nothing of it lost from the task.

#include "support/chat_upstream.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

Json call_of(const char* tool, int number) {
  return {{"name", tool}, {"arguments", {{"number", number}}}};
}

Reply chat_call(const char* tool) {
  const Json call{{"index", 0},
                  {"id", std::string("c_") + tool},
                  {"type", "function"},
                  {"function", {{"name", tool}, {"arguments", R"({"number":1})"}}}};
  const Json begun{{"index", 0},
                   {"delta", {{"role", "assistant"}, {"tool_calls", Json::array({call})}}}};
  const Json ended{{"index", 0}, {"delta", Json::object()}, {"finish_reason", "tool_calls"}};
  const auto event = [](const Json& choice) {
    return "data: " + Json{{"id", "c1"}, {"choices", Json::array({choice})}}.dump() + "\n\n";
  };
  return Reply::sse({event(begun), event(ended), "data: [DONE]\n\n"});
}

class AgentReplay : public ::testing::Test {
 protected:
  AgentReplay() {
    tools_.otherwise([this](const SeenRequest& request) {
      const std::lock_guard lock(mutex_);
      sent_.push_back(request.target + ' ' + request.body);
      if (scripted_.empty()) return Reply::json(200, R"({"done":true})");
      auto reply = std::move(scripted_.front());
      scripted_.erase(scripted_.begin());
      return reply;
    });
    gateway_.emplace([this](app::Config& config) {
      for (const std::string name : {"first", "second", "look", "ask"}) {
        app::ToolConfig tool;
        tool.parameters.text = R"({"type":"object","properties":{"number":{"type":"integer"}}})";
        tool.http.url = tools_.url() + "/" + name;
        tool.http.allow_private = true;
        if (name == "look") tool.definition.effect = tools::Effect::read;
        if (name == "ask") tool.definition.approval = tools::Approval::required;
        tool.definition.max_attempts = name == "look" ? 3 : 1;
        config.tools[name] = tool;
      }
      app::ProviderConfig provider;
      provider.base_url = model_.url() + "/v1";
      provider.api_key = "sk-replay-0123456789abcdefghij";
      config.providers["test"] = provider;
      config.prices["sim/tools"] = {1e6, 1e6, {}, {}};  // a dollar a token
    });
    client_.emplace(gateway_->client());
  }

  /// The tools' next replies, in the order of their requests.
  void answer_next(Reply reply) {
    const std::lock_guard lock(mutex_);
    scripted_.push_back(std::move(reply));
  }
  std::vector<std::string> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  std::string submit_turns(const Json& turns, const Json& more = Json::object()) {
    Json task{{"model", "sim/tools"},
              {"input", Json{{"turns", turns}}.dump()},
              {"tools", {"first", "second", "look", "ask"}}};
    task.update(more);
    const auto reply = client_->post("/tasks", task);
    EXPECT_EQ(reply.status, 202U) << reply.body;
    return reply.json().value("id", "");
  }
  Json wait_waiting(const std::string& id) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < until) {
      auto task = client_->get("/tasks/" + id).json();
      if (task["status"] == "waiting") return task;
    }
    throw std::runtime_error("it does not wait");
  }
  Json run_turns(const Json& turns, const Json& more = Json::object()) {
    return client_->wait_final(submit_turns(turns, more));
  }

  mutable std::mutex mutex_;
  std::vector<Reply> scripted_;
  std::vector<std::string> sent_;
  ScriptedUpstream tools_;
  ScriptedUpstream model_;
  std::optional<TestGateway> gateway_;
  std::optional<ApiClient> client_;
};

TEST_F(AgentReplay, ARepeatedWriteKeepsItsPlaceAmongTheWrites) {
  answer_next(Reply::json(429, R"({"error":"slowly"})"));

  const auto task = run_turns({{{"calls", {call_of("first", 1)}}},
                               {{"calls", {call_of("first", 1), call_of("second", 1)}}},
                               {{"text", "done"}}});

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  const auto requests = sent();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_TRUE(requests[1].starts_with("/first")) << requests[1];
  EXPECT_TRUE(requests[2].starts_with("/second")) << requests[2];
}

TEST_F(AgentReplay, WhatTheModelWasToldOfAFailureStaysWhenTheCallIsMadeAgain) {
  answer_next(Reply::json(429, R"({"error":"slowly"})"));
  model_.enqueue(chat_call("first"));
  model_.enqueue(chat_call("first"));
  model_.enqueue(chat_call("ask"));
  model_.enqueue(chat_answer("done"));
  const auto id = submit_turns(Json::array(), {{"model", "test/m"}});
  const auto waiting = wait_waiting(id);
  const auto key = waiting["required_input"]["calls"][0]["key"];
  client_.reset();
  gateway_->restart();
  client_.emplace(gateway_->client());

  const auto reply = client_->post("/tasks/" + id + "/input", {{"approve", {{"key", key}}}});

  ASSERT_EQ(reply.status, 202U) << reply.body;
  const auto task = client_->wait_final(id);
  EXPECT_EQ(task["status"], "success") << task.dump(1);
  const auto told = model_.requests().back().body;
  const auto failure = told.find("slowly");
  ASSERT_NE(failure, std::string::npos) << told;
  EXPECT_LT(failure, told.find("result"));
  ASSERT_EQ(task["errors"].size(), 1U) << task.dump(1);
  EXPECT_EQ(task["errors"][0]["type"], "tool_error");
}

TEST_F(AgentReplay, ATurnThatAsksForTooManyCallsIsPaidFor) {
  const auto task =
      run_turns({{{"calls", {call_of("first", 1), call_of("first", 2)}}}}, {{"max_tool_calls", 1}});

  EXPECT_EQ(task["status"], "failed");
  EXPECT_EQ(task["errors"][0]["type"], "max_tool_calls_exceeded");
  ASSERT_TRUE(task["usage"].is_object()) << task.dump(1);
  EXPECT_GT(task["usage"]["output_tokens"].get<int>(), 0);
  EXPECT_EQ(task["steps"].size(), 1U);
  EXPECT_TRUE(sent().empty());
}

TEST_F(AgentReplay, AToolThatAsksForALongPauseHasFailed) {
  auto busy = Reply::json(503, R"({"error":"busy"})");
  busy.header("Retry-After", "3600");
  answer_next(std::move(busy));

  const auto task = run_turns({{{"calls", {call_of("look", 1)}}}, {{"text", "done"}}});

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_EQ(sent().size(), 1U);
  EXPECT_EQ(task["tool_calls"][0]["status"], "failed");
  const auto evidence = task["tool_calls"][0]["evidence"].get<std::string>();
  EXPECT_NE(evidence.find("3600 s"), std::string::npos) << evidence;
}

TEST_F(AgentReplay, ABudgetInMoneyNeedsAPrice) {
  Json task{{"model", "sim/tools?vary=repeat"},
            {"input", "{}"},
            {"tools", {"first"}},
            {"budget", {{"usd", 0.1}}}};

  const auto refused = client_->post("/tasks", task);
  task["model"] = "sim/tools";
  const auto taken = client_->post("/tasks", task);

  EXPECT_EQ(refused.status, 422U);
  EXPECT_EQ(refused.json()["errors"][0]["path"], "/budget/usd") << refused.body;
  EXPECT_EQ(taken.status, 202U) << taken.body;
}

TEST_F(AgentReplay, WhatIsCancelledWhileItWaitsHasItsCost) {
  const auto id = submit_turns({{{"calls", {call_of("ask", 1)}}}, {{"text", "done"}}});
  (void)wait_waiting(id);

  (void)client_->call("POST", "/tasks/" + id + "/cancel");

  const auto task = client_->wait_final(id);
  EXPECT_EQ(task["status"], "cancelled");
  ASSERT_TRUE(task["cost_usd"].is_number()) << task.dump(1);
  EXPECT_EQ(task["cost_usd"], task["usage"]["total_tokens"]);
}

}  // namespace
}  // namespace taskgate::test
