// The whole way over HTTPS: gateway → OpenAI-compatible upstream, streaming, failing, being
// cancelled.

#include "support/scripted_upstream.hpp"
#include "support/test_certificates.hpp"
#include "support/test_gateway.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace taskgate::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr const char* kKey = "sk-integration-0123456789abcdefghij";

std::string chunk(const Json& delta, const char* finish = nullptr) {
  Json body{{"id", "c1"}, {"object", "chat.completion.chunk"}, {"model", "test-model-2026"}};
  Json choice{{"index", 0}, {"delta", delta}};
  choice["finish_reason"] = finish == nullptr ? Json() : Json(finish);
  body["choices"] = Json::array({choice});
  return "data: " + body.dump() + "\n\n";
}

const std::string kUsage =
    R"(data: {"id":"c1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}})"
    "\n\n";
const std::string kDone = "data: [DONE]\n\n";

struct HttpsUpstream {
  TestCertificates certificates;
  std::unique_ptr<ScriptedUpstream> server;
  std::unique_ptr<TestGateway> gateway;

  HttpsUpstream() {
    UpstreamOptions options;
    options.certificates = &certificates;
    server = std::make_unique<ScriptedUpstream>(options);
    app::Overrides overrides;
    overrides.ca_file = certificates.ca_file();
    gateway = std::make_unique<TestGateway>(
        [this](app::Config& config) {
          app::ProviderConfig provider;
          provider.base_url = server->url() + "/v1";
          provider.api_key = kKey;
          config.providers["test"] = provider;
          config.engine.retry.base = 1ms;
          config.engine.retry.max = 2ms;
        },
        overrides);
  }
  std::string submit(ApiClient& client, const Json& more = Json::object()) const {
    Json body{{"model", "test/test-model"}, {"input", "say hello"}};
    body.update(more);
    return client.post("/tasks", body).json()["id"].get<std::string>();
  }
};

TEST(Upstream, StreamsAndAccountsForWhatItGot) {
  HttpsUpstream upstream;
  upstream.server->enqueue(
      Reply::sse({chunk({{"role", "assistant"}, {"content", "hel"}}), chunk({{"content", "lo"}}),
                  chunk(Json::object(), "stop"), kUsage, kDone}));
  auto client = upstream.gateway->client();
  const auto id =
      upstream.submit(client, {{"instructions", "be kind"}, {"temperature", 0.5}, {"seed", 3}});

  const auto task = client.wait_final(id);

  EXPECT_EQ(task["status"], "success") << task.dump();
  EXPECT_EQ(task["result"]["text"], "hello");
  EXPECT_EQ(task["usage"]["input_tokens"], 5);
  EXPECT_EQ(task["usage"]["output_tokens"], 2);
  EXPECT_EQ(task["model"]["served"], "test-model-2026");
  const auto seen = upstream.server->requests().at(0);
  EXPECT_EQ(seen.target, "/v1/chat/completions");
  EXPECT_EQ(seen.header("authorization"), std::string("Bearer ") + kKey);
  const auto sent = Json::parse(seen.body);
  EXPECT_EQ(sent["model"], "test-model");
  EXPECT_EQ(sent["stream"], true);
  EXPECT_EQ(sent["messages"][0]["role"], "system");
  EXPECT_EQ(sent["messages"].back()["role"], "user");
}

TEST(Upstream, CancellationReachesItsSocketAtOnce) {
  HttpsUpstream upstream;
  auto reply = Reply::chunked(200, "text/event-stream");
  reply.chunk(chunk({{"content", "first words"}})).hang();
  upstream.server->enqueue(std::move(reply));
  auto client = upstream.gateway->client();
  const auto id = upstream.submit(client);
  auto stream = upstream.gateway->stream(id);
  while (stream.next()->type != "output.delta") {
  }

  const auto begun = std::chrono::steady_clock::now();
  (void)client.call("POST", "/tasks/" + id + "/cancel");
  ASSERT_TRUE(upstream.server->wait_for_disconnects(1, 5s));
  const auto took = std::chrono::steady_clock::now() - begun;

  EXPECT_EQ(client.wait_final(id)["status"], "cancelled");
  EXPECT_EQ(client.wait_final(id)["result"]["text"], "first words");
  RecordProperty(
      "cancel_ms",
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  EXPECT_LT(took, 2s);  // the goal is 100 ms, measured are 1 to 6; this bound is against hanging
}

TEST(Upstream, AServerErrorIsRetriedAndTheNextAnswerCounts) {
  HttpsUpstream upstream;
  upstream.server->enqueue(
      Reply::json(503, R"({"error":{"message":"overloaded","type":"server_error"}})"));
  upstream.server->enqueue(
      Reply::sse({chunk({{"content", "second try"}}), chunk(Json::object(), "stop"), kDone}));
  auto client = upstream.gateway->client();

  const auto task = client.wait_final(upstream.submit(client));

  EXPECT_EQ(task["status"], "success") << task.dump();
  EXPECT_EQ(task["attempts"], 2);
  EXPECT_EQ(task["result"]["text"], "second try");
}

TEST(Upstream, NoMoneyIsNotRetried) {
  HttpsUpstream upstream;
  upstream.server->enqueue(Reply::json(
      429,
      R"({"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}})"));
  auto client = upstream.gateway->client();

  const auto task = client.wait_final(upstream.submit(client));

  EXPECT_EQ(task["status"], "failed");
  EXPECT_EQ(task["attempts"], 1);
}

TEST(Upstream, AStreamThatIsCutIsRepeatedAndNeverMixed) {
  HttpsUpstream upstream;
  auto cut = Reply::chunked(200, "text/event-stream");
  cut.chunk(chunk({{"content", "half an ans"}})).reset();
  upstream.server->enqueue(std::move(cut));
  upstream.server->enqueue(
      Reply::sse({chunk({{"content", "a whole answer"}}), chunk(Json::object(), "stop"), kDone}));
  auto client = upstream.gateway->client();
  const auto id = upstream.submit(client);

  const auto events = upstream.gateway->stream(id).rest();

  EXPECT_EQ(events.back().type, "task.success");
  EXPECT_EQ(events.back().data["task"]["result"]["text"], "a whole answer");
  EXPECT_EQ(text_of(events), "a whole answer");
}

TEST(Upstream, CredentialsShowNowhere) {
  HttpsUpstream upstream;
  upstream.server->otherwise([](const SeenRequest& seen) {
    return Reply::json(401, R"({"error":{"message":"Incorrect API key provided: )" +
                                seen.header("authorization").substr(7) +
                                R"(","type":"invalid_request_error","code":"invalid_api_key"}})");
  });
  auto client = upstream.gateway->client();
  const auto id = upstream.submit(client);

  const auto task = client.wait_final(id);

  EXPECT_EQ(task["status"], "failed");
  for (const auto& target :
       {"/tasks/" + id + "?include=input,events", std::string("/tasks"), std::string("/models")}) {
    EXPECT_EQ(client.get(target).body.find("sk-integration"), std::string::npos) << target;
  }
}

TEST(Upstream, AnUntrustedCertificateIsRefused) {
  TestCertificates theirs;
  TestCertificates ours;
  UpstreamOptions options;
  options.certificates = &theirs;
  ScriptedUpstream server(options);
  app::Overrides overrides;
  overrides.ca_file = ours.ca_file();
  TestGateway gateway(
      [&server](app::Config& config) {
        app::ProviderConfig provider;
        provider.base_url = server.url() + "/v1";
        provider.api_key = kKey;
        config.providers["test"] = provider;
        config.engine.max_attempts = 1;
      },
      overrides);
  auto client = gateway.client();

  const auto task =
      client.wait_final(client.post("/tasks", {{"model", "test/m"}, {"input", "x"}}).json()["id"]);

  EXPECT_EQ(task["status"], "failed");
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace taskgate::test
