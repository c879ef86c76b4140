#include "providers/simulated_agent.hpp"

#include "providers/simulated.hpp"
#include "providers/simulated_rewrite.hpp"
#include "support/coro.hpp"
#include "support/recording_sink.hpp"
#include "taskgate/core/canonical_json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace taskgate::providers {
namespace {

constexpr const char* kScript = R"({"turns": [
  {"text": "let me see", "calls": [{"name": "demo.clock"},
                                   {"name": "demo.send_email", "arguments": {"to": "a", "n": 1}}]},
  {"calls": [{"name": "other", "arguments": {"x": [1, 2]}, "id": "mine"}]},
  {"repeat": 0},
  {"calls": [{"name": "other", "raw_arguments": "{\"x\":"}], "finish": "length"},
  {"results": true},
  {"text": "done"}]})";

Message message(std::string role, std::string text) {
  Message out;
  out.role = std::move(role);
  ContentPart part;
  part.text = std::move(text);
  out.content.push_back(std::move(part));
  return out;
}

ModelRequest conversation(std::string model, int turns_made, std::string script = kScript) {
  ModelRequest request;
  request.model = std::move(model);
  request.task_id = "task_1";
  request.messages.push_back(message("user", "Please do as the script says."));
  request.messages.push_back(message("user", std::move(script)));
  for (int i = 0; i < turns_made; ++i) {
    request.messages.push_back(message("assistant", ""));
    request.messages.push_back(message("tool", "result " + std::to_string(i)));
    request.messages.push_back(message("tool", "more"));
  }
  ToolSpec email;
  email.name = "demo_send_email";
  email.parameters = R"({"properties":{"to":{},"copies":{"default":1}}})";
  request.tools.push_back(std::move(email));
  return request;
}

TurnOutcome run(ModelRequest request) {
  Simulated sim;
  test::RecordingSink sink;
  return test::run(sim.stream(std::move(request), sink));
}

ModelTurn turn(ModelRequest request) {
  const TurnOutcome outcome = run(std::move(request));
  EXPECT_NE(outcome.turn(), nullptr) << (outcome.failure() ? outcome.failure()->message : "");
  return outcome.turn() ? *outcome.turn() : ModelTurn();
}

TEST(SimulatedAgent, PlaysItsScriptTurnByTurn) {
  const ModelTurn first = turn(conversation("tools", 0));
  EXPECT_EQ(first.text, "let me see");
  EXPECT_EQ(first.finish_reason, FinishReason::tool_calls);
  ASSERT_EQ(first.tool_calls.size(), 2U);
  EXPECT_EQ(first.tool_calls[0].name, "demo.clock") << "not offered: as the script writes it";
  EXPECT_EQ(first.tool_calls[0].arguments, "{}");
  EXPECT_EQ(first.tool_calls[1].name, "demo_send_email") << "as it was offered";
  EXPECT_EQ(first.tool_calls[1].arguments, R"({"to":"a","n":1})");
  EXPECT_NE(first.tool_calls[0].id, first.tool_calls[1].id);
  EXPECT_TRUE(first.usage.reported);
  EXPECT_GT(first.usage.output_tokens, 3);

  EXPECT_EQ(turn(conversation("tools", 1)).tool_calls.at(0).id, "mine");

  const ModelTurn repeated = turn(conversation("tools", 2));
  ASSERT_EQ(repeated.tool_calls.size(), 2U);
  EXPECT_EQ(repeated.tool_calls[1].arguments, first.tool_calls[1].arguments);
  EXPECT_NE(repeated.tool_calls[1].id, first.tool_calls[1].id);

  const ModelTurn cut = turn(conversation("tools", 3));
  EXPECT_EQ(cut.tool_calls.at(0).arguments, R"({"x":)");
  EXPECT_EQ(cut.finish_reason, FinishReason::length);

  EXPECT_EQ(turn(conversation("tools", 4)).text, "result 3\nmore");

  const ModelTurn last = turn(conversation("tools", 5));
  EXPECT_EQ(last.text, "done");
  EXPECT_EQ(last.finish_reason, FinishReason::stop);
  EXPECT_NE(turn(conversation("tools", 6)).text.find("is over"), std::string::npos);
}

TEST(SimulatedAgent, SaysWhyAScriptCannotBePlayed) {
  const struct {
    const char* script;
    const char* part;
  } cases[] = {
      {"hello", "no script"},
      {R"({"turns": 1})", "array"},
      {R"({"turns": [1]})", "turn 0"},
      {R"({"turns": [{"calls": [{}]}]})", "name"},
      {R"({"turns": [{"repeat": 5}]})", "no such turn"},
      {R"({"turns": [{}], "vary": ["louder"]})", "louder"},
  };
  for (const auto& c : cases) {
    const TurnOutcome outcome = run(conversation("tools", 0, c.script));
    ASSERT_NE(outcome.failure(), nullptr) << c.script;
    EXPECT_EQ(outcome.failure()->failure_class, FailureClass::caller);
    EXPECT_NE(outcome.failure()->message.find(c.part), std::string::npos)
        << outcome.failure()->message;
  }
  EXPECT_FALSE(parse_sim_model("tools?vary=louder"));
  EXPECT_FALSE(parse_sim_model("echo?vary=all"));
}

// What a call means, whatever its id and spelling.
std::string meaning(const ToolCall& call) {
  const auto canonical = canonical_json(call.arguments);
  return call.name + " " + (canonical ? *canonical : "error: " + call.arguments);
}

TEST(SimulatedAgent, VariesCallsWithoutChangingWhatTheyMean) {
  std::set<std::string> meant;
  for (const auto& call : turn(conversation("tools", 0)).tool_calls) meant.insert(meaning(call));
  meant.insert(R"(demo_send_email {"copies":1,"n":1,"to":"a"})");
  std::set<std::string> spellings;
  std::set<std::string> ids;
  std::size_t most = 0;

  for (int seed = 0; seed < 200; ++seed) {
    ModelRequest request = conversation("tools?vary=all", 0);
    request.seed = seed;
    const ModelTurn got = turn(std::move(request));
    EXPECT_GE(got.tool_calls.size(), 2U);
    most = std::max(most, got.tool_calls.size());
    for (const auto& call : got.tool_calls) {
      EXPECT_EQ(meant.count(meaning(call)), 1U) << meaning(call);
      spellings.insert(call.arguments);
      ids.insert(call.id);
    }
  }

  EXPECT_EQ(most, 4U);
  EXPECT_GT(spellings.size(), 50U);
  EXPECT_GT(ids.size(), 400U);
}

TEST(SimulatedAgent, IsTheSameForTheSameSeedAndAnotherInTheNextAttempt) {
  ModelRequest request = conversation("tools?vary=reformat+rename_ids", 0);
  request.seed = 3;
  ModelRequest again = request;
  again.attempt = 2;

  const std::string first = turn(request).tool_calls.at(1).id;

  EXPECT_EQ(turn(request).tool_calls.at(1).id, first);
  EXPECT_NE(turn(again).tool_calls.at(1).id, first);
}

TEST(RewrittenJson, MeansTheSame) {
  const auto value = nlohmann::ordered_json::parse(
      R"({"a":[1,-2,0,1.5,true,null,"text",""],"b":{"c":"\"\n","d":{}},"é":"😀","z":[]})");
  const auto meant = canonical_json(value.dump());
  ASSERT_TRUE(meant);
  std::set<std::string> spellings;

  for (int seed = 0; seed < 500; ++seed) {
    SimRandom random(seed);
    const std::string text = rewritten_json(value, random);
    const auto canonical = canonical_json(text);
    ASSERT_TRUE(canonical) << text;
    EXPECT_EQ(*canonical, *meant);
    spellings.insert(text);
  }

  EXPECT_GT(spellings.size(), 490U);
}

}  // namespace
}  // namespace taskgate::providers
