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
