#pragma once
// The configured tools, put together. Used by the composition root only; everybody else sees
// Toolbox and Tool.

#include "taskgate/core/clock.hpp"
#include "taskgate/net/http_client.hpp"
#include "taskgate/net/ssrf_guard.hpp"
#include "taskgate/tools/toolbox.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace taskgate::tools {

/// Header fields of the operator's, sent with every request of a tool; they win over ours.
using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// A tool that is one HTTP request. GET and DELETE carry the arguments as query parameters (arrays
/// and objects as JSON), the others as a JSON body.
struct HttpToolConfig {
  ToolDefinition definition;  ///< version is set by make_toolbox()
  net::Method method = net::Method::post;
  std::string url;  ///< absolute
  HeaderList headers;
  /// Where a key can be asked for: GET, with {key} in it. 2xx (but 202): executed, and the body is
  /// its result; 404: not executed, and never will be; anything else: unknown. Empty: nowhere.
  std::string reconcile_url;
  bool allow_private = false;  ///< see net::SsrfPolicy::allow_private
};

/// One tool of an MCP server. Its description and schema come from the server.
struct McpToolConfig {
  ToolDefinition definition;
  std::string remote_name;  ///< as the server calls it
};

/// An MCP server over Streamable HTTP. Only the tools listed here are offered.
struct McpServerConfig {
  std::string name;
  std::string url;  ///< its MCP endpoint
  HeaderList headers;
  bool allow_private = false;
  std::chrono::milliseconds timeout{10'000};   ///< of each exchange but tools/call
  std::chrono::milliseconds refresh{300'000};  ///< tools/list is asked again after this
  /// A tools/list that failed is not asked again before that.
  std::chrono::milliseconds failure_memory{5'000};
  std::vector<McpToolConfig> tools;
};

struct ToolboxConfig {
  std::vector<HttpToolConfig> http;
  std::vector<McpServerConfig> mcp;
  bool demo = false;                               ///< also the demo tools
  std::vector<net::ListenEndpoint> own_listeners;  ///< never called
};

/// `client` and `clock` outlive the toolbox. No MCP server is asked before one of its tools is used
/// or ready() is called. Throws std::invalid_argument, with a message for the operator, when a
/// configuration is unusable.
std::unique_ptr<Toolbox> make_toolbox(ToolboxConfig config,
                                      net::HttpClient& client,
                                      const Clock& clock);

}  // namespace taskgate::tools
