#pragma once
// The HTTP/1.1 client: pooled keep-alive connections, TLS ≥ 1.2 with verification and SNI,
// deadlines on every step, bodies whole or streamed. Used by providers (streams) and webhook
// delivery (whole, vetted addresses).
//
// A name's addresses are tried side by side (Happy Eyeballs, RFC 8305). Through a proxy https goes
// in a CONNECT tunnel, http in the absolute form; a request with an address policy always goes in a
// tunnel to an address that was judged here, so that a proxy cannot be made to go elsewhere.
//
// It never follows redirects (a 3xx is an answer), never sends Accept-Encoding, and refuses a
// compressed body, except that of a refusal (4xx, 5xx), which is handed out as it came.

#include "taskgate/core/result.hpp"
#include "taskgate/net/http.hpp"
#include "taskgate/net/proxy.hpp"
#include "taskgate/net/resolver.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::net {

/// Judges an address that a host name resolved to, before it is connected to. An error refuses it;
/// the connection goes to a vetted address and to no other, so that a second DNS answer cannot swap
/// it.
using AddressPolicy =
    std::function<Result<void>(const boost::asio::ip::address&, std::uint16_t port)>;

struct ClientTimeouts {
  std::chrono::milliseconds connect{10'000};  ///< DNS, TCP and TLS together
  std::chrono::milliseconds first_byte{
      120'000};                            ///< from the request's last byte to the response's first
  std::chrono::milliseconds idle{60'000};  ///< between two reads of a body
  std::optional<std::chrono::milliseconds> total;  ///< for everything
};

/// How far an exchange came, for a caller to whom it matters whether anything can have happened.
struct ClientProgress {
  /// Some of the request may be with the upstream, over whichever connection. False: not a byte of
  /// it was written (over TLS: not one that could be decrypted).
  bool request_left = false;
  bool response_began = false;  ///< a byte of an answer came
  bool held_back = false;       ///< ClientRequest::may_send said no
};

/// When a request is sent again because its pooled connection turned out to be dead.
enum class Replay {
  if_idempotent,  ///< by its method (RFC 9110 §9.2.2), or when nothing of it was written
  if_unsent       ///< only when nothing of it was written
};

struct ClientRequest {
  Method method = Method::get;
  std::string url;  ///< absolute, http or https
  Headers headers;  ///< Host, Content-Length and Connection are the client's own
  std::string body;
  ClientTimeouts timeouts;
  std::size_t response_limit =
      8U << 20;                  ///< bytes of body; past it: Errc::too_large (whole bodies only)
  AddressPolicy address_policy;  ///< empty: every address
  Replay replay = Replay::if_idempotent;
  ClientProgress* progress = nullptr;  ///< where to note it; lives until the call completes
  /// Asked on the caller's executor when a connection is ready, right before the request's first
  /// byte is written to it. "No" ends the exchange with Errc::cancelled. Empty: always yes.
  std::function<bool()> may_send;
};

/// What the way to the response's first byte took. A step that did not happen is unset: the first
/// four on a reused connection, `dns` for a literal address, `tls` for plain http.
struct ClientTimings {
  std::optional<std::chrono::microseconds> dns;  ///< the name lookup alone
  std::optional<std::chrono::microseconds>
      connect;                                   ///< TCP, over all addresses tried, and the proxy
  std::optional<std::chrono::microseconds> tls;  ///< the handshake alone
  std::optional<std::chrono::microseconds>
      connected;                            ///< from the request's start to a usable connection
  std::chrono::microseconds first_byte{0};  ///< from the request's start
};

struct ClientResponse {
  unsigned status = 0;
  Headers headers;
  std::string body;
  ClientTimings timings;
};

/// A response whose body is read piece by piece, on the strand that opened it. Destroying it before
/// the end closes its connection.
class ClientStream {
 public:
  virtual ~ClientStream() = default;
  virtual unsigned status() const = 0;
  virtual const Headers& headers() const = 0;
  virtual const ClientTimings& timings() const = 0;
  /// The next bytes of the decoded body, as they arrive; an empty view at the proper end. The view
  /// is valid until the next call. Errors: Errc::timeout (idle or total),
  /// Errc::upstream_unavailable (cut before its end, framing broken).
  virtual boost::asio::awaitable<Result<std::string_view>> read() = 0;
  /// For a reader that has what it needs: reads and drops the rest, so that the connection can
  /// serve again. Gives up, quietly, after `patience` or 64 KiB.
  virtual boost::asio::awaitable<void> drain(std::chrono::milliseconds patience) = 0;
};

struct ClientOptions {
  std::size_t max_idle_per_host = 64;  ///< connections kept
  std::chrono::milliseconds idle_lifetime{30'000};
  std::string ca_file;  ///< PEM; empty: the system's store
  std::string user_agent = "taskgate";
  std::size_t max_idle = 1024;         ///< connections kept over all hosts
  std::shared_ptr<Resolver> resolver;  ///< null: the system's
  ProxyRules proxy;                    ///< none by default; the environment is not looked at
};

/// Thread-safe. Calls run on the caller's executor, which must be a strand or single-threaded;
/// sockets belong to the executor given here, so a pooled connection may serve different callers in
/// turn. When the two are of different contexts, end the calls first (a TaskGroup's join), then
/// join the sockets' threads, and only then destroy the caller's context: a socket's thread may
/// still be handing over a completion. Asio per-operation cancellation (terminal) closes the socket
/// at once and surfaces as operation_aborted.
///
/// A request is replayed on a fresh connection only when a pooled one turned out to be dead before
/// a byte of the response came and the method is idempotent (unless ClientRequest::replay forbids
/// that), or nothing of the request was written.
class HttpClient {
 public:
  /// Throws std::runtime_error when options.ca_file cannot be loaded. The executor's context
  /// outlives the client and every stream.
  HttpClient(boost::asio::any_io_executor executor, ClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// The whole exchange. Errors: Errc::invalid_argument (URL), Errc::forbidden (address policy),
  /// Errc::timeout, Errc::upstream_unavailable (DNS, connect, TLS, cut), Errc::too_large,
  /// Errc::cancelled (ClientRequest::may_send).
  boost::asio::awaitable<Result<ClientResponse>> request(ClientRequest request);
  /// Up to and including the response's head.
  boost::asio::awaitable<Result<std::unique_ptr<ClientStream>>> open(ClientRequest request);
  /// Closes idle connections; calls under way go on.
  void close_idle();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace taskgate::net
