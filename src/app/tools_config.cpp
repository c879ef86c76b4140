#include "app/tools_config.hpp"

#include <utility>

namespace taskgate::app {
namespace {

tools::HeaderList header_list(const std::map<std::string, std::string>& headers) {
  return {headers.begin(), headers.end()};
}

net::Method method_of(ToolMethod method) {
  switch (method) {
    case ToolMethod::put:
      return net::Method::put;
    case ToolMethod::patch:
      return net::Method::patch;
    case ToolMethod::delete_:
      return net::Method::delete_;
    case ToolMethod::get:
      return net::Method::get;
    case ToolMethod::post:
      break;
  }
  return net::Method::post;
}

// `usual`: its name, unless the settings give it another.
tools::ToolDefinition definition_of(const ToolConfig& tool, const std::string& usual) {
  tools::ToolDefinition definition = tool.definition;
  if (definition.name.empty()) definition.name = usual;
  definition.parameters = tool.parameters.text;
  if (tool.key_window.count() > 0) definition.key_window = tool.key_window;
  return definition;
}

tools::HttpToolConfig http_tool(const std::string& name, const ToolConfig& from) {
  tools::HttpToolConfig tool;
  tool.definition = definition_of(from, name);
  tool.method = method_of(from.http.method);
  tool.url = from.http.url;
  tool.headers = header_list(from.http.headers);
  tool.reconcile_url = from.http.reconcile_url;
  tool.allow_private = from.http.allow_private;
  return tool;
}

tools::McpServerConfig mcp_server(const std::string& name, const McpServerConfig& from) {
  tools::McpServerConfig server;
  server.name = name;
  server.url = from.url;
  server.headers = header_list(from.headers);
  server.allow_private = from.allow_private;
  server.timeout = from.timeout;
  server.refresh = from.refresh;
  for (const auto& [remote_name, tool] : from.tools) {
    if (!tool.enabled) continue;
    tools::McpToolConfig offered;
    std::string usual = tool.as;
    if (usual.empty()) usual.append(name).append(".").append(remote_name);
    offered.definition = definition_of(tool, usual);
    offered.remote_name = remote_name;
    server.tools.push_back(std::move(offered));
  }
  return server;
}

}  // namespace

tools::ToolboxConfig toolbox_config(const Config& config,
                                    std::vector<net::ListenEndpoint> own_listeners) {
  tools::ToolboxConfig box;
  for (const auto& [name, tool] : config.tools) {
    if (tool.enabled) box.http.push_back(http_tool(name, tool));
  }
  for (const auto& [name, server] : config.mcp_servers) {
    if (server.enabled) box.mcp.push_back(mcp_server(name, server));
  }
  box.demo = config.engine.demo_tools;
  box.own_listeners = std::move(own_listeners);
  return box;
}

engine::PriceTable price_table(const Config& config) {
  std::map<std::string, engine::Price, std::less<>> prices;
  for (const auto& [model, from] : config.prices) {
    engine::Price& price = prices[model];
    price.input_per_million = from.input_per_million;
    price.output_per_million = from.output_per_million;
    if (from.cached_input_per_million >= 0)
      price.cached_input_per_million = from.cached_input_per_million;
    if (from.cache_write_per_million >= 0)
      price.cache_write_per_million = from.cache_write_per_million;
  }
  return engine::PriceTable(std::move(prices));
}

}  // namespace taskgate::app
