#include "taskgate/app/cli.hpp"

#include "app/command_table.hpp"
#include "config_fixture.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace taskgate::app {
namespace {

using Arguments = std::vector<std::string>;

template <class T>
T parsed(const Arguments& arguments, std::map<std::string, std::string> environment = {}) {
  const auto result = parse_command_line(arguments, std::move(environment));
  if (const auto* error = std::get_if<UsageError>(&result)) {
    ADD_FAILURE() << error->message;
    return T{};
  }
  const auto* const command = std::get_if<T>(&std::get<Command>(result));
  EXPECT_NE(command, nullptr);
  return command != nullptr ? *command : T{};
}

std::string refused(const Arguments& arguments) {
  const auto result = parse_command_line(arguments, {});
  const auto* const error = std::get_if<UsageError>(&result);
  return error != nullptr ? error->message : "(understood)";
}

TEST(CommandLine, ServeTakesItsFlagsAsOverrides) {
  const auto serve = parsed<ServeCommand>({"serve", "--config", "a.json", "--listen=127.0.0.1:0",
                                           "--db", "x.db", "--log-format", "json", "--log-level",
                                           "debug", "--tls-cert", "c", "--tls-key", "k"});
  EXPECT_EQ(serve.sources.file, "a.json");
  EXPECT_EQ(serve.sources.purpose, ConfigPurpose::serve);
  EXPECT_FALSE(serve.sources.allow_loopback_for_tests);
  std::map<std::string, std::string> given;
  for (const auto& flag : serve.sources.flags) given[flag.pointer] = flag.text;
  EXPECT_EQ(given, (std::map<std::string, std::string>{{"/server/listen", "127.0.0.1:0"},
                                                       {"/database/path", "x.db"},
                                                       {"/log/format", "json"},
                                                       {"/log/level", "debug"},
                                                       {"/server/tls/certificate_file", "c"},
                                                       {"/server/tls/private_key_file", "k"}}));
}

TEST(CommandLine, EveryFlagThatOverridesASettingIsTakenByTheLoader) {
  for (const auto& command : command_table()) {
    for (const auto& flag : command.flags) {
      if (flag.pointer.empty()) continue;
      ConfigSources sources;
      sources.flags = {{std::string(flag.pointer), "\x01", std::string(flag.name)}};
      const auto loaded = load_config(sources);
      EXPECT_TRUE(loaded.origins.contains(std::string(flag.pointer))) << flag.name;
    }
  }
}

TEST(CommandLine, TheEnvironmentMayNameTheFile) {
  EXPECT_EQ(parsed<ServeCommand>({"serve"}, {{"TASKGATE_CONFIG", "e.json"}}).sources.file,
            "e.json");
  EXPECT_EQ(parsed<ServeCommand>({"serve", "--config", "f"}, {{"TASKGATE_CONFIG", "e.json"}})
                .sources.file,
            "f");
  EXPECT_EQ(parsed<DevCommand>({"dev"}, {{"TASKGATE_CONFIG", "e.json"}}).sources.file,
            std::nullopt);
}

TEST(CommandLine, DevIsOfItsOwnPurpose) {
  const auto dev = parsed<DevCommand>({"dev", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(dev.sources.purpose, ConfigPurpose::dev);
  EXPECT_EQ(dev.sources.flags.size(), 1U);
}

TEST(CommandLine, KeysCommands) {
  const auto create = parsed<KeysCreateCommand>({"keys", "create", "--tenant", "acme", "--scopes",
                                                 "read,submit,read", "--name", "ci box", "--env"});
  EXPECT_EQ(create.tenant, "acme");
  EXPECT_EQ(create.scopes, (std::vector<std::string>{"read", "submit"}));
  EXPECT_EQ(create.name, "ci box");
  EXPECT_TRUE(create.as_environment);
  EXPECT_EQ(parsed<KeysRevokeCommand>({"keys", "revoke", "4fGh7KlmNp2q", "--db", "x"}).key_id,
            "4fGh7KlmNp2q");
  EXPECT_TRUE(parsed<KeysListCommand>({"keys", "list", "--json"}).json);
  EXPECT_EQ(parsed<WebhooksSecretCommand>({"webhooks", "secret", "--tenant", "Acme.Inc"}).tenant,
            "Acme.Inc")
      << "whatever POST /keys takes";
}

TEST(CommandLine, HelpAndVersionAreFoundWhereverPeopleLook) {
  EXPECT_EQ(parsed<HelpCommand>({"--help"}).topic, "");
  EXPECT_EQ(parsed<HelpCommand>({"help"}).topic, "");
  EXPECT_EQ(parsed<HelpCommand>({"help", "keys", "create"}).topic, "keys create");
  EXPECT_EQ(parsed<HelpCommand>({"keys", "create", "--help"}).topic, "keys create");
  EXPECT_EQ(parsed<HelpCommand>({"keys", "revoke", "-h"}).topic, "keys revoke");
  EXPECT_EQ(parsed<HelpCommand>({"keys", "--help"}).topic, "keys");
  EXPECT_FALSE(parsed<VersionCommand>({"--version"}).json);
  EXPECT_TRUE(parsed<VersionCommand>({"version", "--json"}).json);
}

struct RefusedCase {
  Arguments arguments;
  const char* message;
};

TEST(CommandLine, SaysWhatItDidNotUnderstand) {
  const RefusedCase cases[] = {
      {{}, "a command is missing"},
      {{"sevre"}, "unknown command \"sevre\" — did you mean \"serve\"?"},
      {{"keys", "crate"}, "unknown command \"keys crate\" — did you mean \"keys create\"?"},
      {{"keys"}, "\"keys\" needs one more word"},
      {{"xyzzy"}, "unknown command \"xyzzy\""},
      {{"--config", "x"}, "a command must come first, e.g. taskgate serve --config"},
      {{"serve", "--confg", "x"}, "unknown flag \"--confg\" — did you mean \"--config\"?"},
      {{"serve", "--config"}, "--config needs a value: --config FILE"},
      {{"serve", "--config="}, "--config needs a value: --config FILE"},
      {{"serve", "--config", "--db"}, "--config needs a value: --config FILE"},
      {{"serve", "--db", "a", "--db", "b"}, "--db is given twice"},
      {{"serve", "now"}, "unexpected \"now\""},
      {{"check", "--json=yes"}, "--json takes no value"},
      {{"dev", "--tls-cert", "x"}, "unknown flag \"--tls-cert\""},
      {{"keys", "create", "--scopes", "read"}, "--tenant is missing"},
      {{"keys", "create", "--tenant", "a"}, "--scopes is missing"},
      {{"keys", "create", "--tenant", "A b", "--scopes", "read"},
       "--tenant: expected 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit"},
      {{"webhooks", "secret", "--tenant", "-a"},
       "--tenant: expected 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit"},
      {{"keys", "create", "--tenant", "a", "--scopes", "read,submitt"},
       "--scopes: unknown scope \"submitt\" — did you mean \"submit\"?"},
      {{"keys", "create", "--tenant", "a", "--scopes", "read,"}, "--scopes: unknown scope \"\""},
      {{"keys", "revoke"}, "KEY_ID is missing"},
      {{"keys", "revoke", "a", "b"}, "unexpected \"b\""},
      {{"webhooks", "secret"}, "--tenant is missing"},
      {{""}, "unknown command \"\""},
      {{"help", "nope"}, "unknown command \"nope\""},
      {{"help", "serv"}, "unknown command \"serv\" — did you mean \"serve\"?"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    EXPECT_EQ(refused(c.arguments), c.message);
  }
}

TEST(CommandLine, UsageErrorsPointToTheHelp) {
  EXPECT_EQ(format_usage_error({"--config needs a value: --config FILE", "serve"}),
            "taskgate: --config needs a value: --config FILE\nSee: taskgate help serve\n");
}

TEST(Help, NamesEveryCommandAndEveryFlag) {
  const std::string overview = help_text("");
  for (const auto& command : command_table()) {
    EXPECT_NE(overview.find(command.name), std::string::npos) << command.name;
    const std::string text = help_text(std::string(command.name));
    EXPECT_NE(text.find("Exit codes:"), std::string::npos);
    for (const auto& flag : command.flags)
      EXPECT_NE(text.find(flag.name), std::string::npos) << flag.name;
  }
}

TEST(Help, TheExampleOfEveryCommandIsUnderstood) {
  for (const auto& command : command_table()) {
    Arguments words;
    std::istringstream example{std::string(command.example)};
    for (std::string word; example >> word && word != ">";) words.push_back(word);
    ASSERT_EQ(words.at(0), "taskgate");
    words.erase(words.begin());
    EXPECT_EQ(refused(words), "(understood)") << command.example;
  }
}

class OfflineCommands : public ConfigTest {
 protected:
  ExitCode run(const Arguments& arguments) {
    out_.str("");
    err_.str("");
    const auto result = parse_command_line(arguments, {});
    const auto code = run_offline(std::get<Command>(result), out_, err_);
    EXPECT_TRUE(code.has_value());
    return code.value_or(ExitCode::failed);
  }
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(OfflineCommands, CheckSaysOkOnStdoutAndTheRestOnStderr) {
  const auto file =
      write("good.json", R"({"providers":{"p":{"base_url":"http://x/v1","api_key":""}}})");
  EXPECT_EQ(run({"check", "--config", file}), ExitCode::ok);
  EXPECT_EQ(out_.str(), "configuration ok\n");
  EXPECT_EQ(err_.str(),
            "listen on http://127.0.0.1:8080, auth keys, database taskgate.db\n"
            "provider p: off (its api_key is empty)\n");
}

TEST_F(OfflineCommands, CheckSaysWhatEachToolIs) {
  const auto file = write("tools.json", R"({
    "tools": {"pay": {"parameters": {"type": "object"}, "http": {"url": "https://a.example.com/p?k=s"}},
              "off": {"enabled": false, "parameters": {"type": "object"},
                      "http": {"url": "https://a.example.com/"}}},
    "mcp_servers": {"crm": {"url": "https://b.example.com/mcp", "tools": {"look": {"effect": "read"}}},
                    "old": {"url": "https://c.example.com/mcp", "enabled": false}}})");
  EXPECT_EQ(run({"check", "--config", file}), ExitCode::ok);
  EXPECT_EQ(err_.str().substr(err_.str().find('\n') + 1),
            "tool off (write): off (enabled is false)\n"
            "tool pay (write): https://a.example.com/p\n"
            "tool crm.look (read): https://b.example.com/mcp\n"
            "MCP server old: off (enabled is false)\n");
}

TEST_F(OfflineCommands, CheckEndsWithTwoWhenServeWouldRefuse) {
  const auto file = write("bad.json", R"({"engine":{"slots":0},"x":1})");
  EXPECT_EQ(run({"check", "--config", file}), ExitCode::usage);
  EXPECT_EQ(out_.str(), "");
  EXPECT_NE(err_.str().find("2 problems (2 errors, 0 warnings). Nothing was changed.\n"),
            std::string::npos);
  EXPECT_EQ(run({"check", "--config", file, "--json"}), ExitCode::usage);
  EXPECT_EQ(nlohmann::json::parse(out_.str())["problems"].size(), 2U);
  EXPECT_EQ(err_.str(), "");
}

TEST_F(OfflineCommands, ConfigPrintShowsWhatIsInForce) {
  const auto file = write("c.json", R"({"engine":{"slots":5}})");
  EXPECT_EQ(run({"config", "print", "--config", file}), ExitCode::ok);
  EXPECT_EQ(nlohmann::json::parse(out_.str())["engine"]["slots"], 5);
  EXPECT_EQ(run({"config", "print", "--config", file, "--defaults"}), ExitCode::ok);
  EXPECT_EQ(nlohmann::json::parse(out_.str())["engine"]["slots"], 1024);
  EXPECT_EQ(run({"config", "print", "--config", file, "--sources"}), ExitCode::ok);
  EXPECT_NE(out_.str().find("/engine/slots = 5  ("), std::string::npos);
  EXPECT_EQ(run({"config", "print", "--config", "/no/such/file"}), ExitCode::usage);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(OfflineCommands, VersionNamesTheLibrariesToo) {
  EXPECT_EQ(run({"version"}), ExitCode::ok);
  EXPECT_TRUE(out_.str().starts_with("taskgate " TASKGATE_VERSION " (Boost 1.")) << out_.str();
  EXPECT_EQ(run({"version", "--json"}), ExitCode::ok);
  EXPECT_EQ(nlohmann::json::parse(out_.str())["taskgate"], TASKGATE_VERSION);
}

TEST_F(OfflineCommands, OnlyTheCommandsThatNeedNoServerAreRunHere) {
  for (const Arguments& arguments :
       {Arguments{"serve"}, Arguments{"dev"}, Arguments{"keys", "list"}}) {
    const auto command = std::get<Command>(parse_command_line(arguments, {}));
    EXPECT_EQ(run_offline(command, out_, err_), std::nullopt);
  }
}

}  // namespace
}  // namespace taskgate::app
