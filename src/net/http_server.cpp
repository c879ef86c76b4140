#include "net/server_worker.hpp"
#include "net/tls_server.hpp"
#include "taskgate/net/server.hpp"
#include "taskgate/observe/log.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/system/system_error.hpp>

#include <exception>

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace taskgate::net {
namespace {

/// What a handler threw is for the log alone.
void log_failure(std::string_view what, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    log::error("http.failed", {{"where", what}, {"error", e.what()}});
  } catch (...) {
    log::error("http.failed", {{"where", what}, {"error", "not a std::exception"}});
  }
}

Error cannot_listen(const ServerOptions& options, const error_code& why) {
  return Error(Errc::invalid_argument, "cannot listen on " + options.host + ":" +
                                           std::to_string(options.port) + ": " + why.message());
}

/// The address to bind: a literal, or what a name resolves to first.
tcp::endpoint find_endpoint(const ServerOptions& options, error_code& ec) {
  const auto literal = asio::ip::make_address(options.host, ec);
  if (!ec) return tcp::endpoint(literal, options.port);
  asio::io_context context;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(options.host, std::to_string(options.port),
                                      tcp::resolver::passive | tcp::resolver::numeric_service, ec);
  if (ec || found.empty()) return tcp::endpoint();
  return found.begin()->endpoint();
}

/// With SO_REUSEPORT a second server would bind the same port without a word and take half of the
/// connections; a socket without it finds the port taken.
error_code probe_port(const tcp::endpoint& endpoint) {
  asio::io_context context;
  try {
    tcp::acceptor probe(context, endpoint, true);
  } catch (const boost::system::system_error& e) {
    return e.code();
  }
  return {};
}

}  // namespace

struct HttpServer::Impl {
  Impl(ServerOptions o, Router r, Gate g, RefusalFormatter f)
      : options(std::move(o)),
        router(std::move(r)),
        gate(std::move(g)),
        refusals(std::move(f)),
        report(log_failure),
        limits(options.limits.max_connections, options.limits.max_connections_per_address) {}

  Result<void> listen();

  const ServerOptions options;
  const Router router;
  const Gate gate;
  const RefusalFormatter refusals;
  const FailureReporter report;
  ConnectionLimits limits;
  std::unique_ptr<asio::ssl::context> tls;
  std::unique_ptr<WorkerSettings> settings;
  std::vector<std::unique_ptr<ServerWorker>> workers;  // last: they use all of the above
  std::uint16_t port = 0;
};

Result<void> HttpServer::Impl::listen() {
  error_code ec;
  auto endpoint = find_endpoint(options, ec);
  if (ec) return cannot_listen(options, ec);
  const bool several = workers.size() > 1;
  if (several && endpoint.port() != 0) ec = probe_port(endpoint);
  if (ec) return cannot_listen(options, ec);
  const auto sharing = several ? PortSharing::shared : PortSharing::exclusive;
  for (const auto& worker : workers) {
    ec = worker->listen(endpoint, sharing);
    if (ec) return cannot_listen(options, ec);
    endpoint.port(worker->port());  // port 0: the others share the first one's
  }
  port = endpoint.port();
  return {};
}

HttpServer::HttpServer(ServerOptions options, Router router, Gate gate, RefusalFormatter refusals)
    : impl_(std::make_unique<Impl>(
          std::move(options), std::move(router), std::move(gate), std::move(refusals))) {}

HttpServer::~HttpServer() {
  stop();
}

Result<void> HttpServer::listen() {
  auto& server = *impl_;
  if (!server.workers.empty()) return {};
  if (!server.options.tls_certificate_file.empty()) {
    auto tls =
        make_server_tls(server.options.tls_certificate_file, server.options.tls_private_key_file);
    if (!tls) return tls.error();
    server.tls = std::move(*tls);
  }
  server.settings = std::make_unique<WorkerSettings>(
      WorkerSettings{server.options, server.router, server.gate, server.refusals, server.report,
                     server.limits, server.tls.get()});
  const int threads = std::max(1, server.options.threads);
  for (int i = 0; i < threads; ++i) {
    server.workers.push_back(std::make_unique<ServerWorker>(*server.settings));
  }
  if (auto listening = server.listen(); !listening) {
    server.workers.clear();
    return listening.error();
  }
  return {};
}

Result<void> HttpServer::start() {
  if (auto listening = listen(); !listening) return listening.error();
  for (const auto& worker : impl_->workers) worker->start();
  return {};
}

std::uint16_t HttpServer::port() const {
  return impl_->port;
}

void HttpServer::drain(std::chrono::milliseconds grace) {
  const auto until = runtime::SteadyClock::now() + grace;
  for (const auto& worker : impl_->workers) worker->begin_drain();
  for (const auto& worker : impl_->workers) {
    const auto left = std::max(until - runtime::SteadyClock::now(), runtime::SteadyDuration(0));
    if (!worker->wait_idle(left)) worker->cut();
  }
}

void HttpServer::stop() {
  for (const auto& worker : impl_->workers) worker->stop();
}

ServerStats HttpServer::stats() const {
  ServerStats sum;
  for (const auto& worker : impl_->workers) {
    const auto& counters = worker->counters();
    sum.accepted += counters.accepted.load(std::memory_order_relaxed);
    sum.requests += counters.requests.load(std::memory_order_relaxed);
    sum.refused += counters.refused.load(std::memory_order_relaxed);
  }
  sum.open = impl_->limits.open();
  return sum;
}

}  // namespace taskgate::net
