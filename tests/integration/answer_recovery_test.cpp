// What is done about an answer that cannot be used, and where it ends.

#include "integration/answers.hpp"

#include <gtest/gtest.h>

namespace taskgate::test {
namespace {

using namespace std::chrono_literals;

TEST(Recovery, CutJsonThatCanBeClosedIsClosed) {
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
  EXPECT_EQ(error["recovery_suggested"], false);
  EXPECT_EQ(error["recovery"]["action"], "none");
  EXPECT_EQ(kinds_of(task["steps"]), Strings({"model", "check", "repair"}));
  EXPECT_EQ(task["steps"][2]["name"], "close_json");
}

TEST(Recovery, CutJsonThatLostWhatIsRequiredFails) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_ending(R"({"note":"half a wo)", "length"));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m", wants_invoice()));

  EXPECT_EQ(task["status"], "failed");
  EXPECT_EQ(types_of(task["errors"]), Strings({"truncation"}));
  EXPECT_EQ(upstreams["one"].requests().size(), 1U);
}

TEST(Recovery, DriftIsPatched) {
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

TEST(Recovery, AViolationGoesBackToTheModelInTheValidatorsWords) {
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

TEST(Recovery, TheModelIsToldNoMoreOftenThanAllowed) {
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

TEST(Recovery, AModelThatAnswersWithoutAWaitIsToldToo) {
  TestGateway gateway;
  auto client = gateway.client();

  const auto task = client.wait_final(submit(client, "sim/echo", wants_invoice()));

  EXPECT_EQ(task["status"], "failed") << task.dump();
  EXPECT_EQ(task["attempts"], 1);
  EXPECT_EQ(kinds_of(task["steps"]),
            Strings({"model", "check", "model", "check", "model", "check"}));
}

TEST(Recovery, AnotherModelTakesOverWhenTellingDoesNotHelp) {
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

TEST(Recovery, ARefusalIsWorthAnotherModelAndNoFeedback) {
  ChatUpstreams upstreams({"one", "two"});
  upstreams["one"].enqueue(chat_ending("", "stop", "No."));
  upstreams["two"].enqueue(chat_answer("Gladly."));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m", {{"fallback_models", {"two/m"}}}));

  EXPECT_EQ(task["status"], "success") << task.dump();
  EXPECT_EQ(upstreams["one"].requests().size(), 1U);
}

TEST(Recovery, ReportMendsAndRetriesNothing) {
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

TEST(Recovery, RetryAsksAgainWhereRepairWouldMend) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer(R"({"unitPrice":12.5})"));
  upstreams["one"].enqueue(chat_answer(R"({"unit_price":12.5})"));
  auto client = upstreams.client();

  const auto task =
      client.wait_final(submit(client, "one/m", wants_invoice({{"on_invalid", "retry"}})));

  EXPECT_EQ(task["status"], "success") << task.dump();
  EXPECT_EQ(upstreams["one"].requests().size(), 2U);
}

TEST(Recovery, ARestartDoesNotForgetWhatTheModelWasTold) {
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

TEST(Recovery, ACancellationStopsTheRecovery) {
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
