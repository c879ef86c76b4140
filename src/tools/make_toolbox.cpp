#include "taskgate/tools/make_toolbox.hpp"

#include "taskgate/tools/demo_tools.hpp"
#include "tools/http_tool.hpp"
#include "tools/mcp_tool.hpp"

#include <iterator>
#include <stdexcept>
#include <utility>

namespace taskgate::tools {
namespace {

void check_server(const McpServerConfig& server, const std::vector<net::ListenEndpoint>& own) {
  const auto url = net::check_webhook_url(server.url, policy_of(server.allow_private, own));
  if (!url) {
    throw std::invalid_argument("MCP server \"" + server.name + "\": " + url.error().message());
  }
  for (const auto& tool : server.tools) {
    if (is_tool_name(tool.definition.name)) continue;
    throw std::invalid_argument("MCP server \"" + server.name + "\": \"" + tool.definition.name +
                                "\" is not a tool's name");
  }
}

}  // namespace

std::unique_ptr<Toolbox> make_toolbox(ToolboxConfig config,
                                      net::HttpClient& client,
                                      const Clock& clock) {
  std::vector<std::unique_ptr<Tool>> all;
  for (auto& tool : config.http) {
    all.push_back(std::make_unique<HttpTool>(std::move(tool), client, config.own_listeners));
  }
  for (auto& server : config.mcp) {
    check_server(server, config.own_listeners);
    auto offered = server.tools;
    const auto shared =
        std::make_shared<McpServer>(std::move(server), client, config.own_listeners);
    for (auto& tool : offered) all.push_back(std::make_unique<McpTool>(shared, std::move(tool)));
  }
  if (config.demo) {
    auto demo = make_demo_tools(clock, std::make_shared<DemoOutbox>());
    std::move(demo.begin(), demo.end(), std::back_inserter(all));
  }
  return std::make_unique<Toolbox>(std::move(all));
}

}  // namespace taskgate::tools
