// What a user sees of the checks: one test for each way in which an answer can be wrong.

#include "integration/answers.hpp"

#include <gtest/gtest.h>

namespace taskgate::test {
namespace {

using namespace std::chrono_literals;

TEST(Answer, AValidOneIsASuccessWithItsOutput) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer(R"({"unit_price":12.5})"));
  auto client = upstreams.client();
  const auto id = submit(client, "one/m", wants_invoice());

  const auto task = client.wait_final(id);

  EXPECT_EQ(task["status"], "success") << task.dump();
  EXPECT_EQ(task["result"]["output"], Json::parse(R"({"unit_price":12.5})"));
  EXPECT_EQ(task["errors"], Json::array());
  EXPECT_EQ(kinds_of(task["steps"]), Strings({"model", "check"}));
  const auto events = upstreams.gateway().stream(id).rest();
  EXPECT_EQ(names_of(events), Strings({"task.queued", "task.running", "output.delta",
                                       "step.finished", "check.finished", "task.success"}));
  EXPECT_EQ(events.back().data["task"], task);
}

TEST(Answer, PollStreamAndWebhookTellTheSame) {
  ScriptedUpstream receiver;
  receiver.otherwise([](const SeenRequest&) { return Reply::whole(204, "text/plain", ""); });
  TestGateway gateway([](app::Config& config) { config.webhooks.allow_loopback_for_tests = true; });
  auto client = gateway.client();
  const Json webhook{{"url", receiver.url() + "/hook"}};
  const auto id =
      submit(client, "sim/echo", wants_invoice({{"on_invalid", "report"}, {"webhook", webhook}}));

  ASSERT_TRUE(receiver.wait_for_requests(1, 20s));

  const auto announced = Json::parse(receiver.requests().front().body)["data"]["task"];
  const auto polled = client.wait_final(id);
  EXPECT_EQ(types_of(polled["errors"]), Strings({"schema_violation"}));
  EXPECT_EQ(announced, polled);
  EXPECT_EQ(gateway.stream(id).rest().back().data["task"], polled);
}

TEST(Answer, APlainTasksLogSaysNothingOfTheChecks) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer("hello"));
  auto client = upstreams.client();
  const auto id = submit(client, "one/m");

  const auto events = upstreams.gateway().stream(id).rest();

  EXPECT_EQ(names_of(events),
            Strings({"task.queued", "task.running", "output.delta", "task.success"}));
  EXPECT_EQ(kinds_of(events.back().data["task"]["steps"]), Strings({"model"}));
}

TEST(Answer, ARefusalByTheProtocolFails) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_ending("", "stop", "I cannot help with that."));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m", wants_invoice()));

  EXPECT_EQ(task["status"], "failed");
  EXPECT_EQ(task["result"]["refusal"], "I cannot help with that.");
  EXPECT_EQ(types_of(task["errors"]), Strings({"refusal"}));
  EXPECT_EQ(upstreams["one"].requests().size(), 1U);
}

TEST(Answer, ARefusalInWordsFails) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer("I'm sorry, but I can't help with that request."));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m"));

  EXPECT_EQ(task["status"], "failed") << task.dump();
  EXPECT_EQ(types_of(task["errors"]), Strings({"refusal"}));
  EXPECT_EQ(kinds_of(task["steps"]), Strings({"model", "check"}));
}

TEST(Answer, WhatTheDocumentsDoNotSayIsFlagged) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer("The total is 4711.50 EUR, see https://evil.example/x."));
  auto client = upstreams.client();
  const Json context{"Invoice 77 of ACME. The total is 1250.00 EUR."};

  const auto task = client.wait_final(submit(client, "one/m", {{"context", context}}));

  EXPECT_EQ(task["status"], "partial_success") << task.dump();
  const auto types = types_of(task["errors"]);
  ASSERT_FALSE(types.empty());
  EXPECT_EQ(std::count(types.begin(), types.end(), "hallucination"),
            static_cast<std::ptrdiff_t>(types.size()));
  const auto messages = Json::parse(upstreams["one"].requests()[0].body)["messages"];
  ASSERT_EQ(messages.size(), 1U);
  const auto told = messages[0]["content"].get<std::string>();
  EXPECT_NE(told.find("Invoice 77"), std::string::npos) << "the model gets the documents";
  EXPECT_TRUE(told.ends_with("say hello"));
}

TEST(Answer, WhatTheDocumentsSayIsASuccess) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer("The total is 1,250 EUR."));
  auto client = upstreams.client();
  const Json context{"Invoice 77 of ACME. The total is 1250.00 EUR."};

  const auto task = client.wait_final(submit(client, "one/m", {{"context", context}}));

  EXPECT_EQ(task["status"], "success") << task.dump();
}

TEST(Answer, TheSampleThatMostAgreeWithIsTheAnswer) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer(R"({"unit_price":99})"));
  upstreams["one"].enqueue(chat_answer(R"({"unit_price":12})"));
  upstreams["one"].enqueue(chat_answer(R"({"unit_price":12.0})"));
  auto client = upstreams.client();
  const auto id = submit(client, "one/m", wants_invoice({{"samples", 3}, {"seed", 7}}));

  const auto task = client.wait_final(id);

  EXPECT_EQ(task["status"], "success") << task.dump();
  EXPECT_EQ(task["result"]["output"]["unit_price"], 12);
  EXPECT_EQ(task["confidence"]["methods"], Json::array({"self_consistency"}));
  EXPECT_NEAR(task["confidence"]["score"].get<double>(), 2.0 / 3, 0.001);
  EXPECT_NEAR(task["confidence"]["fields"]["/unit_price"]["score"].get<double>(), 2.0 / 3, 0.001);
  EXPECT_EQ(task["confidence"]["calibrated"], false);
  EXPECT_EQ(kinds_of(task["steps"]), Strings({"model", "model", "model", "check"}));
  EXPECT_EQ(task["usage"]["total_tokens"], 15);
  EXPECT_EQ(Json::parse(upstreams["one"].requests()[2].body)["seed"], 9);
  const auto events = upstreams.gateway().stream(id).rest();
  EXPECT_EQ(text_of(events), R"({"unit_price":12})");
  EXPECT_EQ(events_of_type(events, "output.reset")[0].data["reason"], "samples");
}

TEST(Answer, TheMajorityOfShortTextsIsTheAnswer) {
  ChatUpstreams upstreams({"one"});
  for (const auto* text : {"yes", "no", "No."}) upstreams["one"].enqueue(chat_answer(text));
  auto client = upstreams.client();
  const auto id = submit(client, "one/m", {{"samples", 3}});

  const auto task = client.wait_final(id);

  EXPECT_EQ(task["status"], "success") << task.dump();
  EXPECT_EQ(task["result"]["text"], "no");
  EXPECT_NEAR(task["confidence"]["score"].get<double>(), 2.0 / 3, 0.001);
  EXPECT_EQ(text_of(upstreams.gateway().stream(id).rest()), "no");
}

TEST(Answer, FewerSamplesThanAskedForAreSaid) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer(R"({"unit_price":12})"));
  upstreams["one"].enqueue(chat_error(503, "overloaded"));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m", wants_invoice({{"samples", 3}})));

  EXPECT_EQ(task["status"], "success") << task.dump();
  ASSERT_EQ(task["errors"].size(), 1U);
  EXPECT_EQ(task["errors"][0]["severity"], "info");
  EXPECT_EQ(task["errors"][0]["evidence"], "1 of 3 samples");
}

TEST(Answer, LogprobsAreAskedForAndBecomeConfidence) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_tokens({{"{\"unit_price\":", -0.01}, {"12", -1.6}, {"}", -0.01}}));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m", wants_invoice({{"logprobs", true}})));

  EXPECT_EQ(Json::parse(upstreams["one"].requests()[0].body)["logprobs"], true);
  EXPECT_EQ(task["confidence"]["methods"], Json::array({"logprobs"})) << task.dump();
  EXPECT_NEAR(task["confidence"]["fields"]["/unit_price"]["score"].get<double>(), 0.2, 0.01);
  EXPECT_EQ(task["status"], "partial_success");
  EXPECT_EQ(types_of(task["errors"]), Strings({"low_confidence"}));
}

TEST(Answer, AJudgesWordIsAWarning) {
  ChatUpstreams upstreams({"one", "two"});
  upstreams["one"].enqueue(chat_answer("The moon is made of cheese."));
  upstreams["two"].enqueue(chat_answer(
      R"({"refused":false,"unsupported":["The moon is made of cheese."],"score":0.1})"));
  auto client = upstreams.client();
  const Json judge{{"model", "two/j"}, {"rubric", "no dairy"}};

  const auto task = client.wait_final(submit(client, "one/m", {{"judge", judge}}));

  EXPECT_EQ(task["status"], "partial_success") << task.dump();
  EXPECT_EQ(types_of(task["errors"]), Strings({"hallucination", "low_confidence"}));
  EXPECT_EQ(task["errors"][1]["evidence"], "score 0.1");
  EXPECT_EQ(kinds_of(task["steps"]), Strings({"model", "check", "check"}));
  EXPECT_EQ(task["steps"][1]["name"], "judge two/j");
  EXPECT_EQ(task["usage"]["total_tokens"], 10);
  EXPECT_NE(upstreams["two"].requests()[0].body.find("no dairy"), std::string::npos);
}

TEST(Answer, AJudgeThatFailsChangesNothing) {
  ChatUpstreams upstreams({"one", "two"});
  upstreams["one"].enqueue(chat_answer("hello"));
  upstreams["two"].enqueue(chat_error(500, "server_error"));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m", {{"judge", {{"model", "two/j"}}}}));

  EXPECT_EQ(task["status"], "success") << task.dump();
  ASSERT_EQ(task["errors"].size(), 1U);
  EXPECT_EQ(task["errors"][0]["severity"], "info");
}

}  // namespace
}  // namespace taskgate::test
