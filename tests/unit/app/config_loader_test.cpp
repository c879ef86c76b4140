#include "config_fixture.hpp"

#include <nlohmann/json.hpp>

namespace taskgate::app {
namespace {

using namespace std::chrono_literals;

class ConfigLoader : public ConfigTest {};

TEST_F(ConfigLoader, WithoutSourcesThereAreTheDefaults) {
  const auto loaded = load_config(sources_);
  EXPECT_TRUE(loaded.ok());
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(print_config(loaded.config), print_config(Config{}));
}

TEST_F(ConfigLoader, TakesEveryKindOfValue) {
  const auto loaded = load(R"({
    "server": {"listen": "[::1]:0", "threads": 4, "limits": {"header_timeout_ms": 2500, "max_body_bytes": 2048}},
    "engine": {"retry": {"base_ms": 10, "max_ms": 20}, "result_ttl_seconds": 60},
    "providers": {"local-1": {"base_url": "http://127.0.0.1:9/v1", "headers": {"X-Team": "blue"}}},
    "webhooks": {"allow_http": true, "allowed_ports": [80, 443]},
    "auth": {"mode": "open"}, "log": {"level": "debug", "format": "logfmt"}, "shutdown_grace_ms": 0 })");

  EXPECT_EQ(told(loaded), "");
  const Config& config = loaded.config;
  EXPECT_EQ(config.server.listen, (ListenAddress{"::1", 0}));
  EXPECT_EQ(config.server.threads, 4);
  EXPECT_EQ(config.server.limits.header_timeout, 2500ms);
  EXPECT_EQ(config.server.max_body_bytes, 2048U);
  EXPECT_EQ(config.engine.retry.max, 20ms);
  EXPECT_EQ(config.engine.result_ttl, 60s);
  EXPECT_EQ(config.providers.at("local-1").headers.at("X-Team"), "blue");
  EXPECT_TRUE(config.providers.at("local-1").enabled);
  EXPECT_EQ(config.webhooks.allowed_ports, (std::vector<std::uint16_t>{80, 443}));
  EXPECT_EQ(config.auth.mode, AuthMode::open);
  EXPECT_EQ(config.log.level, log::Level::debug);
  EXPECT_EQ(config.log.format, log::Format::logfmt);
  EXPECT_EQ(config.shutdown_grace, 0ms);
}

TEST_F(ConfigLoader, TellsEveryProblemAtOnceEachInItsPlace) {
  const auto loaded = load(
      "{\n"
      "  \"server\": {\"listen\": \"8080\", \"treads\": 2},\n"
      "  \"engine\": {\"attempt_timeout_ms\": \"2s\", \"slots\": 0, \"max_attempts\": 2.5},\n"
      "\t\"log\": {\"format\": \"jsn\", \"level\": true},\n"
      "  \"providers\": {\"openai\": {\"api_keyy\": \"sk-1234567890\", \"api_key\": 7}, \"sim\": "
      "{}},\n"
      "  \"webhooks\": [],\n"
      "  \"auth\": {\"mode\": \"${NOT_SET_ANYWHERE}\"},\n"
      "}\n");

  EXPECT_EQ(told(loaded),
            R"(c.json:2:24: error: /server/listen: expected "host:port", got "8080" (string)
    2 |   "server": {"listen": "8080", "treads": 2},
      |                        ^~~~~~  hint: e.g. "127.0.0.1:8080" or "[::1]:8080"
c.json:2:32: error: /server: unknown key "treads" — did you mean "threads"?
    2 |   "server": {"listen": "8080", "treads": 2},
      |                                ^~~~~~~~  hint: known here: listen, threads, tls, limits
c.json:3:36: error: /engine/attempt_timeout_ms: expected integer 100..86400000, got "2s" (string)
    3 |   "engine": {"attempt_timeout_ms": "2s", "slots": 0, "max_attempts": 2.5},
      |                                    ^~~~  hint: a number of milliseconds, e.g. 2000
c.json:3:51: error: /engine/slots: expected integer 1..100000, got 0
    3 |   "engine": {"attempt_timeout_ms": "2s", "slots": 0, "max_attempts": 2.5},
      |                                                   ^
c.json:3:70: error: /engine/max_attempts: expected integer 1..100, got 2.5
    3 |   "engine": {"attempt_timeout_ms": "2s", "slots": 0, "max_attempts": 2.5},
      |                                                                      ^~~
c.json:4:20: error: /log/format: expected "text", "json" or "logfmt", got "jsn" (string)
    4 | 	"log": {"format": "jsn", "level": true},
      | 	                  ^~~~~  hint: did you mean "json"?
c.json:4:36: error: /log/level: expected "debug", "info", "warning", "error" or "off", got true
    4 | 	"log": {"format": "jsn", "level": true},
      | 	                                  ^~~~
c.json:5:27: error: /providers/openai: base_url is missing
    5 |   "providers": {"openai": {"api_keyy": ***************, "api_key": *}, "sim": {}},
      |                           ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~  hint: e.g. "https://api.openai.com/v1"
c.json:5:28: error: /providers/openai: unknown key "api_keyy" — did you mean "api_key"?
    5 |   "providers": {"openai": {"api_keyy": ***************, "api_key": *}, "sim": {}},
      |                            ^~~~~~~~~~  hint: known here: enabled, protocol, base_url, api_key, connect_timeout_ms, first_byte_timeout_ms, idle_timeout_ms, headers, models
c.json:5:68: error: /providers/openai/api_key: expected string, got a number
    5 |   "providers": {"openai": {"api_keyy": ***************, "api_key": *}, "sim": {}},
      |                                                                    ^
c.json:5:72: error: /providers/sim: "sim" is the built-in simulator's name
    5 |   "providers": {"openai": {"api_keyy": ***************, "api_key": *}, "sim": {}},
      |                                                                        ^~~~~  hint: choose another
c.json:6:15: error: /webhooks: expected object, got array
    6 |   "webhooks": [],
      |               ^~  hint: known here: timeout_ms, allow_http, allow_loopback_for_tests, max_concurrent, allowed_ports
c.json:7:20: error: /auth/mode: environment variable NOT_SET_ANYWHERE is not set
    7 |   "auth": {"mode": "${NOT_SET_ANYWHERE}"},
      |                    ^~~~~~~~~~~~~~~~~~~~~  hint: set it, or give a default: ${NOT_SET_ANYWHERE:-…}
c.json:7:42: error: a comma before the end
    7 |   "auth": {"mode": "${NOT_SET_ANYWHERE}"},
      |                                          ^  hint: remove it
)");
  EXPECT_EQ(summarize_problems(loaded.problems),
            "14 problems (14 errors, 0 warnings). Nothing was changed.");
  EXPECT_FALSE(loaded.ok());
}

TEST_F(ConfigLoader, ASyntaxErrorIsToldWithoutGuessingAtTheRest) {
  const auto loaded = load("{\n  \"server\": {\n    \"threads\": two\n");
  EXPECT_EQ(told(loaded),
            "c.json:3:16: error: /server/threads: expected a value, got a bare word\n"
            "    3 |     \"threads\": two\n"
            "      |                ^  hint: text stands in double quotes\n");
}

TEST_F(ConfigLoader, NoMessageShowsASecret) {
  for (const std::string text : {
           R"({"providers":{"p":{"api_key":"TOPSECRETVALUE","base_url":3}}})",
           R"({"providers":{"p":{"api_key":"TOPSECRETVALUE","x":1}}})",
           R"({"providers":{"p":{"api_key":"TOPSECRETVALUE)",
           R"({"providers":{"p":{"api_key":["TOPSECRETVALUE"]}}})",
           R"({"providers":{"p":{"headers":{"X-Any":"TOPSECRETVALUE"},"x":1}}})",
           R"({"providers":{"p":{"headers":{"X-Any":["TOPSECRETVALUE"]}}}})",
           R"({"providers":{"p":{"api_key":"${UNSET:-TOPSECRETVALUE}","x":1}}})",
           R"({"providers":{"p":{"base_url":"https://u:TOPSECRETVALUE@host/v1"}}})",
           R"({"providers":{"p":{"secret":"TOPSECRETVALUE"}}})",
           R"({"providers":{"p":{"api_key":TOPSECRETVALUE}}})",
           R"({"providers":{"p":{"api_key":"TOP SECRETVALUE","base_url":"http://x"}}})",
       }) {
    SCOPED_TRACE(text);
    const auto loaded = load(text);
    EXPECT_FALSE(loaded.ok());
    EXPECT_EQ(told(loaded).find("SECRETVALUE"), std::string::npos) << told(loaded);
    EXPECT_EQ(problems_json(loaded.problems).find("SECRETVALUE"), std::string::npos);
  }
}

TEST_F(ConfigLoader, AFileThatCannotBeReadIsAProblem) {
  sources_.file = (folder_ / "none.json").string();
  EXPECT_EQ(told(load_config(sources_)),
            "none.json: error: cannot be read: No such file or directory\n");
  EXPECT_EQ(told(load("[]")),
            "c.json:1:1: error: expected an object of settings\n    1 | []\n      | ^~\n");
  EXPECT_EQ(told(load(std::string("{}\0", 3))), "c.json: error: holds a NUL at byte 2\n");
  EXPECT_EQ(told(load("{\"log\": \"\xFF\"}")), "c.json: error: is not valid UTF-8 at byte 9\n");
}

TEST_F(ConfigLoader, LaterSourcesWin) {
  const std::string file =
      R"({"server": {"listen": "127.0.0.1:1", "threads": 1}, "engine": {"slots": 1}})";
  sources_.environment = {{"TASKGATE_SERVER__LISTEN", "127.0.0.1:2"},
                          {"TASKGATE_ENGINE__SLOTS", "2"}};
  sources_.flags = {{"/server/listen", "127.0.0.1:3", "--listen"}};

  const auto loaded = load(file);

  EXPECT_EQ(told(loaded), "");
  EXPECT_EQ(loaded.config.server.listen.port, 3);
  EXPECT_EQ(loaded.config.engine.slots, 2);
  EXPECT_EQ(loaded.config.server.threads, 1);
  const auto sources = print_config_sources(loaded);
  EXPECT_NE(sources.find("/server/listen = \"127.0.0.1:3\"  (flag --listen)\n"), std::string::npos)
      << sources;
  EXPECT_NE(sources.find("/engine/slots = 2  (environment TASKGATE_ENGINE__SLOTS)\n"),
            std::string::npos);
  EXPECT_NE(sources.find("c.json:1)\n"), std::string::npos);
  EXPECT_NE(sources.find("/database/path = \"taskgate.db\"  (default)\n"), std::string::npos);
}

TEST_F(ConfigLoader, TheEnvironmentSetsEveryKindOfValue) {
  sources_.environment = {{"TASKGATE_WEBHOOKS__ALLOW_HTTP", "true"},
                          {"TASKGATE_WEBHOOKS__ALLOWED_PORTS", "80,8080"},
                          {"TASKGATE_SHUTDOWN_GRACE_MS", "7"},
                          {"TASKGATE_LOG__FORMAT", "json"},
                          {"TASKGATE_PROVIDERS__MINE__BASE_URL", "http://127.0.0.1:1/v1"},
                          {"TASKGATE_PROVIDERS__MINE__HEADERS", R"({"X-A":"b"})"},
                          {"TASKGATE_PROVIDERS__MINE__API_KEY", "k-mine"},
                          {"TASKGATE_URL", "not ours"},
                          {"TASKGATE_KEY", "not ours"}};
  const auto loaded = load_config(sources_);
  EXPECT_EQ(told(loaded), "");
  EXPECT_TRUE(loaded.config.webhooks.allow_http);
  EXPECT_EQ(loaded.config.webhooks.allowed_ports, (std::vector<std::uint16_t>{80, 8080}));
  EXPECT_EQ(loaded.config.shutdown_grace, 7ms);
  EXPECT_EQ(loaded.config.log.format, log::Format::json);
  EXPECT_EQ(loaded.config.providers.at("mine").api_key, "k-mine");
  EXPECT_EQ(loaded.config.providers.at("mine").headers.at("X-A"), "b");
}

TEST_F(ConfigLoader, FaultsOfEnvironmentAndFlagsNameTheirSource) {
  sources_.environment = {{"TASKGATE_ENGINE__SLOTS", "many"},
                          {"TASKGATE_ENGINE__SLOT", "1"},
                          {"TASKGATE_WEBHOOKS__ALLOWED_PORTS", "80,,81"},
                          {"TASKGATE_PROVIDERS__P__API_KEYS", "sk-1234567890"}};
  sources_.flags = {{"/log/level", "verbose", "--log-level"}};
  EXPECT_EQ(
      told(load_config(sources_)),
      R"(environment TASKGATE_ENGINE__SLOT: error: no setting has this name — did you mean "TASKGATE_ENGINE__SLOTS"?
environment TASKGATE_ENGINE__SLOTS: error: /engine/slots: expected integer 1..100000, got "many" (string)
      hint: a number, without quotes
environment TASKGATE_PROVIDERS__P__API_KEYS: error: no setting has this name
environment TASKGATE_WEBHOOKS__ALLOWED_PORTS: error: /webhooks/allowed_ports: expected list of ports 1..65535, got "80,,81" (string)
flag --log-level: error: /log/level: expected "debug", "info", "warning", "error" or "off", got "verbose" (string)
)");
}

TEST_F(ConfigLoader, ExpandsTheEnvironmentInsideTextAfterParsing) {
  sources_.environment = {{"QUOTE", R"(a","threads":9,"x":")"}, {"PORT", "81"}};
  const auto loaded =
      load(R"({"server": {"listen": "127.0.0.1:${PORT}"}, "database": {"path": "${QUOTE}$$"}})");
  EXPECT_EQ(told(loaded), "");
  EXPECT_EQ(loaded.config.server.listen.port, 81);
  EXPECT_EQ(loaded.config.database.path, R"(a","threads":9,"x":"$)");
  EXPECT_EQ(loaded.config.server.threads, 0);
}

TEST_F(ConfigLoader, PrintingMasksSecrets) {
  const auto loaded = load(
      R"({"providers":{"p":{"base_url":"http://x/v1","api_key":"sk-abcdefghijkl9f","headers":{"X-K":"hush-hush"}}}})");
  EXPECT_EQ(told(loaded), "");
  const auto printed = nlohmann::json::parse(print_config(loaded.config));
  EXPECT_EQ(printed["providers"]["p"]["api_key"], "sk-…9f");
  EXPECT_EQ(printed["providers"]["p"]["headers"]["X-K"], "…");
  EXPECT_EQ(print_config_sources(loaded).find("abcdefgh"), std::string::npos);
  EXPECT_EQ(print_config_sources(loaded).find("hush"), std::string::npos);
}

TEST_F(ConfigLoader, WhatItPrintsLoadsToTheSame) {
  const auto first = load(R"({"server":{"threads":3},"webhooks":{"allowed_ports":[]}})");
  const auto printed = print_config(first.config);
  EXPECT_EQ(print_config(load(printed).config), printed);
}

TEST_F(ConfigLoader, ProblemsAsJsonCarryTheirPlace) {
  const auto json =
      nlohmann::json::parse(problems_json(load("{\n\"engine\": {\"slots\": 0}}").problems));
  EXPECT_EQ(json["ok"], false);
  ASSERT_EQ(json["problems"].size(), 1U);
  EXPECT_EQ(json["problems"][0]["line"], 2);
  EXPECT_EQ(json["problems"][0]["column"], 21);
  EXPECT_EQ(json["problems"][0]["path"], "/engine/slots");
  EXPECT_EQ(json["problems"][0]["severity"], "error");
}

}  // namespace
}  // namespace taskgate::app
