#pragma once
// One tool of an MCP server.

#include "tools/mcp_server.hpp"

namespace taskgate::tools {

class McpTool final : public Tool {
 public:
  /// The server is shared with its other tools.
  McpTool(std::shared_ptr<McpServer> server, McpToolConfig config)
      : server_(std::move(server)), config_(std::move(config)) {}

  const std::string& name() const override { return config_.definition.name; }
  ContractPtr contract() const override { return server_->contract(config_.remote_name); }
  boost::asio::awaitable<Result<ContractPtr>> ready() override;
  boost::asio::awaitable<ToolOutcome> call(ToolCallRequest request) override;
  boost::asio::awaitable<Reconciled> reconcile(std::string key) override;

 private:
  std::shared_ptr<McpServer> server_;
  McpToolConfig config_;
};

/// What an exchange means for a tools/call. A reply speaks for itself; a lost session means that
/// nothing was executed, and that the next call makes a new one; the rest is HTTP.
ToolOutcome classify_mcp(const ToolDefinition& definition, McpAnswer answer);

}  // namespace taskgate::tools
