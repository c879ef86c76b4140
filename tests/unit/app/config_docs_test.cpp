// The files that describe the configuration agree with the program's own table.

#include "app/json_document.hpp"
#include "app/settings.hpp"
#include "config_fixture.hpp"

#include <iterator>
#include <set>

namespace taskgate::app {
namespace {

std::string file_in_project(const std::string& name) {
  std::ifstream file(std::string(TASKGATE_SOURCE_DIR) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// An object from names to objects of settings.
bool is_table_of_named(const nlohmann::json& schema) {
  const auto members = schema.find("additionalProperties");
  return members != schema.end() && members->is_object() && members->contains("properties");
}

TEST(ConfigDocs, SchemaFileIsWhatTheProgramWrites) {
  EXPECT_EQ(file_in_project("config/taskgate.schema.json"), config_schema())
      << "run: taskgate config schema > config/taskgate.schema.json";
}

TEST(ConfigDocs, ReferencePageIsWhatTheProgramWrites) {
  EXPECT_EQ(file_in_project("docs/config.md"), config_reference())
      << "run: taskgate config reference > docs/config.md";
}

TEST(ConfigDocs, EveryKeyOfTheSchemaIsOnTheReferencePage) {
  const auto page = file_in_project("docs/config.md");
  const auto schema = nlohmann::json::parse(file_in_project("config/taskgate.schema.json"));
  std::size_t leaves = 0;
  const auto walk = [&](const auto& self, const nlohmann::json& node,
                        const std::string& path) -> void {
    for (const auto& [key, child] : node.at("properties").items()) {
      if (key == "$schema" || is_table_of_named(child)) continue;
      const std::string child_path = path.empty() ? key : path + "/" + key;
      if (child.contains("properties")) {
        self(self, child, child_path);
      } else {
        EXPECT_NE(page.find("| `" + child_path + "` |"), std::string::npos) << child_path;
        ++leaves;
      }
    }
  };
  walk(walk, schema, "");
  const auto& tables = schema.at("properties");
  for (const char* table : {"providers", "tools", "mcp_servers", "prices"})
    walk(walk, tables.at(table).at("additionalProperties"), "");
  const auto& server = tables.at("mcp_servers").at("additionalProperties");
  walk(walk, server.at("properties").at("tools").at("additionalProperties"), "");
  EXPECT_EQ(leaves, config_settings().size() + provider_settings().size() + tool_settings().size() +
                        mcp_tool_settings().size() + mcp_server_settings().size() +
                        price_settings().size());
}

TEST(ConfigDocs, TheExampleLoadsAsItIsAndNamesEverySetting) {
  ConfigSources sources;
  sources.file = std::string(TASKGATE_SOURCE_DIR) + "/config/taskgate.json";
  const auto loaded = load_config(sources);

  EXPECT_EQ(format_problems(loaded.problems), "");
  const auto document = parse_json_document(file_in_project("config/taskgate.json"));
  for (const auto& setting : config_settings())
    EXPECT_TRUE(document.values.contains("/" + std::string(setting.path))) << setting.path;
  for (const auto& setting : provider_settings())
    EXPECT_TRUE(document.values.contains("/providers/openai/" + std::string(setting.path)))
        << setting.path;
  const auto expect_all = [&](const std::string& place, const auto& settings) {
    for (const auto& setting : settings)
      EXPECT_TRUE(document.values.contains(place + std::string(setting.path))) << setting.path;
  };
  expect_all("/tools/send_invoice/", tool_settings());
  expect_all("/mcp_servers/crm/", mcp_server_settings());
  expect_all("/mcp_servers/crm/tools/lookup/", mcp_tool_settings());
  expect_all("/prices/openai~1gpt-4.1*/", price_settings());
}

TEST(ConfigDocs, TheExampleShowsTheDefaults) {
  ConfigSources sources;
  sources.file = std::string(TASKGATE_SOURCE_DIR) + "/config/taskgate.json";
  auto config = load_config(sources).config;
  ASSERT_TRUE(config.providers.contains("openai"));
  EXPECT_FALSE(config.providers.at("openai").enabled);  // no key
  config.providers.clear();
  EXPECT_FALSE(config.tools.at("send_invoice").enabled);
  config.tools.clear();
  EXPECT_FALSE(config.mcp_servers.at("crm").enabled);
  config.mcp_servers.clear();
  config.prices.clear();
  EXPECT_EQ(print_config(config), print_config(Config{}));
}

TEST(ConfigDocs, EveryDefaultIsWithinItsOwnBounds) {
  Config config;
  for (const auto& setting : config_settings()) {
    const auto complaint = assign(config, setting, nlohmann::json(show(Config{}, setting)));
    EXPECT_FALSE(complaint.has_value()) << setting.path << ": " << complaint->message;
  }
}

TEST(ConfigDocs, NoTwoSettingsShareANameInTheEnvironment) {
  std::set<std::string> names;
  for (const auto& setting : config_settings())
    EXPECT_TRUE(names.insert(environment_name(setting.path)).second);
}

}  // namespace
}  // namespace taskgate::app
