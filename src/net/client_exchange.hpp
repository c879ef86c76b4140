#pragma once
// One exchange of the client up to the response's head: a connection from the pool or a new one,
// the request written, interim responses skipped, and the one replay that HttpClient documents.

#include "net/client_connection.hpp"
#include "net/client_shared.hpp"
#include "net/client_stream.hpp"
#include "net/watchdog.hpp"
#include "taskgate/net/url.hpp"

#include <memory>
#include <string>

namespace taskgate::net {

/// Lives in the frame of the coroutine that runs it.
class ClientExchange {
 public:
  ClientExchange(std::shared_ptr<ClientShared> shared,
                 ClientRequest request,
                 boost::asio::any_io_executor strand);

  /// Once.
  boost::asio::awaitable<Result<std::unique_ptr<ClientStream>>> run();

 private:
  using Done = boost::asio::awaitable<Result<void>>;

  Result<void> prepare();
  Done attempt();
  Done connect_fresh();
  Done connect_directly(runtime::SteadyTime deadline);
  Done connect_through_proxy(runtime::SteadyTime deadline);
  Done open_tunnel(std::string authority, runtime::SteadyTime deadline);
  Result<bool> take_proxy_answer(std::size_t& searched);
  boost::asio::awaitable<Result<Resolver::Addresses>> resolve(std::string host,
                                                              runtime::SteadyTime deadline);
  Result<Resolver::Addresses> vet(const Resolver::Addresses& addresses) const;
  Done connect_any(Resolver::Addresses addresses, std::uint16_t port, runtime::SteadyTime deadline);
  Done handshake(runtime::SteadyTime deadline);
  Done send();
  Done read_head();
  Result<bool> take_head();
  bool may_replay() const noexcept;
  runtime::SteadyTime capped(std::chrono::milliseconds patience) const;
  std::unique_ptr<ClientStream> make_stream();

  std::shared_ptr<ClientShared> shared_;
  ClientRequest request_;
  boost::asio::any_io_executor strand_;
  const runtime::SteadyTime start_;
  runtime::SteadyTime total_;
  Url url_;
  const Proxy* proxy_ = nullptr;  // of shared_->options
  std::string wire_;              // head and body as they are sent
  std::unique_ptr<Watchdog> watchdog_;
  std::unique_ptr<ClientConnection> connection_;
  bool pooled_ = false;
  bool fresh_only_ = false;
  std::size_t written_ = 0;
  bool response_began_ = false;
  std::size_t searched_ = 0;
  unsigned interim_ = 0;
  ClientTimings timings_;
  ResponseHead head_;
  BodyFraming framing_;
};

/// How a request is addressed: to the origin itself, or to a proxy that is to pass it on.
struct RequestForm {
  std::string_view user_agent;
  const Proxy* forwarder = nullptr;  ///< set: absolute form (RFC 9112 §3.2.2), with its credentials
};

/// The request's bytes. Errors: Errc::invalid_argument when a header field could not be sent as it
/// is.
Result<std::string> serialize_request(const ClientRequest& request,
                                      const Url& url,
                                      const RequestForm& form);

}  // namespace taskgate::net
