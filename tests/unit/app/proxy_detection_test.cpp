#include "config_fixture.hpp"

namespace taskgate::app {
namespace {

class ProxyDetection : public ConfigTest {
 protected:
  ProxyConfig detected(std::map<std::string, std::string> environment) {
    sources_.environment = std::move(environment);
    const auto loaded = load_config(sources_);
    EXPECT_EQ(told(loaded), "");
    return loaded.config.proxy;
  }
};

TEST_F(ProxyDetection, TakesTheUsualVariables) {
  const auto proxy = detected({{"HTTPS_PROXY", "http://secure:1"},
                               {"http_proxy", "http://plain:2"},
                               {"NO_PROXY", "internal.test,10.0.0.0/8"}});

  EXPECT_EQ(proxy.https_url, "http://secure:1");
  EXPECT_EQ(proxy.http_url, "http://plain:2");
  EXPECT_EQ(proxy.no_proxy, "internal.test,10.0.0.0/8");
  EXPECT_FALSE(proxy.webhooks) << "webhooks never by the environment alone";
}

TEST_F(ProxyDetection, SmallLettersComeFirstAndEmptyIsUnset) {
  EXPECT_EQ(
      detected({{"HTTPS_PROXY", "http://capital:1"}, {"https_proxy", "http://small:1"}}).https_url,
      "http://small:1");
  EXPECT_EQ(detected({{"HTTPS_PROXY", "http://capital:1"}, {"https_proxy", ""}}).https_url,
            "http://capital:1");
}

TEST_F(ProxyDetection, TheConfigurationWinsEvenWithNone) {
  EXPECT_EQ(
      detected({{"HTTPS_PROXY", "http://capital:1"}, {"TASKGATE_PROXY__HTTPS_URL", "http://own:1"}})
          .https_url,
      "http://own:1");
  EXPECT_EQ(
      detected({{"HTTPS_PROXY", "http://capital:1"}, {"TASKGATE_PROXY__HTTPS_URL", ""}}).https_url,
      "");
}

TEST_F(ProxyDetection, AFaultIsToldWithoutThePassword) {
  sources_.environment = {{"HTTPS_PROXY", "socks5://user:hunter2@proxy:1"}};

  const auto problems = told(load_config(sources_));

  EXPECT_NE(problems.find("/proxy/https_url"), std::string::npos) << problems;
  EXPECT_EQ(problems.find("hunter2"), std::string::npos) << problems;
}

TEST_F(ProxyDetection, APasswordInTheFileIsNotRepeated) {
  const auto problems = told(load(R"({"proxy":{"https_url":"ftp://user:hunter2@proxy:1"}})"));

  EXPECT_NE(problems.find("/proxy/https_url"), std::string::npos) << problems;
  EXPECT_EQ(problems.find("hunter2"), std::string::npos) << problems;
}

}  // namespace
}  // namespace taskgate::app
