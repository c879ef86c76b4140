// Tools, MCP servers and prices: read, refused at their place, shown without their secrets.

#include "app/tools_config.hpp"
#include "config_fixture.hpp"

namespace taskgate::app {
namespace {

using ConfigTools = ConfigTest;

constexpr const char* kWhole = R"({
  "tools": {"send_invoice": {
    "description": "Sends.", "parameters": {"type": "object", "properties": {"a": {"default": 1}}},
    "effect": "write", "on_unknown": "reconcile", "repeat": "reject", "approval": "required",
    "ignore_args": ["/a"], "idempotency_header": "X-Once", "key_window_seconds": 0,
    "not_executed_status": [422], "max_result_bytes": 1000, "max_attempts": 5,
    "http": {"method": "PUT", "url": "http://erp.internal/invoices", "allow_private": true,
             "headers": {"Authorization": "Bearer ${TOKEN}"}, "timeout_ms": 2500,
             "reconcile_url": "http://erp.internal/by-key/{key}"}}},
  "mcp_servers": {"crm": {"url": "https://crm.example.com/mcp", "headers": {"X-Key": "${TOKEN}"},
    "tools": {"lookup": {"effect": "read"},
              "mergeAll": {"as": "crm.merge", "on_unknown": "retry_same_key",
                           "key_window_seconds": 86400, "timeout_ms": 99},
              "hidden": {"enabled": false}}}},
  "prices": {"openai/gpt-4.1*": {"input_per_million": 2, "output_per_million": 8.5,
                                 "cached_input_per_million": 0.5}}})";

TEST_F(ConfigTools, BecomeAToolbox) {
  sources_.environment["TOKEN"] = "t0ken-abcdefgh";
  const auto loaded = load(kWhole);
  ASSERT_EQ(told(loaded), "");

  const auto box = toolbox_config(loaded.config, {});

  ASSERT_EQ(box.http.size(), 1U);
  const auto& tool = box.http[0];
  EXPECT_EQ(tool.definition.name, "send_invoice");
  EXPECT_EQ(tool.definition.on_unknown, tools::UnknownPolicy::reconcile);
  EXPECT_EQ(tool.definition.repeat, tools::Repeat::reject);
  EXPECT_EQ(tool.definition.approval, tools::Approval::required);
  EXPECT_EQ(tool.definition.ignore_args, std::vector<std::string>{"/a"});
  EXPECT_EQ(tool.definition.idempotency_header, "X-Once");
  EXPECT_EQ(tool.definition.not_executed_status, std::vector<int>{422});
  EXPECT_EQ(tool.definition.timeout, std::chrono::milliseconds(2500));
  EXPECT_EQ(tool.definition.max_result_bytes, 1000U);
  EXPECT_EQ(tool.definition.max_attempts, 5);
  EXPECT_FALSE(tool.definition.key_window);
  EXPECT_EQ(tool.method, net::Method::put);
  EXPECT_TRUE(tool.allow_private);
  ASSERT_EQ(tool.headers.size(), 1U);
  EXPECT_EQ(tool.headers[0].second, "Bearer t0ken-abcdefgh");
  EXPECT_EQ(tool.reconcile_url, "http://erp.internal/by-key/{key}");

  ASSERT_EQ(box.mcp.size(), 1U);
  ASSERT_EQ(box.mcp[0].tools.size(), 2U) << "hidden is switched off";
  EXPECT_EQ(box.mcp[0].tools[0].definition.name, "crm.lookup");
  EXPECT_EQ(box.mcp[0].tools[0].definition.effect, tools::Effect::read);
  const auto& merge = box.mcp[0].tools[1];
  EXPECT_EQ(merge.remote_name, "mergeAll");
  EXPECT_EQ(merge.definition.name, "crm.merge");
  EXPECT_EQ(merge.definition.effect, tools::Effect::write) << "what is not declared is a write";
  EXPECT_EQ(merge.definition.key_window, std::chrono::hours(24));
  EXPECT_FALSE(box.demo);

  const auto price = price_table(loaded.config).find("openai/gpt-4.1-mini");
  ASSERT_TRUE(price);
  EXPECT_EQ(price->output_per_million, 8.5);
  EXPECT_EQ(price->cached_input_per_million, 0.5);
  EXPECT_FALSE(price->cache_write_per_million);
}

TEST_F(ConfigTools, DevOffersTheDemoToolsUnlessToldOtherwise) {
  sources_.purpose = ConfigPurpose::dev;
  EXPECT_TRUE(toolbox_config(load("{}").config, {}).demo);
  EXPECT_FALSE(load(R"({"engine": {"demo_tools": false}})").config.engine.demo_tools);
}

TEST_F(ConfigTools, SecretsAreNeverPrinted) {
  sources_.environment["TOKEN"] = "t0ken-abcdefgh";
  const auto loaded = load(kWhole);

  EXPECT_EQ(print_config(loaded.config).find("t0ken"), std::string::npos);
  EXPECT_EQ(print_config_sources(loaded).find("t0ken"), std::string::npos);
  const auto refused =
      told(load(R"({"tools": {"x": {"http": {"headers": {"Api": "s3cret"}, "ur": 1}}}})"));
  EXPECT_EQ(refused.find("s3cret"), std::string::npos) << refused;
  EXPECT_NE(refused.find("\"ur\""), std::string::npos) << refused;
}

TEST_F(ConfigTools, EveryFaultIsTold) {
  const struct {
    const char* text;
    const char* part;  // of what is told: place and message
  } cases[] = {
      {R"({"tools": []})", "c.json:1:11: error: /tools: expected object, got array"},
      {R"({"tools": {"Bad": {}}})", "1:12: error: /tools/Bad: a tool cannot have this name"},
      {R"({"tools": {"a": 1}})", "1:17: error: /tools/a: expected object, got number"},
      {R"({"tools": {"a": {"efect": "read"}}})", "unknown key \"efect\""},
      {R"({"tools": {"a": {"effect": "reed"}}})", "did you mean \"read\"?"},
      {R"({"tools": {"a": {"http": {"uri": ""}}}})", "unknown key \"uri\""},
      {R"({"tools": {"a": {"http": 1}}})", "/tools/a/http: expected object, got number"},
      {R"({"tools": {"a": {}}})", "/tools/a: parameters is missing"},
      {R"({"tools": {"a": {"parameters": {"type": "object"}}}})", "http/url is missing"},
      {R"({"tools": {"a": {"parameters": true}}})", "/tools/a/parameters: expected object"},
      {R"({"tools": {"a": {"parameters": {"type": "array"}}}})", "must say \"type\": \"object\""},
      {R"({"tools": {"a": {"parameters": {"type": "object", "properties": {"b": {"minimum": "x"}}}}}})",
       "1:83: error: /tools/a/parameters/properties/b/minimum"},
      {R"({"tools": {"a": {"http": {"url": "http://erp.internal/x"}}}})",
       "set allow_private to true"},
      {R"({"tools": {"a": {"http": {"url": "ftp://x"}}}})", "/tools/a/http/url"},
      {R"({"tools": {"a": {"http": {"url": "http://169.254.169.254/", "allow_private": true}}}})",
       "link-local"},
      {R"({"tools": {"a": {"http": {"reconcile_url": "https://example.com/k"}}}})",
       "must hold {key}"},
      {R"({"tools": {"a": {"on_unknown": "reconcile"}}})", "set http/reconcile_url"},
      {R"({"tools": {"a": {"ignore_args": ["b"]}}})",
       "/tools/a/ignore_args/0: expected a JSON pointer"},
      {R"({"tools": {"a": {"idempotency_header": "a b"}}})", "the name of a header field"},
      {R"({"tools": {"a": {"http": {"headers": {"idempotency-key": "x"}}}}})",
       "headers hold the field Idempotency-Key"},
      {R"({"tools": {"a": {"not_executed_status": [422, 200]}}})",
       "1:47: error: /tools/a/not_executed_status/1: expected integer 400..599, got 200"},
      {R"({"tools": {"a": {"not_executed_status": 200}}})", "list of integers 400..599, got 200"},
      {R"({"tools": {"a": {"ignore_args": ["/b", 7]}}})",
       "/tools/a/ignore_args/1: expected string, got 7"},
      {R"({"tools": {"a": {"key_window_seconds": 5}}})", "warning: /tools/a/key_window_seconds"},
      {R"({"tools": {"a.b": {"parameters": {"type": "object"}, "http": {"url": "https://example.com"}},
                     "a_b": {"parameters": {"type": "object"}, "http": {"url": "https://example.com"}}}})",
       "models cannot tell apart"},
      {R"({"mcp_servers": {"a.b": {}}})", "an MCP server cannot have this name"},
      {R"({"mcp_servers": {"a": {}}})", "url is missing"},
      {R"({"mcp_servers": {"a": {"tools": 1}}})", "/mcp_servers/a/tools: expected object"},
      {R"({"mcp_servers": {"a": {"tools": {"b": 1}}}})", "/mcp_servers/a/tools/b: expected object"},
      {R"({"mcp_servers": {"a": {"tools": {"getThing": {}}}}})", "give it one with \"as\""},
      {R"({"mcp_servers": {"a": {"tools": {"b": {"on_unknown": "reconcile"}}}}})",
       "cannot be asked"},
      {R"({"mcp_servers": {"a": {"tools": {"b": {"parameters": {}}}}}})",
       "unknown key \"parameters\""},
      {R"({"prices": {"gpt": {}}})", "not the name of a model"},
      {R"({"prices": {"a/b": {"input_per_million": "2"}}})", "expected number 0..1000000"},
      {R"({"prices": {"a/b": {"input_per_million": -1}}})", "expected number 0..1000000"},
  };
  for (const auto& c : cases) {
    const auto text = told(load(c.text));
    EXPECT_NE(text.find(c.part), std::string::npos) << c.text << "\n" << text;
  }
}

TEST_F(ConfigTools, WhatCannotWorkIsRefused) {
  const struct {
    const char* text;
    const char* part;
  } cases[] = {
      {R"({"tools": {"a": {"http": {"headers": {"host": "x"}}}}})",
       "1:47: error: /tools/a/http/headers/host: the field host belongs to the HTTP connection"},
      {R"({"tools": {"a": {"http": {"headers": {"Proxy-Authorization": "x"}}}}})",
       "/tools/a/http/headers/Proxy-Authorization: the field"},
      {R"({"mcp_servers": {"a": {"headers": {"Transfer-Encoding": "chunked"}}}})",
       "/mcp_servers/a/headers/Transfer-Encoding: the field"},
      {R"({"tools": {"a": {"http": {"headers": {"X-A": "b\r\nHost: c"}}}}})",
       "/tools/a/http/headers/X-A: expected one line of text"},
      {R"({"tools": {"a": {"http": {"headers": {"X A": "b"}}}}})",
       "/tools/a/http/headers/X A: expected the name of a header field"},
      {R"({"tools": {"a": {"idempotency_header": "Content-Length"}}})",
       "1:40: error: /tools/a/idempotency_header: the field Content-Length has another meaning"},
      {R"({"tools": {"a": {"idempotency_header": "x-taskgate-task"}}})",
       "the field x-taskgate-task has another meaning"},
      {R"({"mcp_servers": {"a": {"tools": {"b": {"idempotency_header": "Mcp-Session-Id"}}}}})",
       "the field Mcp-Session-Id has another meaning"},
      {R"({"tools": {"a": {"http": {"reconcile_url": "https://{key}.example.com/k"}}}})",
       "1:44: error: /tools/a/http/reconcile_url: {key} must stand in the path"},
      {R"({"tools": {"a": {"http": {"reconcile_url": "https://example.com/{id}/{key}"}}}})",
       "/tools/a/http/reconcile_url: a URL is fixed"},
      {R"({"tools": {"a": {"http": {"url": "https://example.com/users/{id}"}}}})",
       "hint: arguments go into the body, with GET and DELETE into the query"},
      {R"({"tools": {"a": {"on_unknown": "retry_same_key", "key_window_seconds": 10}}})",
       "1:72: error: /tools/a/key_window_seconds: it is not longer than the timeout"},
      {R"({"tools": {"Bad": {"efect": "read"}}})", "unknown key \"efect\""},
      {R"({"mcp_servers": {"a.b": {"efect": "read"}}})", "unknown key \"efect\""},
      {R"({"providers": {"A/b": {"base_ur": ""}}})", "unknown key \"base_ur\""},
  };
  for (const auto& c : cases) {
    const auto text = told(load(c.text));
    EXPECT_NE(text.find(c.part), std::string::npos) << c.text << "\n" << text;
  }
}

TEST_F(ConfigTools, WhatIsCloseToThatIsTaken) {
  const auto text = told(load(R"({"tools": {"a": {"parameters": {"type": "object"},
    "on_unknown": "retry_same_key", "key_window_seconds": 11, "idempotency_header": "X-Host",
    "http": {"url": "https://example.com/a", "headers": {"Accept": "text/csv", "Hosts": "x"},
             "reconcile_url": "https://example.com?key={key}"}}}})"));

  EXPECT_EQ(text, "");
}

TEST_F(ConfigTools, DemoToolsTakeTheirNames) {
  const auto text = told(load(R"({"engine": {"demo_tools": true}, "mcp_servers": {"demo": {
    "url": "https://example.com/mcp", "tools": {"clock": {}}}}})"));

  EXPECT_NE(text.find("another tool has the name \"demo.clock\""), std::string::npos) << text;
}

}  // namespace
}  // namespace taskgate::app
