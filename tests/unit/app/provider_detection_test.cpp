#include "app/providers_off.hpp"
#include "config_fixture.hpp"

namespace taskgate::app {
namespace {

class ProviderDetection : public ConfigTest {
 protected:
  std::map<std::string, ProviderConfig> providers(std::map<std::string, std::string> environment) {
    sources_.environment = std::move(environment);
    const auto loaded = load_config(sources_);
    EXPECT_EQ(told(loaded), "");
    return loaded.config.providers;
  }
};

TEST_F(ProviderDetection, NothingInTheEnvironmentMeansNoProvider) {
  EXPECT_TRUE(providers({{"OPENAI_API_KEY", ""}, {"OPENAI_BASE_URL", "https://x/v1"}}).empty());
}

TEST_F(ProviderDetection, EachVendorsKeySwitchesItsProviderOn) {
  const auto found = providers({{"OPENAI_API_KEY", "sk-openai-0001"},
                                {"ANTHROPIC_API_KEY", "sk-ant-0002"},
                                {"GEMINI_API_KEY", "AIza-0003"}});

  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found.at("openai").base_url, "https://api.openai.com/v1");
  EXPECT_EQ(found.at("openai").api_key, "sk-openai-0001");
  EXPECT_EQ(found.at("anthropic").base_url, "https://api.anthropic.com/v1");
  EXPECT_EQ(found.at("gemini").base_url, "https://generativelanguage.googleapis.com/v1beta");
  EXPECT_EQ(found.at("openai").protocol, Protocol::openai_chat);
  EXPECT_EQ(found.at("anthropic").protocol, Protocol::anthropic);
  EXPECT_EQ(found.at("gemini").protocol, Protocol::gemini);
  EXPECT_TRUE(found.at("gemini").enabled);
}

TEST_F(ProviderDetection, VendorsBaseUrlsAreHonoured) {
  const auto found = providers({{"OPENAI_API_KEY", "k-openai"},
                                {"OPENAI_BASE_URL", "http://proxy:9000/v1/"},
                                {"ANTHROPIC_API_KEY", "k-ant"},
                                {"ANTHROPIC_BASE_URL", "https://a.example/"},
                                {"GEMINI_API_KEY", "k-gem"},
                                {"GOOGLE_GEMINI_BASE_URL", "https://g.example"}});
  EXPECT_EQ(found.at("openai").base_url, "http://proxy:9000/v1");
  EXPECT_EQ(found.at("anthropic").base_url, "https://a.example/v1");
  EXPECT_EQ(found.at("gemini").base_url, "https://g.example/v1beta");
}

TEST_F(ProviderDetection, GoogleApiKeyIsGeminisOtherName) {
  EXPECT_EQ(providers({{"GOOGLE_API_KEY", "g"}}).at("gemini").api_key, "g");
  EXPECT_EQ(providers({{"GOOGLE_API_KEY", "g"}, {"GEMINI_API_KEY", "h"}}).at("gemini").api_key,
            "h");
}

TEST_F(ProviderDetection, OllamaHostIsReadAsOllamaReadsIt) {
  const std::pair<const char*, const char*> kHosts[] = {
      {"127.0.0.1", "http://127.0.0.1:11434/v1"},
      {"box:1234", "http://box:1234/v1"},
      {":8000", "http://127.0.0.1:8000/v1"},
      {"0.0.0.0", "http://127.0.0.1:11434/v1"},
      {"http://box:1234/", "http://box:1234/v1"},
      {"https://ollama.example", "https://ollama.example/v1"}};
  for (const auto& [host, url] : kHosts) {
    SCOPED_TRACE(host);
    EXPECT_EQ(providers({{"OLLAMA_HOST", host}}).at("ollama").base_url, url);
  }
}

TEST_F(ProviderDetection, TheFileWinsOverTheVendorsVariables) {
  sources_.environment = {{"OPENAI_API_KEY", "sk-from-environment"}};
  const auto loaded =
      load(R"({"providers":{"openai":{"base_url":"http://mine/v1","api_key":"mine-mine"}}})");
  EXPECT_EQ(loaded.config.providers.at("openai").api_key, "mine-mine");
  EXPECT_EQ(loaded.config.providers.at("openai").base_url, "http://mine/v1");
}

TEST(ProvidersOff, EachComesWithWhatSwitchesItOn) {
  Config config;
  config.providers["anthropic"].api_key = "k";
  config.providers["gemini"].enabled = false;
  config.providers["local"].enabled = false;
  config.providers["local"].api_key = "k";

  std::map<std::string, std::string> remedies;
  for (const auto& off : providers_off(config)) remedies[off.name] = off.remedy;

  EXPECT_FALSE(remedies.contains("anthropic"));
  EXPECT_EQ(remedies["openai"], "set OPENAI_API_KEY and start the server again");
  EXPECT_NE(remedies["gemini"].find("GEMINI_API_KEY"), std::string::npos);
  EXPECT_NE(remedies["local"].find("providers/local/enabled"), std::string::npos);
  EXPECT_EQ(remedies.size(), 4U) << "ollama too";
}

}  // namespace
}  // namespace taskgate::app
