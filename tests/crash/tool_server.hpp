#pragma once
// The downstream of the crash tests: executes calls over HTTP and MCP, and remembers each execution
// by its key. Its log is the oracle. It can call back at the moments of a call that matter.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace taskgate::crash {

/// Moments at which the caller may be killed.
enum class ToolMoment {
  head_read,  ///< the head of a call is here, its body is not read yet
  executed    ///< it is executed and remembered, nothing is answered yet
};

/// Thread-safe.
class ToolServer {
 public:
  ToolServer();
  ~ToolServer();
  ToolServer(const ToolServer&) = delete;
  ToolServer& operator=(const ToolServer&) = delete;

  /// "http://127.0.0.1:PORT"; calls go to /call (POST: a write, GET: a read), keys are asked for
  /// under /by-key/KEY, and /mcp is an MCP server with the tools write and read.
  std::string url() const;
  /// Called on the server's threads, for calls alone.
  void at(ToolMoment moment, std::function<void()> action);
  void forget_actions();
  /// A key that was executed is answered, and not executed again.
  void recognise_keys(bool recognise) { recognises_ = recognise; }

  /// Executions by key; reads have none.
  std::map<std::string, int> executions() const;
  bool has_executed(const std::string& key) const;

 private:
  struct Request {
    std::string method;
    std::string target;
    std::string key;
    std::string body;
  };
  void accept_all();
  void serve(int socket);
  bool read_request(int socket, std::string& buffer, Request& request);
  std::string answer(const Request& request);
  std::string answer_mcp(const Request& request);
  std::string execute(const std::string& key);
  void reach(ToolMoment moment);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> recognises_{false};
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::map<std::string, int> executions_;
  std::map<ToolMoment, std::function<void()>> actions_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace taskgate::crash
