#pragma once
// One thread of the server: its io_context, its listener, its connections.

#include "net/connection_limits.hpp"
#include "net/session_shared.hpp"
#include "taskgate/net/server.hpp"
#include "taskgate/runtime/task_group.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <thread>

namespace boost::asio::ssl {
class context;
}

namespace taskgate::net {

/// What every worker is given; outlives them.
struct WorkerSettings {
  const ServerOptions& options;
  const Router& router;
  const Gate& gate;
  const RefusalFormatter& refusals;
  const FailureReporter& report;
  ConnectionLimits& limits;
  boost::asio::ssl::context* tls;
};

/// How the listening socket is bound.
enum class PortSharing { exclusive, shared };

/// All calls from the owner's thread, in the order listen, start, (drain), stop.
class ServerWorker {
 public:
  explicit ServerWorker(const WorkerSettings& settings);
  ~ServerWorker();
  ServerWorker(const ServerWorker&) = delete;
  ServerWorker& operator=(const ServerWorker&) = delete;

  boost::system::error_code listen(const boost::asio::ip::tcp::endpoint& endpoint,
                                   PortSharing sharing);
  std::uint16_t port() const;
  void start();
  /// Stops listening, ends idle connections and marks the busy ones; returns at once.
  void begin_drain();
  /// True when no connection is left within `limit`.
  bool wait_idle(runtime::SteadyDuration limit);
  /// Cuts what is left; returns when it has ended.
  void cut();
  /// Cuts everything and joins the thread.
  void stop();
  const SessionCounters& counters() const noexcept { return shared_.counters; }

 private:
  boost::asio::awaitable<void> accept_loop();
  void admit(boost::asio::ip::tcp::socket socket);
  void refuse(boost::asio::ip::tcp::socket socket);
  void drain_here();

  const WorkerSettings& settings_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  SessionShared shared_;
  boost::asio::ip::tcp::acceptor acceptor_;
  runtime::TaskGroup loops_;
  runtime::TaskGroup connections_;
  std::thread thread_;
};

}  // namespace taskgate::net
