#include "tools/mcp_tool.hpp"

#include "tools/classify.hpp"

#include <utility>

namespace taskgate::tools {

namespace asio = boost::asio;

asio::awaitable<Result<ContractPtr>> McpTool::ready() {
  return server_->fresh_contract(config_.remote_name);
}

asio::awaitable<ToolOutcome> McpTool::call(ToolCallRequest request) {
  ContractPtr contract = request.contract;
  if (!contract) {
    auto known = co_await ready();
    if (!known) co_return not_sent(known.error());
    contract = std::move(*known);
  }
  auto answer = co_await server_->call(std::move(request), contract, config_.remote_name);
  if (!answer) co_return not_sent(answer.error());
  co_return classify_mcp(contract->definition, std::move(*answer));
}

// The protocol has no question for a key.
asio::awaitable<Reconciled> McpTool::reconcile(std::string) {
  Reconciled unknown;
  unknown.evidence = "an MCP server cannot be asked for a key";
  co_return unknown;
}

ToolOutcome classify_mcp(const ToolDefinition& definition, McpAnswer answer) {
  if (answer.reply) {
    const int status = answer.http.status;
    auto outcome = mcp::outcome_of(definition, std::move(*answer.reply));
    outcome.http_status = status;
    return outcome;
  }
  const bool without_reply = answer.http.status >= 200 && answer.http.status < 300;
  const bool too_large = answer.http.cut;
  const bool session_lost = answer.session_lost;
  auto outcome = classify(definition, std::move(answer.http));
  if (session_lost) {
    // 404 says so by the protocol; of 400 the definition has judged.
    if (outcome.http_status == 404) outcome.state = ToolOutcome::State::failed_definite;
    outcome.retryable = outcome.state == ToolOutcome::State::failed_definite;
    outcome.evidence += ": the server does not know the session";
  } else if (without_reply) {
    // Accepted, but what came of it was not said.
    outcome.state = definition.effect == Effect::read ? ToolOutcome::State::failed_definite
                                                      : ToolOutcome::State::unknown;
    outcome.retryable = definition.effect == Effect::read;
    outcome.is_error = true;
    outcome.evidence += too_large ? ", with an answer too large to be read" : ", without a reply";
  }
  return outcome;
}

}  // namespace taskgate::tools
