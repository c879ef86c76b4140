#include "config_fixture.hpp"

namespace taskgate::app {
namespace {

class ConfigChecks : public ConfigTest {
 protected:
  // The message of the only problem; empty when there is none.
  std::string problem(const std::string& text) {
    const auto loaded = load(text);
    EXPECT_LE(loaded.problems.size(), 1U) << told(loaded);
    return loaded.problems.empty() ? "" : loaded.problems[0].message;
  }
};

TEST_F(ConfigChecks, OpenModeIsRefusedOffTheLoopback) {
  for (const char* address : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"}) {
    EXPECT_EQ(
        problem(R"({"auth":{"mode":"open"},"server":{"listen":")" + std::string(address) + "\"}}"),
        "");
  }
  for (const char* address :
       {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "example.com:1", "127.0.0.1.example.com:1"}) {
    EXPECT_EQ(
        problem(R"({"auth":{"mode":"open"},"server":{"listen":")" + std::string(address) + "\"}}"),
        "without keys only a loopback address may be listened on, not " + std::string(address));
  }
  EXPECT_EQ(problem(R"({"server":{"listen":"0.0.0.0:1"}})"), "");
}

TEST_F(ConfigChecks, DevIsOpenAndStaysOnTheLoopback) {
  sources_.purpose = ConfigPurpose::dev;
  EXPECT_EQ(load_config(sources_).config.auth.mode, AuthMode::open);
  sources_.environment = {{"TASKGATE_AUTH__MODE", "keys"}};
  sources_.flags = {{"/server/listen", "0.0.0.0:1", "--listen"}};
  EXPECT_EQ(told(load_config(sources_)),
            "flag --listen: error: /server/listen: dev listens on a loopback address only\n"
            "      hint: use serve, with keys\n");
}

TEST_F(ConfigChecks, FlowControlsBoundsGoTogether) {
  EXPECT_EQ(problem(R"({"engine":{"flow":{"initial_concurrency":9,"max_concurrency":8}}})"),
            "it begins above /engine/flow/max_concurrency");
  EXPECT_EQ(problem(R"({"engine":{"flow":{"breaker_open_ms":200,"breaker_open_max_ms":100}}})"),
            "it is longer than /engine/flow/breaker_open_max_ms");
  EXPECT_EQ(problem(R"({"engine":{"flow":{"breaker_failures":0,"retry_floor":0}}})"), "");
}

TEST_F(ConfigChecks, WebhooksToThisMachineNeedToBeAskedForTwice) {
  const std::string text = R"({"webhooks":{"allow_loopback_for_tests":true}})";
  EXPECT_EQ(problem(text), "webhooks to this very machine are for tests alone");
  sources_.allow_loopback_for_tests = true;
  EXPECT_EQ(problem(text), "");
  sources_.allow_loopback_for_tests = false;
  sources_.purpose = ConfigPurpose::dev;
  EXPECT_EQ(problem(text), "");
}

TEST_F(ConfigChecks, CertificateAndKeyGoTogetherAndExist) {
  const auto cert = write("cert.pem", "x");
  EXPECT_EQ(problem(R"({"server":{"tls":{"certificate_file":")" + cert + "\"}}}"),
            "a certificate without its private key");
  EXPECT_EQ(problem(R"({"server":{"tls":{"private_key_file":")" + cert + "\"}}}"),
            "a private key without its certificate");
  EXPECT_EQ(problem(R"({"server":{"tls":{"private_key_file":")" + cert +
                    R"(","certificate_file":")" + cert + "\"}}}"),
            "");
  EXPECT_EQ(problem(R"({"server":{"tls":{"private_key_file":")" + cert +
                    R"(","certificate_file":"/no/such"}}})"),
            "the file cannot be read: No such file or directory");
}

TEST_F(ConfigChecks, ADatabaseIsAFile) {
  EXPECT_EQ(problem(R"({"database":{"path":":memory:"}})"),
            "expected the name of a file, not :memory:");
  EXPECT_EQ(problem(R"({"database":{"path":"file::memory:?cache=shared"}})"),
            "expected the name of a file, not file::memory:?cache=shared");
  EXPECT_EQ(problem(R"({"database":{"path":"./:memory:"}})"), "");
}

TEST_F(ConfigChecks, ABaseUrlIsAPlainHttpUrl) {
  const auto provider = [](const std::string& url) {
    return R"({"providers":{"p":{"base_url":")" + url + "\"}}}";
  };
  for (const char* good :
       {"https://api.example/v1", "http://127.0.0.1:8000", "https://[::1]:1/v1/"})
    EXPECT_EQ(problem(provider(good)), "") << good;
  for (const char* bad : {"api.example/v1", "ftp://x/v1", "https://", "/v1", "http://a b/"})
    EXPECT_EQ(problem(provider(bad)), "expected an absolute http or https URL") << bad;
  EXPECT_EQ(problem(provider("https://u:p@x/v1")), "a URL must not carry credentials");
  EXPECT_EQ(problem(provider("https://x/v1?k=1")), "expected a URL without query and fragment");
  EXPECT_EQ(problem(provider("")), "base_url is missing");
}

TEST_F(ConfigChecks, AnEmptyApiKeySwitchesTheProviderOff) {
  const auto loaded = load(
      R"({"providers":{"a":{"base_url":"http://x/v1","api_key":"${UNSET:-}"},"b":{"base_url":"http://x/v1"}}})");
  EXPECT_EQ(told(loaded), "");
  EXPECT_FALSE(loaded.config.providers.at("a").enabled);
  EXPECT_TRUE(loaded.config.providers.at("b").enabled);
}

TEST_F(ConfigChecks, BoundsThatContradictEachOtherAreTold) {
  EXPECT_EQ(problem(R"({"engine":{"retry":{"base_ms":2000,"max_ms":1000}}})"),
            "the first delay is longer than /engine/retry/max_ms");
  EXPECT_EQ(problem(R"({"engine":{"tenant_max_queued":11,"max_queued_tasks":10}})"),
            "one tenant's bound is above the whole server's, /engine/max_queued_tasks");
  EXPECT_EQ(problem(R"({"webhooks":{"allow_http":true}})"),
            "http is allowed, but port 80 is not among /webhooks/allowed_ports");
}

TEST_F(ConfigChecks, WarningsDoNotStopTheServer) {
  const auto loaded = load(R"({"webhooks":{"allow_http":true}})");
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(summarize_problems(loaded.problems),
            "1 problem (0 errors, 1 warning). Nothing was changed.");
}

}  // namespace
}  // namespace taskgate::app
