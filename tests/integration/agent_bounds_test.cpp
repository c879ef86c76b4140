// What the calls of one task may take of the machine: how many reads run side by side, and how
// much of their tools' answers is kept.

#include "support/chat_upstream.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace taskgate::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr std::size_t kConversation = 64U << 10;
constexpr std::size_t kAnswer = 12U << 10;

std::string sse_chunk(const Json& choice) {
  return "data: " + Json{{"id", "c1"}, {"choices", Json::array({choice})}}.dump() + "\n\n";
}

class AgentBounds : public ::testing::Test {
 protected:
  AgentBounds()
      : upstreams_({"test"}, [this](app::Config& config) {
          config.engine.max_conversation_bytes = kConversation;
          app::ToolConfig look;
          look.parameters.text = R"({"type":"object","properties":{"id":{"type":"integer"}}})";
          look.definition.effect = tools::Effect::read;
          look.definition.max_result_bytes = kAnswer;
          look.http.url = tools_.url() + "/look";
          look.http.allow_private = true;
          config.tools["look"] = look;
        }) {}

  std::string submit_task() {
    auto client = upstreams_.client();
    return submit(client, "test/m", {{"tools", {"look"}}});
  }
  Json wait_final(const std::string& id) { return upstreams_.client().wait_final(id); }
  ScriptedUpstream& model() { return upstreams_["test"]; }
  /// A turn of the scripted model that asks for so many reads, with `padding` in their arguments.
  static Reply turn(int calls, const std::string& padding = {}) {
    Json asked = Json::array();
    for (int i = 0; i < calls; ++i) {
      const Json arguments{{"id", i}, {"padding", padding}};
      asked.push_back({{"index", i},
                       {"id", "c" + std::to_string(i)},
                       {"type", "function"},
                       {"function", {{"name", "look"}, {"arguments", arguments.dump()}}}});
    }
    return Reply::sse(
        {sse_chunk({{"index", 0}, {"delta", {{"role", "assistant"}, {"tool_calls", asked}}}}),
         sse_chunk({{"index", 0}, {"delta", Json::object()}, {"finish_reason", "tool_calls"}}),
         "data: [DONE]\n\n"});
  }

  ScriptedUpstream tools_;
  ChatUpstreams upstreams_;
};

TEST_F(AgentBounds, ReadsOfATurnRunSixteenSideBySide) {
  tools_.otherwise([](const SeenRequest&) {
    auto reply = Reply::raw("").stall();
    return reply.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
  });
  model().enqueue(turn(40));
  model().enqueue(chat_answer("done"));

  const auto id = submit_task();
  ASSERT_TRUE(tools_.wait_for_requests(16, 20s));
  for (int i = 0; i < 40; ++i) tools_.release();
  const auto task = wait_final(id);

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_EQ(task["tool_calls"].size(), 40U);
  const auto requests = tools_.requests();
  EXPECT_EQ(requests.size(), 40U);
  // All begun at once would have taken a connection each.
  EXPECT_LE(tools_.connections(), 16U);
}

TEST_F(AgentBounds, WhatToolsAnswerIsKeptAsFarAsThereIsRoom) {
  const std::string answer(kAnswer, 'x');
  tools_.otherwise([&answer](const SeenRequest&) { return Reply::json(200, answer); });
  model().enqueue(turn(8));
  model().enqueue(chat_answer("done"));

  const auto task = wait_final(submit_task());

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  ASSERT_EQ(model().requests().size(), 2U);
  const auto told = model().requests()[1].body;
  EXPECT_GT(told.size(), kConversation / 2);
  EXPECT_LT(told.size(), kConversation / 2 + 8'000);
  EXPECT_NE(told.find("take up the room"), std::string::npos);
}

TEST_F(AgentBounds, ConversationThatGrowsTooLargeEndsTheTask) {
  const std::string padding(10U << 10, 'x');
  tools_.otherwise([](const SeenRequest&) { return Reply::json(200, "{}"); });
  model().otherwise([&padding](const SeenRequest&) { return turn(1, padding); });

  const auto task = wait_final(submit_task());

  EXPECT_EQ(task["status"], "failed");
  EXPECT_EQ(task["errors"][0]["type"], "budget_exceeded");
  EXPECT_LT(model().requests().size(), 8U);
}

}  // namespace
}  // namespace taskgate::test
