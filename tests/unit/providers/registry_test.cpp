#include "taskgate/providers/registry.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace taskgate::providers {
namespace {

class RegistryTest : public testing::Test {
 protected:
  static ProviderConfig config(std::string name, std::string url = "https://api.example.com/v1") {
    ProviderConfig made;
    made.name = std::move(name);
    made.base_url = std::move(url);
    made.api_key = Secret("sk-test");
    return made;
  }
  std::unique_ptr<Registry> make(std::vector<ProviderConfig> configs) {
    return make_registry(std::move(configs), client_, clock_);
  }

  boost::asio::io_context context_;
  net::HttpClient client_{context_.get_executor(), {}};
  SystemClock clock_;
};

TEST_F(RegistryTest, FindsProvidersByPrefix) {
  const auto registry = make({config("openai"), config("local", "http://127.0.0.1:11434/v1")});

  const auto target = registry->find("openai/gpt-4.1/with-slash");
  ASSERT_TRUE(target);
  EXPECT_NE(target->provider, nullptr);
  EXPECT_EQ(target->model, "gpt-4.1/with-slash");
  EXPECT_NE(registry->find("local/x")->provider, target->provider);
  EXPECT_EQ(registry->names(), (std::vector<std::string>{"local", "openai", "sim"}));
  for (const char* unknown : {"", "openai", "openai/", "other/x", "/x", "OPENAI/x"}) {
    EXPECT_FALSE(registry->find(unknown)) << unknown;
  }
}

TEST_F(RegistryTest, KnowsWhichSimulatedModelsExist) {
  const auto registry = make({});

  for (const char* known :
       {"sim/echo", "sim/default", "sim/echo?tps=10", "sim/lorem", "sim/lorem?tokens=200&tps=80",
        "sim/slow?ttft=3s", "sim/slow?ttft=200ms", "sim/slow", "sim/flaky?p=0.3&status=429",
        "sim/flaky", "sim/error?code=refusal", "sim/error?code=stream_cut&tps=5", "sim/json",
        "sim/lorem?tps=0"}) {
    EXPECT_TRUE(registry->find(known)) << known;
  }
  for (const char* unknown : {"sim/none",
                              "sim/Echo",
                              "sim/echo?",
                              "sim/echo?tokens=3",
                              "sim/lorem?tokens=0",
                              "sim/lorem?tokens=100001",
                              "sim/lorem?tokens=1e3",
                              "sim/lorem?tokens",
                              "sim/lorem?tokens=",
                              "sim/lorem?tokens=1&tokens=2",
                              "sim/lorem?x=1",
                              "sim/slow?ttft=3",
                              "sim/slow?ttft=-1s",
                              "sim/slow?ttft=2h",
                              "sim/slow?ttft=nans",
                              "sim/flaky?p=1.1",
                              "sim/flaky?status=200",
                              "sim/error",
                              "sim/error?code=none",
                              "sim/echo?tps=-1",
                              "sim/echo?tps=nan",
                              "sim/echo?tps=inf"}) {
    EXPECT_FALSE(registry->find(unknown)) << unknown;
  }
}

TEST_F(RegistryTest, RefusesUnusableConfigurations) {
  ProviderConfig protocol = config("a");
  protocol.protocol = "smoke_signals";
  ProviderConfig key = config("a");
  key.api_key = Secret("two words");

  for (const ProviderConfig& bad :
       {config("sim"), config(""), config("A"), config("-a"), config("a b"), config("a", "nowhere"),
        config("a", "ftp://x/"), protocol, key}) {
    EXPECT_THROW((void)make({bad}), std::invalid_argument) << bad.name << ' ' << bad.base_url;
  }
  EXPECT_THROW((void)make({config("a"), config("a")}), std::invalid_argument);
}

TEST_F(RegistryTest, MessagesDoNotHoldTheKey) {
  ProviderConfig bad = config("a", "nowhere");
  bad.api_key = Secret("sk-verysecret");
  try {
    (void)make({bad});
    FAIL();
  } catch (const std::invalid_argument& refused) {
    EXPECT_EQ(std::string(refused.what()).find("verysecret"), std::string::npos);
  }
}

}  // namespace
}  // namespace taskgate::providers
