// Tasks in which more than one model took part: what they cost, and what a slow one may hold up.

#include "integration/answers.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace taskgate::test {
namespace {

using namespace std::chrono_literals;

// The first model's answer is no JSON, and the second takes over.
Json answered_by_the_second(TestGateway::Change prices) {
  ChatUpstreams upstreams({"one", "two"}, std::move(prices));
  upstreams["one"].enqueue(chat_answer("no JSON"));
  upstreams["two"].enqueue(chat_answer(R"({"unit_price":1})"));
  auto client = upstreams.client();
  const auto more = wants_invoice({{"fallback_models", {"two/m"}}, {"max_repairs", 0}});
  auto task = client.wait_final(submit(client, "one/m", more));
  EXPECT_EQ(task["status"], "success") << task.dump(1);
  return task;
}

TEST(Cost, EachModelsTurnsCostWhatThatModelCosts) {
  const auto task = answered_by_the_second([](app::Config& config) {
    config.prices["one/m"] = {1e6, 1e6, {}, {}};
    config.prices["two/m"] = {2e6, 2e6, {}, {}};
  });

  std::vector<int> tokens;
  for (const auto& step : task["steps"]) {
    if (step["kind"] == "model")
      tokens.push_back(step["usage"]["input_tokens"].get<int>() +
                       step["usage"]["output_tokens"].get<int>());
  }
  ASSERT_EQ(tokens.size(), 2U);
  EXPECT_EQ(task["cost_usd"], tokens[0] + 2 * tokens[1]);
}

TEST(Cost, WithoutThePriceOfEveryModelThereIsNone) {
  const auto task = answered_by_the_second([](app::Config& config) {
    config.prices["two/m"] = {1e6, 1e6, {}, {}};
  });

  EXPECT_TRUE(task["cost_usd"].is_null()) << task["cost_usd"];
}

TEST(SideTurn, ASlowJudgeIsLeftOut) {
  ChatUpstreams upstreams({"one", "judge"},
                          [](app::Config& config) { config.engine.attempt_timeout = 1000ms; });
  upstreams["one"].enqueue(chat_answer("The sky is blue."));
  upstreams["judge"].otherwise([](const SeenRequest&) { return Reply().hang(); });
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m", {{"judge", {{"model", "judge/m"}}}}));

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_EQ(task["result"]["text"], "The sky is blue.");
  EXPECT_EQ(task["attempts"], 1);
  ASSERT_EQ(task["errors"].size(), 1U);
  EXPECT_EQ(task["errors"][0]["severity"], "info");
}

}  // namespace
}  // namespace taskgate::test
