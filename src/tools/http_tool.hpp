#pragma once
// A tool that is one HTTP request to a URL of the operator's.

#include "taskgate/tools/make_toolbox.hpp"
#include "tools/exchange.hpp"

namespace taskgate::tools {

class HttpTool final : public Tool {
 public:
  /// `client` outlives the tool. Throws std::invalid_argument for an unusable configuration.
  HttpTool(HttpToolConfig config,
           net::HttpClient& client,
           std::vector<net::ListenEndpoint> own_listeners);

  const std::string& name() const override { return contract_->definition.name; }
  ContractPtr contract() const override { return contract_; }
  boost::asio::awaitable<Result<ContractPtr>> ready() override;
  boost::asio::awaitable<ToolOutcome> call(ToolCallRequest request) override;
  boost::asio::awaitable<Reconciled> reconcile(std::string key) override;

 private:
  Result<net::ClientRequest> make_request(const ToolCallRequest& call) const;

  net::Method method_;
  std::string url_;
  std::string reconcile_url_;
  Destination destination_;
  net::HttpClient& client_;
  ContractPtr contract_;
};

}  // namespace taskgate::tools
