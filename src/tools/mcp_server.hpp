#pragma once
// One MCP server over Streamable HTTP: its session, and what it offers. Shared by the tools that
// the operator took from it.

#include "taskgate/net/sse.hpp"
#include "taskgate/runtime/steady.hpp"
#include "tools/exchange.hpp"
#include "tools/mcp_messages.hpp"
#include "tools/one_at_a_time.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace taskgate::tools {

/// An exchange with an MCP server. Not an aggregate (GCC PR 107288).
struct McpAnswer {
  McpAnswer() = default;
  Exchange http;                    ///< its body only where there is no reply
  std::optional<mcp::Reply> reply;  ///< set: the server replied
  bool session_lost = false;        ///< refused because the server does not know the session
};

/// Threads: any. A call runs on its caller's executor.
class McpServer {
 public:
  /// `client` outlives the server.
  McpServer(McpServerConfig config,
            net::HttpClient& client,
            std::vector<net::ListenEndpoint> own_listeners);

  /// The contract of a tool that the operator listed; null while the server was not reached, or
  /// does not offer it.
  ContractPtr contract(const std::string& remote_name) const;
  /// The same, after the server was asked if the last answer is too old (or none has come). An
  /// older contract is given while somebody else asks, or when asking failed a moment ago; without
  /// one, all who wait share a failure. Errors: see Tool::ready().
  boost::asio::awaitable<Result<ContractPtr>> fresh_contract(std::string remote_name);
  /// Sends one tools/call, within a session that is made first if there is none. An error means
  /// that the call was not sent.
  boost::asio::awaitable<Result<McpAnswer>> call(ToolCallRequest request,
                                                 ContractPtr contract,
                                                 std::string remote_name);

  const std::string& url() const noexcept { return config_.url; }

 private:
  struct Session {
    std::string id;  // may be empty: a server without sessions
    std::string version;
  };
  using SessionPtr = std::shared_ptr<const Session>;
  // Has a constructor: it is made beside co_await (GCC PR 107288).
  struct Failure {
    Failure(Error e, runtime::SteadyTime t) : error(std::move(e)), at(t) {}
    Error error;
    runtime::SteadyTime at;
  };

  SessionPtr session() const;
  void forget(const SessionPtr& session);
  bool is_fresh() const;
  std::optional<Error> failure_since(runtime::SteadyTime asked_at) const;
  std::optional<Error> recent_failure() const;
  boost::asio::awaitable<Result<SessionPtr>> open_session();
  boost::asio::awaitable<Result<SessionPtr>> session_in_turn();
  boost::asio::awaitable<Result<SessionPtr>> initialize();
  boost::asio::awaitable<Result<void>> refresh();
  boost::asio::awaitable<Result<std::vector<mcp::ListedTool>>> list_tools(
      runtime::SteadyTime until);
  boost::asio::awaitable<Result<mcp::Reply>> ask(SessionPtr session,
                                                 std::string method,
                                                 nlohmann::json params);
  boost::asio::awaitable<McpAnswer> send(net::ClientRequest request, std::int64_t id);
  Result<net::ClientRequest> make_request(const Session* session,
                                          const HeaderList& more,
                                          std::chrono::milliseconds timeout) const;
  void keep(const std::vector<mcp::ListedTool>& listed);

  const McpServerConfig config_;
  net::HttpClient& client_;
  Destination destination_;
  std::atomic<std::int64_t> next_id_{1};
  OneAtATime turns_;  // at initialising and listing

  mutable std::mutex mutex_;  // guards what follows; never held over a wait
  SessionPtr session_;
  std::map<std::string, ContractPtr> contracts_;  // by remote name
  std::map<std::string, std::string> unusable_;   // remote name → why
  std::optional<runtime::SteadyTime> listed_at_;
  std::optional<Failure> no_session_;
  std::optional<Failure> no_list_;
};

}  // namespace taskgate::tools
