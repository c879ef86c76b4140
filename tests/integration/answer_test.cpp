// What a user sees of the checks: one test for each way in which an answer can be wrong, and for
// what is done about it.

#include "support/chat_upstream.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace taskgate::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

const Json kInvoice = Json::parse(R"({"type":"object","properties":{"unit_price":{"type":"number"},
  "note":{"type":"string"}},"required":["unit_price"],"additionalProperties":false})");

Json wants_invoice(Json more = Json::object()) {
  more["output_schema"] = kInvoice;
  return more;
}

std::vector<std::string> types_of(const Json& errors) {
  std::vector<std::string> types;
  for (const auto& error : errors) {
    if (error["severity"] != "info") types.push_back(error["type"]);
  }
  return types;
}

std::vector<std::string> kinds_of(const Json& steps) {
  std::vector<std::string> kinds;
  for (const auto& step : steps) kinds.push_back(step["kind"]);
  return kinds;
}

std::vector<StreamEvent> events_of_type(const std::vector<StreamEvent>& events,
                                        const std::string& type) {
  std::vector<StreamEvent> found;
  std::copy_if(events.begin(), events.end(), std::back_inserter(found),
               [&](const StreamEvent& event) { return event.type == type; });
  return found;
}

std::vector<std::string> names_of(const std::vector<StreamEvent>& events) {
  std::vector<std::string> names;
  for (const auto& event : events) names.push_back(event.type);
  return names;
}

using Strings = std::vector<std::string>;

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

TEST(Answer, CutJsonThatCanBeClosedIsClosed) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_ending(R"({"unit_price":12.5,"note":"half a wo)", "length"));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m", wants_invoice()));

  EXPECT_EQ(task["status"], "partial_success") << task.dump();
  EXPECT_EQ(task["result"]["output"], Json::parse(R"({"unit_price":12.5})"));
  ASSERT_EQ(types_of(task["errors"]), Strings({"truncation"}));
  const auto& error = task["errors"][0];
  EXPECT_EQ(error["path"], "/note");
  EXPECT_EQ(error["repaired"], true);
  EXPECT_EQ(error["recovery"]["action"], "raise_max_output_tokens");
  EXPECT_EQ(kinds_of(task["steps"]), Strings({"model", "check", "repair"}));
  EXPECT_EQ(task["steps"][2]["name"], "close_json");
}

TEST(Answer, CutJsonThatLostWhatIsRequiredFails) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_ending(R"({"note":"half a wo)", "length"));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m", wants_invoice()));

  EXPECT_EQ(task["status"], "failed");
  EXPECT_EQ(types_of(task["errors"]), Strings({"truncation"}));
  EXPECT_EQ(upstreams["one"].requests().size(), 1U);
}

TEST(Answer, DriftIsPatched) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer(R"({"unitPrice":12.5})"));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m", wants_invoice()));

  EXPECT_EQ(task["status"], "partial_success") << task.dump();
  EXPECT_EQ(task["result"]["output"], Json::parse(R"({"unit_price":12.5})"));
  EXPECT_EQ(types_of(task["errors"]), Strings({"schema_drift"}));
  EXPECT_TRUE(task["errors"][0]["recovery"]["params"].contains("patch"));
  EXPECT_EQ(task["steps"][2]["name"], "patch");
}

TEST(Answer, AViolationGoesBackToTheModelInTheValidatorsWords) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer(R"({"unit_price":"twelve"})"));
  upstreams["one"].enqueue(chat_answer(R"({"unit_price":12})"));
  auto client = upstreams.client();
  const auto id = submit(client, "one/m", wants_invoice());

  const auto task = client.wait_final(id);

  EXPECT_EQ(task["status"], "success") << task.dump();
  EXPECT_EQ(task["result"]["text"], R"({"unit_price":12})");
  EXPECT_EQ(task["attempts"], 1);
  EXPECT_EQ(task["usage"]["total_tokens"], 10);
  ASSERT_EQ(kinds_of(task["steps"]), Strings({"model", "check", "model", "check"}));
  EXPECT_EQ(task["steps"][1]["status"], "failed");
  EXPECT_EQ(task["steps"][1]["errors"][0]["path"], "/unit_price");

  const auto requests = upstreams["one"].requests();
  ASSERT_EQ(requests.size(), 2U);
  const auto messages = Json::parse(requests[1].body)["messages"];
  ASSERT_EQ(messages.size(), 3U) << messages.dump();
  EXPECT_EQ(messages[1]["role"], "assistant");
  EXPECT_EQ(messages[1]["content"], R"({"unit_price":"twelve"})");
  EXPECT_EQ(messages[2]["role"], "user");
  const auto told = messages[2]["content"].get<std::string>();
  EXPECT_NE(told.find("/unit_price"), std::string::npos) << told;
  EXPECT_NE(told.find("expected"), std::string::npos) << told;

  const auto events = upstreams.gateway().stream(id).rest();
  EXPECT_EQ(text_of(events), R"({"unit_price":12})");
  EXPECT_EQ(names_of(events),
            Strings({"task.queued", "task.running", "output.delta", "step.finished",
                     "check.finished", "output.reset", "step.started", "output.delta",
                     "step.finished", "check.finished", "task.success"}));
  EXPECT_EQ(events_of_type(events, "output.reset")[0].data["reason"], "retry_with_feedback");
  EXPECT_EQ(events_of_type(events, "check.finished")[0].data["next"], "retry_with_feedback");
}

TEST(Answer, TheModelIsToldNoMoreOftenThanAllowed) {
  for (const int most : {0, 1, 2}) {
    SCOPED_TRACE(most);
    ChatUpstreams upstreams({"one"});
    upstreams["one"].otherwise([](const SeenRequest&) { return chat_answer("no JSON"); });
    auto client = upstreams.client();

    const auto task =
        client.wait_final(submit(client, "one/m", wants_invoice({{"max_repairs", most}})));

    EXPECT_EQ(task["status"], "failed");
    EXPECT_EQ(types_of(task["errors"]), Strings({"schema_violation"}));
    EXPECT_EQ(upstreams["one"].requests().size(), 1U + static_cast<std::size_t>(most));
  }
}

TEST(Answer, AModelThatAnswersWithoutAWaitIsToldToo) {
  TestGateway gateway;
  auto client = gateway.client();

  const auto task = client.wait_final(submit(client, "sim/echo", wants_invoice()));

  EXPECT_EQ(task["status"], "failed") << task.dump();
  EXPECT_EQ(task["attempts"], 1);
  EXPECT_EQ(kinds_of(task["steps"]),
            Strings({"model", "check", "model", "check", "model", "check"}));
}

TEST(Answer, AnotherModelTakesOverWhenTellingDoesNotHelp) {
  ChatUpstreams upstreams({"one", "two"});
  upstreams["one"].otherwise([](const SeenRequest&) { return chat_answer("no JSON"); });
  upstreams["two"].enqueue(chat_answer(R"({"unit_price":1})"));
  auto client = upstreams.client();
  const auto id =
      submit(client, "one/m", wants_invoice({{"max_repairs", 1}, {"fallback_models", {"two/m"}}}));

  const auto task = client.wait_final(id);

  EXPECT_EQ(task["status"], "success") << task.dump();
  EXPECT_EQ(upstreams["one"].requests().size(), 2U);
  EXPECT_EQ(task["model"]["path"],
            Json::parse(R"([{"model":"one/m","attempts":1,"outcome":"invalid_answer"},
                            {"model":"two/m","attempts":1,"outcome":"answered"}])"));
  EXPECT_EQ(kinds_of(task["steps"]),
            Strings({"model", "check", "model", "check", "model", "check"}));
  EXPECT_EQ(task["steps"][4]["name"], "two/m");
  EXPECT_EQ(task["steps"][4]["index"], 5);
  EXPECT_EQ(task["usage"]["total_tokens"], 15);
  const auto second = Json::parse(upstreams["two"].requests()[0].body)["messages"];
  EXPECT_EQ(second.size(), 1U) << "a fresh turn";
  const auto events = upstreams.gateway().stream(id).rest();
  EXPECT_EQ(text_of(events), R"({"unit_price":1})");
  const auto retrying = events_of_type(events, "task.retrying");
  ASSERT_EQ(retrying.size(), 1U);
  EXPECT_EQ(retrying[0].data["reason"], "invalid_answer");
  EXPECT_EQ(retrying[0].data["next_model"], "two/m");
}

TEST(Answer, ARefusalIsWorthAnotherModelAndNoFeedback) {
  ChatUpstreams upstreams({"one", "two"});
  upstreams["one"].enqueue(chat_ending("", "stop", "No."));
  upstreams["two"].enqueue(chat_answer("Gladly."));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m", {{"fallback_models", {"two/m"}}}));

  EXPECT_EQ(task["status"], "success") << task.dump();
  EXPECT_EQ(upstreams["one"].requests().size(), 1U);
}

TEST(Answer, ReportMendsAndRetriesNothing) {
  for (const auto* text : {R"({"unitPrice":12.5})", R"({"unit_price":"twelve"})"}) {
    SCOPED_TRACE(text);
    ChatUpstreams upstreams({"one", "two"});
    upstreams["one"].enqueue(chat_answer(text));
    auto client = upstreams.client();

    const auto task = client.wait_final(
        submit(client, "one/m",
               wants_invoice({{"on_invalid", "report"}, {"fallback_models", {"two/m"}}})));

    EXPECT_EQ(task["status"], "failed");
    EXPECT_EQ(upstreams["one"].requests().size() + upstreams["two"].requests().size(), 1U);
    EXPECT_EQ(kinds_of(task["steps"]), Strings({"model", "check"}));
  }
}

TEST(Answer, RetryAsksAgainWhereRepairWouldMend) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer(R"({"unitPrice":12.5})"));
  upstreams["one"].enqueue(chat_answer(R"({"unit_price":12.5})"));
  auto client = upstreams.client();

  const auto task =
      client.wait_final(submit(client, "one/m", wants_invoice({{"on_invalid", "retry"}})));

  EXPECT_EQ(task["status"], "success") << task.dump();
  EXPECT_EQ(upstreams["one"].requests().size(), 2U);
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
  EXPECT_EQ(types_of(task["errors"]), Strings({"hallucination"}));
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

TEST(Answer, ARestartDoesNotForgetWhatTheModelWasTold) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer("no JSON"));
  upstreams["one"].enqueue(Reply().hang());
  upstreams["one"].otherwise([](const SeenRequest&) { return chat_answer("still none"); });
  std::string id;
  {
    auto client = upstreams.client();
    id = submit(client, "one/m", wants_invoice({{"max_repairs", 2}}));
  }
  ASSERT_TRUE(upstreams["one"].wait_for_requests(2, 10s));

  upstreams.gateway().restart();

  auto client = upstreams.client();
  const auto task = client.wait_final(id);
  EXPECT_EQ(task["status"], "failed") << task.dump();
  // One before the restart, then a first turn and the one correction that was left.
  EXPECT_EQ(upstreams["one"].requests().size(), 4U);
  EXPECT_EQ(kinds_of(task["steps"]),
            Strings({"model", "check", "model", "check", "model", "check"}));
  EXPECT_EQ(task["steps"][5]["index"], 6);
  EXPECT_EQ(text_of(upstreams.gateway().stream(id).rest()), "still none");
}

TEST(Answer, ACancellationStopsTheRecovery) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer("no JSON"));
  upstreams["one"].enqueue(Reply().hang());
  auto client = upstreams.client();
  const auto id = submit(client, "one/m", wants_invoice());
  ASSERT_TRUE(upstreams["one"].wait_for_requests(2, 10s));

  (void)client.post("/tasks/" + id + "/cancel", Json::object());

  const auto task = client.wait_final(id);
  EXPECT_EQ(task["status"], "cancelled");
  EXPECT_EQ(kinds_of(task["steps"]), Strings({"model", "check", "model"}));
  EXPECT_EQ(task["steps"][2]["status"], "cancelled");
}

}  // namespace
}  // namespace taskgate::test
