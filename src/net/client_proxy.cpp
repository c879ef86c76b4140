// The part of an exchange that goes through a proxy (RFC 9110 §9.3.6, CONNECT).
#include "net/client_exchange.hpp"

#include <boost/asio/ip/address.hpp>

#include <utility>

namespace taskgate::net {

namespace asio = boost::asio;
using runtime::SteadyTime;

namespace {

constexpr std::size_t kMaxProxyHead = 16 * 1024;
constexpr unsigned kMaxProxyInterim = 16;

std::string authority_of(const std::string& host, std::uint16_t port) {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string connect_request(const std::string& authority, const Proxy& proxy) {
  std::string wire = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (!proxy.authorization.empty()) {
    wire.append("Proxy-Authorization: ").append(proxy.authorization.reveal()).append("\r\n");
  }
  return wire.append("\r\n");
}

Error proxy_trouble(std::string what) {
  return Error(Errc::upstream_unavailable, "the proxy " + std::move(what));
}

}  // namespace

ClientExchange::Done ClientExchange::connect_through_proxy(SteadyTime deadline) {
  asio::ip::tcp::endpoint target;
  std::string authority;
  if (request_.address_policy) {
    auto addresses = co_await resolve(url_.host, deadline);
    if (!addresses) co_return addresses.error();
    const auto allowed = vet(*addresses);
    if (!allowed) co_return allowed.error();
    target = asio::ip::tcp::endpoint(allowed->front(), url_.port);
    authority = authority_of(target.address().to_string(), url_.port);
  } else if (url_.tls) {
    authority = authority_of(url_.host, url_.port);
  }
  auto own = co_await resolve(proxy_->host, deadline);
  if (!own) co_return own.error();
  Result<void> reached = co_await connect_any(std::move(*own), proxy_->port, deadline);
  if (!reached) {
    Error failed = reached.error();
    if (failed.code() == Errc::upstream_unavailable) failed = proxy_trouble("cannot be reached");
    co_return failed;
  }
  if (authority.empty()) co_return reached;  // http: the request itself is addressed to the proxy
  const SteadyTime begun = runtime::SteadyClock::now();
  Result<void> opened = co_await open_tunnel(std::move(authority), deadline);
  *timings_.connect +=
      std::chrono::duration_cast<std::chrono::microseconds>(runtime::SteadyClock::now() - begun);
  if (opened && request_.address_policy) connection_->tunnelled_to(target);
  co_return opened;
}

ClientExchange::Done ClientExchange::open_tunnel(std::string authority, SteadyTime deadline) {
  const std::string wire = connect_request(authority, *proxy_);
  std::string_view rest = wire;
  std::size_t searched = 0;
  connection_->reserve(kMaxProxyHead);
  for (;;) {
    const Result<bool> opened = take_proxy_answer(searched);
    if (!opened) co_return opened.error();
    if (*opened) co_return Result<void>();
    watchdog_->expire_at(deadline);
    boost::system::error_code failed;
    if (!rest.empty()) {
      const SocketResult sent = co_await connection_->write_some(rest);
      rest.remove_prefix(sent.bytes);
      failed = sent.error;
    } else {
      const SocketResult got = co_await connection_->fill();
      failed = got.error;
    }
    watchdog_->rest();
    if (watchdog_->fired()) co_return Error(Errc::timeout, "the proxy did not connect in time");
    if (failed) co_return proxy_trouble("closed the connection");
  }
}

// True: the tunnel is open. Interim responses are dropped.
Result<bool> ClientExchange::take_proxy_answer(std::size_t& searched) {
  while (const auto end = find_head_end(connection_->unread(), searched)) {
    const auto head = parse_response_head(connection_->unread().substr(0, *end));
    if (!head) return proxy_trouble("sent a malformed response");
    connection_->use(*end);
    searched = 0;
    if (head->status < 200 && ++interim_ <= kMaxProxyInterim) continue;
    if (head->status < 200 || head->status > 299)
      return proxy_trouble("answered " + std::to_string(head->status) + " to CONNECT");
    // Nobody speaks in the tunnel before we do.
    if (!connection_->unread().empty()) return proxy_trouble("sent a malformed response");
    interim_ = 0;
    return true;
  }
  if (connection_->unread().size() >= kMaxProxyHead)
    return proxy_trouble("sent too large a response head");
  return false;
}

}  // namespace taskgate::net
