#pragma once
// The settings of tools, MCP servers and prices: what stands under `tools`, `mcp_servers` and
// `prices`. Part of Config (config.hpp).

#include "taskgate/tools/definition.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace taskgate::app {

/// JSON that is kept as it is, as text.
struct JsonText {
  std::string text;
};

/// The values are in the order of their names in the configuration (app/tool_settings.cpp).
enum class ToolMethod { post, put, patch, delete_, get };
const char* to_string(ToolMethod method) noexcept;

struct ToolHttpConfig {
  ToolMethod method = ToolMethod::post;
  std::string url;                             ///< absolute; required
  std::map<std::string, std::string> headers;  ///< sent with every request; values masked
  std::string reconcile_url;                   ///< with {key}; empty: none
  bool allow_private = false;
};

/// A tool over HTTP, or one of an MCP server (which takes the settings of mcp_tool_settings()).
struct ToolConfig {
  bool enabled = true;
  tools::ToolDefinition definition;    ///< its name is the key of the map; see `as` for MCP
  JsonText parameters;                 ///< the schema of the arguments; required over HTTP
  std::chrono::seconds key_window{0};  ///< 0: for ever
  ToolHttpConfig http;
  std::string as;  ///< an MCP tool's name here; empty: "server.tool"
};

struct McpServerConfig {
  bool enabled = true;
  std::string url;  ///< absolute; required
  std::map<std::string, std::string> headers;
  bool allow_private = false;
  std::chrono::milliseconds timeout{10'000};  ///< of each exchange but a call
  std::chrono::seconds refresh{300};
  std::map<std::string, ToolConfig> tools;  ///< by the server's own names; no other is offered
};

/// What a model costs, in US dollars per million tokens.
struct PriceConfig {
  double input_per_million = 0;
  double output_per_million = 0;
  double cached_input_per_million = -1;  ///< -1: as input
  double cache_write_per_million = -1;   ///< -1: as input
};

}  // namespace taskgate::app
