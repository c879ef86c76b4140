#pragma once
// The HTTP server: listeners, connections, limits. Knows nothing of tasks: what to answer is the
// router's.

#include "taskgate/core/result.hpp"
#include "taskgate/net/http.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace taskgate::net {

/// Every bound of the server (docs/limits.md lists them with what happens past each).
struct ServerLimits {
  std::chrono::milliseconds header_timeout{10'000};  ///< from the first byte to the end of the head
  std::chrono::milliseconds body_timeout{30'000};  ///< for the whole body, plus 1 s per KiB/s floor
  std::chrono::milliseconds keep_alive_timeout{60'000};  ///< idle between requests
  std::chrono::milliseconds write_timeout{30'000};       ///< one stalled write
  std::size_t max_connections = 19'000;
  std::size_t max_connections_per_address = 0;  ///< 0: no bound of its own (behind a proxy)
  std::size_t max_requests_per_connection = 0;  ///< 0: unlimited
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_header_count = 64;
  std::size_t max_target_bytes = 8 * 1024;
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one
  int threads = 1;         ///< single-threaded io_contexts, each with its own SO_REUSEPORT listener
  std::string tls_certificate_file;  ///< PEM chain; empty: plain HTTP
  std::string tls_private_key_file;
  ServerLimits limits;
};

/// Runs after the head is read and checked and its route found, before a byte of the body is read.
/// A response ends the exchange (401, 403, 429 …). It may set request.context. Runs on the
/// connection's thread.
using Gate = std::function<std::optional<Response>(Request&)>;

/// Makes the response for what the server itself refuses (400, 404, 405, 408, 413, 414, 431, 500
/// …): the caller gives every error of the program one shape (problem+json). `allow` is set for
/// 405.
struct Refusal {
  unsigned status = 400;
  std::string code;    ///< e.g. "malformed_request"
  std::string detail;  ///< for the client
  std::string request_id;
  std::string path;
};
using RefusalFormatter = std::function<Response(const Refusal&)>;

/// Counters since start; for /metrics and tests.
struct ServerStats {
  std::uint64_t accepted = 0;
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;
  std::size_t open = 0;
};

/// Owns its threads. Order of calls: start, (drain), stop. All calls from one thread, except
/// stats().
class HttpServer {
 public:
  HttpServer(ServerOptions options, Router router, Gate gate, RefusalFormatter refusals);
  ~HttpServer();  ///< stops and joins
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Binds, and lets connections queue: what has to be ready before the first request may still be
  /// made ready. start() does it when nobody has.
  Result<void> listen();
  /// Binds and starts to accept. Errors: Errc::invalid_argument with "cannot listen on …: why".
  Result<void> start();
  std::uint16_t port() const;
  /// No new connections; idle ones close; requests under way end (with `Connection: close`);
  /// streams go on until `grace` has passed, then are cut. Returns when no connection is left.
  void drain(std::chrono::milliseconds grace);
  /// Cuts everything and joins the threads. Idempotent.
  void stop();
  ServerStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace taskgate::net
