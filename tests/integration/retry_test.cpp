// Upstreams that fail: what is retried, how often, and what is said in the end.

#include "support/test_gateway.hpp"

#include <gtest/gtest.h>

namespace taskgate::test {
namespace {

void quick_retries(app::Config& config) {
  config.engine.retry.base = std::chrono::milliseconds{1};
  config.engine.retry.max = std::chrono::milliseconds{5};
}

nlohmann::json run_model(TestGateway& gateway, const std::string& model) {
  auto client = gateway.client();
  const auto reply = client.post("/tasks", {{"model", model}, {"input", "what shall be told"}});
  if (reply.status != 202) throw std::runtime_error(reply.body);
  return client.wait_final(reply.json()["id"]);
}

TEST(Retry, StopsAtTheLimitAndSaysWhy) {
  TestGateway gateway(quick_retries);

  const auto task = run_model(gateway, "sim/flaky?p=1&status=503");

  EXPECT_EQ(task["status"], "failed");
  EXPECT_EQ(task["attempts"], 3);
  EXPECT_EQ(task["errors"][0]["source"], "provider");
  EXPECT_EQ(task["errors"][0]["recovery"]["action"], "retry_later");
}

TEST(Retry, ACallersFaultIsNotRetried) {
  TestGateway gateway(quick_retries);

  const auto task = run_model(gateway, "sim/error?code=context_length");

  EXPECT_EQ(task["status"], "failed");
  EXPECT_EQ(task["attempts"], 1);
}

TEST(Retry, ARefusalIsAFailedTaskNotASuccess) {
  TestGateway gateway(quick_retries);

  const auto task = run_model(gateway, "sim/error?code=refusal");

  EXPECT_EQ(task["status"], "failed");
  EXPECT_EQ(task["errors"][0]["type"], "refusal");
  EXPECT_NE(task["result"]["refusal"], nullptr);
}

TEST(Retry, ATruncatedAnswerIsOnlyPartlyASuccess) {
  TestGateway gateway(quick_retries);

  const auto task = run_model(gateway, "sim/error?code=truncated");

  EXPECT_EQ(task["status"], "partial_success");
  EXPECT_EQ(task["errors"][0]["type"], "truncation");
}

TEST(Retry, ACutStreamIsRetriedAndItsTextVoided) {
  TestGateway gateway(quick_retries);
  auto client = gateway.client();
  const auto id = client.post("/tasks", {{"model", "sim/error?code=stream_cut"}, {"input", "x"}})
                      .json()["id"]
                      .get<std::string>();

  const auto events = gateway.stream(id).rest();

  std::vector<std::string> types;
  for (const auto& event : events) types.push_back(event.type);
  EXPECT_EQ(std::count(types.begin(), types.end(), "task.running"), 3);
  EXPECT_EQ(std::count(types.begin(), types.end(), "task.retrying"), 2);
  EXPECT_EQ(types.back(), "task.failed");
}

TEST(Retry, AnAttemptThatTakesTooLongIsATimeout) {
  TestGateway gateway([](app::Config& config) {
    quick_retries(config);
    config.engine.attempt_timeout = std::chrono::milliseconds{100};
    config.engine.max_attempts = 2;
  });

  const auto task = run_model(gateway, "sim/slow?ttft=60s");

  EXPECT_EQ(task["status"], "failed");
  EXPECT_EQ(task["attempts"], 2);
  EXPECT_EQ(task["errors"][0]["type"], "provider_timeout");
}

TEST(Estimate, AppearsOnceThereIsEnoughHistory) {
  TestGateway gateway;
  for (int i = 0; i < 6; ++i) (void)run_model(gateway, "sim/echo");
  auto client = gateway.client();

  const auto known = client.post("/tasks", {{"model", "sim/echo"}, {"input", "x"}}).json();
  const auto unknown =
      client.post("/tasks", {{"model", "sim/slow?ttft=60s"}, {"input", "x"}}).json();

  EXPECT_TRUE(known["estimated_duration_ms"].is_number()) << known.dump();
  EXPECT_TRUE(unknown["estimated_duration_ms"].is_null());
}

}  // namespace
}  // namespace taskgate::test
