// What a task says of its answer beside the schema: the values that there are, and how bad a
// finding is.

#include "integration/answers.hpp"

#include <gtest/gtest.h>

namespace taskgate::test {
namespace {

const Json kOrder = Json::parse(R"({"type":"object","properties":{"items":{"type":"array",
  "items":{"type":"object","properties":{"sku":{"type":"string"}}}}},"required":["items"]})");
const Json kCatalogues = Json::parse(R"([{"path":"/items/*/sku","values":["OAK-1","OAK-2"]}])");
constexpr const char* kInvented = R"({"items":[{"sku":"OAK-1"},{"sku":"OAK-7"}]})";

Json wants_order(Json more = Json::object()) {
  more["output_schema"] = kOrder;
  return more;
}

TEST(AnswerPolicy, AValueThatIsNotInTheCatalogueIsAWarning) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer(kInvented));
  auto client = upstreams.client();

  const auto task =
      client.wait_final(submit(client, "one/m", wants_order({{"catalogues", kCatalogues}})));

  EXPECT_EQ(task["status"], "partial_success") << task.dump(1);
  ASSERT_EQ(task["errors"].size(), 1U);
  EXPECT_EQ(task["errors"][0]["type"], "hallucination");
  EXPECT_EQ(task["errors"][0]["path"], "/items/1/sku");
  EXPECT_EQ(task["errors"][0]["evidence"], "OAK-7");
}

TEST(AnswerPolicy, ASeverityThatTheTaskRaisesDecides) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer(kInvented));
  upstreams["one"].enqueue(chat_answer(R"({"items":[{"sku":"OAK-2"}]})"));
  auto client = upstreams.client();
  const Json more{{"catalogues", kCatalogues}, {"severities", {{"hallucination", "error"}}}};

  const auto task = client.wait_final(submit(client, "one/m", wants_order(more)));

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_EQ(kinds_of(task["steps"]), Strings({"model", "check", "model", "check"}));
  EXPECT_NE(upstreams["one"].requests().at(1).body.find("OAK-7"), std::string::npos);
}

// By itself a violation of what may be left out is a warning, which nobody is told.
TEST(AnswerPolicy, ATaskMayHaveTheModelToldOfEveryViolation) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer(R"({"items":[{"sku":7}]})"));
  upstreams["one"].enqueue(chat_answer(R"({"items":[{"sku":[7]}]})"));
  upstreams["one"].enqueue(chat_answer(R"({"items":[{"sku":"OAK-2"}]})"));
  auto client = upstreams.client();
  const Json more{{"severities", {{"schema_violation", "error"}}}, {"on_invalid", "retry"}};

  const auto lenient =
      client.wait_final(submit(client, "one/m", wants_order({{"on_invalid", "retry"}})));
  const auto strict = client.wait_final(submit(client, "one/m", wants_order(more)));

  EXPECT_EQ(lenient["status"], "partial_success") << lenient.dump(1);
  EXPECT_EQ(kinds_of(lenient["steps"]), Strings({"model", "check"}));
  EXPECT_EQ(lenient["errors"][0]["severity"], "warning");
  EXPECT_EQ(strict["status"], "success") << strict.dump(1);
  EXPECT_EQ(kinds_of(strict["steps"]), Strings({"model", "check", "model", "check"}));
  const auto told = Json::parse(upstreams["one"].requests().at(2).body)["messages"][2]["content"];
  EXPECT_NE(told.get<std::string>().find("1. /items/0/sku: expected"), std::string::npos) << told;
}

TEST(AnswerPolicy, ASeverityAppliesToTheJudgesWordToo) {
  ChatUpstreams upstreams({"one", "two"});
  upstreams["one"].otherwise([](const SeenRequest&) { return chat_answer("Oaks are birds."); });
  upstreams["two"].enqueue(
      chat_answer(R"({"refused":false,"unsupported":["Oaks are birds."],"score":1})"));
  upstreams["two"].enqueue(chat_answer(R"({"refused":false,"unsupported":[],"score":1})"));
  auto client = upstreams.client();
  const Json more{{"judge", {{"model", "two/j"}}}, {"severities", {{"hallucination", "error"}}}};

  const auto task = client.wait_final(submit(client, "one/m", more));

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_EQ(upstreams["one"].requests().size(), 2U);
  EXPECT_NE(upstreams["one"].requests().at(1).body.find("bears this out"), std::string::npos);
}

TEST(AnswerPolicy, ASeverityThatTheTaskLowersDoesNotCount) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer(kInvented));
  auto client = upstreams.client();
  const Json more{{"catalogues", kCatalogues}, {"severities", {{"hallucination", "info"}}}};

  const auto task = client.wait_final(submit(client, "one/m", wants_order(more)));

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  ASSERT_EQ(task["errors"].size(), 1U);
  EXPECT_EQ(task["errors"][0]["severity"], "info");
}

}  // namespace
}  // namespace taskgate::test
