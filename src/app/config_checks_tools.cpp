// What is wrong with tools, MCP servers and prices that only their values together show.
#include "app/config_reader.hpp"
#include "taskgate/checks/schema.hpp"
#include "taskgate/net/http.hpp"
#include "taskgate/net/ssrf_guard.hpp"

#include <algorithm>
#include <set>

namespace taskgate::app {
namespace {

using tools::UnknownPolicy;

// The place of a setting that was given, else of the object that should have it.
std::string given(ConfigReader& reader, const std::string& object, const std::string& setting) {
  const std::string pointer = object + "/" + setting;
  return reader.loaded().origins.contains(pointer) ? pointer : object;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Fields that frame and route a message (RFC 9110 §7.6.1, RFC 9112): the HTTP client's alone.
bool is_framing_field(std::string_view name) {
  constexpr std::string_view kFraming[] = {
      "host", "content-length", "transfer-encoding", "connection",
      "te",   "upgrade",        "trailer",           "keep-alive"};
  const std::string lower = lower_case(name);
  return lower.starts_with("proxy-") ||
         std::find(std::begin(kFraming), std::end(kFraming), lower) != std::end(kFraming);
}

// Fields of ours in a call (tools/http_tool.cpp, tools/mcp_server.cpp).
bool is_own_field(std::string_view name) {
  constexpr std::string_view kOwn[] = {"accept",     "content-type",         "x-taskgate-task",
                                       "user-agent", "mcp-protocol-version", "mcp-session-id"};
  const std::string lower = lower_case(name);
  return std::find(std::begin(kOwn), std::end(kOwn), lower) != std::end(kOwn);
}

void check_headers(ConfigReader& reader, const std::string& pointer, const HeaderMap& headers) {
  for (const auto& [name, value] : headers) {
    if (!is_framing_field(name)) continue;
    reader.complain_within(
        pointer, pointer_child("", name),
        "the field " + name + " belongs to the HTTP connection and cannot be set: take it out");
  }
}

void check_tool_url(ConfigReader& reader,
                    const std::string& pointer,
                    const std::string& url,
                    bool allow_private) {
  if (url.find_first_of("{}") != std::string::npos) {
    reader.complain(pointer, "a URL is fixed: nothing is filled into {…}",
                    "arguments go into the body, with GET and DELETE into the query");
    return;
  }
  net::SsrfPolicy policy;
  policy.allowed_ports.clear();
  policy.allow_private = allow_private;
  const auto checked = net::check_webhook_url(url, policy);
  if (checked) return;
  const bool would_do = [&] {
    policy.allow_private = true;
    return net::check_webhook_url(url, policy).has_value();
  }();
  reader.complain(pointer, checked.error().message(),
                  would_do ? "for a host of your own network set allow_private to true" : "");
}

// Where a URL's scheme, host and port end.
std::size_t end_of_host(std::string_view url) {
  const auto scheme = url.find("://");
  const auto host = scheme == std::string_view::npos ? 0 : scheme + 3;
  return std::min(url.find_first_of("/?#", host), url.size());
}

// Every fault at its own place within the schema, where the file has it.
void check_parameters(ConfigReader& reader, const std::string& pointer, const ToolConfig& tool) {
  const std::string at = given(reader, pointer, "parameters");
  if (tool.parameters.text.empty()) {
    reader.complain(at, "parameters is missing", "for no arguments: {\"type\": \"object\"}");
    return;
  }
  const auto schema = checks::compile_schema(tool.parameters.text);
  if (!schema) {
    const checks::SchemaError refused = schema.error();
    for (const auto& fault : refused.faults()) {
      reader.complain_within(at, fault.path, fault.message);
    }
    return;
  }
  const auto root = nlohmann::json::parse(tool.parameters.text, nullptr, false);
  if (!root.is_object() || !root.contains("type") || root["type"] != "object") {
    reader.complain(at, "the schema of arguments must say \"type\": \"object\"", "");
  }
}

void check_definition(ConfigReader& reader, const std::string& pointer, const ToolConfig& tool) {
  std::size_t number = 0;
  for (const auto& ignored : tool.definition.ignore_args) {
    const std::string at = pointer + "/ignore_args/" + std::to_string(number++);
    if (!ignored.starts_with("/")) {
      reader.complain_within(pointer + "/ignore_args", at.substr((pointer + "/ignore_args").size()),
                             "expected a JSON pointer, e.g. \"/request_id\"");
    }
  }
  const auto& header = tool.definition.idempotency_header;
  const bool is_token = !header.empty() && std::all_of(header.begin(), header.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  if (!is_token) {
    reader.complain(given(reader, pointer, "idempotency_header"),
                    "expected the name of a header field", "e.g. \"Idempotency-Key\"");
  } else if (is_framing_field(header) || is_own_field(header)) {
    reader.complain(given(reader, pointer, "idempotency_header"),
                    "the field " + header + " has another meaning, a key would be lost in it",
                    "e.g. \"Idempotency-Key\"");
  }
  if (tool.key_window.count() > 0 && tool.definition.on_unknown != UnknownPolicy::retry_same_key) {
    reader.complain(given(reader, pointer, "key_window_seconds"),
                    "it means something only with \"on_unknown\": \"retry_same_key\"", "",
                    Severity::warning);
  } else if (tool.key_window.count() > 0 && tool.key_window <= tool.definition.timeout) {
    reader.complain(given(reader, pointer, "key_window_seconds"),
                    "it is not longer than the timeout, so that a key is never sent again",
                    "what the downstream promises, or a shorter timeout_ms");
  }
}

// The operator's fields win over ours, and a key that is always the same is none.
void check_key_header(ConfigReader& reader,
                      const std::string& pointer,
                      const ToolConfig& tool,
                      const HeaderMap& headers) {
  net::Headers fields;  // compares names without case
  for (const auto& [name, value] : headers) fields.add(name, value);
  if (!fields.find(tool.definition.idempotency_header)) return;
  reader.complain(given(reader, pointer, "idempotency_header"),
                  "headers hold the field " + tool.definition.idempotency_header +
                      ", which carries the key of each write",
                  "take it out of headers, or name another field");
}

void check_http_tool(ConfigReader& reader, const std::string& name, const ToolConfig& tool) {
  const std::string pointer = pointer_child("/tools", name);
  const auto& http = tool.http;
  check_definition(reader, pointer, tool);
  check_headers(reader, pointer + "/http/headers", http.headers);
  check_key_header(reader, pointer, tool, http.headers);
  check_parameters(reader, pointer, tool);
  if (http.url.empty()) {
    reader.complain(given(reader, pointer, "http/url"), "http/url is missing",
                    "e.g. \"http\": {\"url\": \"https://erp.example.com/invoices\"}");
  } else {
    check_tool_url(reader, pointer + "/http/url", http.url, http.allow_private);
  }
  if (!http.reconcile_url.empty()) {
    const std::string at = pointer + "/http/reconcile_url";
    const auto place = http.reconcile_url.find("{key}");
    if (place == std::string::npos) {
      reader.complain(at, "it must hold {key}", "");
    } else if (place < end_of_host(http.reconcile_url)) {
      reader.complain(at, "{key} must stand in the path or in the query, not in the host", "");
    } else {
      std::string url = http.reconcile_url;
      check_tool_url(reader, at, url.replace(place, 5, "k"), http.allow_private);
    }
  } else if (tool.definition.on_unknown == UnknownPolicy::reconcile) {
    reader.complain(given(reader, pointer, "on_unknown"),
                    "a tool can be reconciled only where its key can be asked for",
                    "set http/reconcile_url, or \"on_unknown\" to \"ask\"");
  }
}

void check_mcp_server(ConfigReader& reader, const std::string& name, McpServerConfig& server) {
  const std::string pointer = pointer_child("/mcp_servers", name);
  if (server.url.empty()) {
    reader.complain(given(reader, pointer, "url"), "url is missing",
                    "e.g. \"https://crm.example.com/mcp\"");
  } else {
    check_tool_url(reader, pointer + "/url", server.url, server.allow_private);
  }
  check_headers(reader, pointer + "/headers", server.headers);
  for (auto& [remote_name, tool] : server.tools) {
    const std::string at = pointer_child(pointer_child(pointer, "tools"), remote_name);
    tool.definition.name = tool.as;
    if (tool.as.empty()) tool.definition.name.append(name).append(".").append(remote_name);
    if (!tools::is_tool_name(tool.definition.name)) {
      reader.complain(given(reader, at, "as"),
                      "a tool cannot have the name \"" + tool.definition.name + "\"",
                      "give it one with \"as\": a-z, 0-9, _ and -, parts joined by dots");
    }
    if (tool.definition.on_unknown == UnknownPolicy::reconcile) {
      reader.complain(given(reader, at, "on_unknown"), "an MCP server cannot be asked for a key",
                      "\"ask\", or \"retry_same_key\" if it knows keys");
    }
    check_definition(reader, at, tool);
    check_key_header(reader, at, tool, server.headers);
  }
}

// Models know a tool with its dots as "_".
void check_tool_names(ConfigReader& reader) {
  const Config& config = reader.loaded().config;
  std::set<std::string> wires;
  const auto check = [&](const std::string& pointer, const ToolConfig& tool) {
    if (!tool.enabled || wires.insert(tools::wire_name(tool.definition.name)).second) return;
    reader.complain(pointer,
                    "another tool has the name \"" + tool.definition.name +
                        "\", or the same with . for _, which models cannot tell apart",
                    "");
  };
  if (config.engine.demo_tools) {
    wires.insert({"demo_clock", "demo_calculator", "demo_send_email", "demo_outbox"});
  }
  for (const auto& [name, tool] : config.tools) check(pointer_child("/tools", name), tool);
  for (const auto& [server_name, server] : config.mcp_servers) {
    if (!server.enabled) continue;
    const std::string root = pointer_child(pointer_child("/mcp_servers", server_name), "tools");
    for (const auto& [name, tool] : server.tools) check(pointer_child(root, name), tool);
  }
}

}  // namespace

void check_tools(ConfigReader& reader) {
  Config& config = reader.loaded().config;
  for (const auto& [name, tool] : config.tools) check_http_tool(reader, name, tool);
  for (auto& [name, server] : config.mcp_servers) check_mcp_server(reader, name, server);
  check_tool_names(reader);
}

}  // namespace taskgate::app
