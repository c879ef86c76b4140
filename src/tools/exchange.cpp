#include "tools/exchange.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::tools {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kDrainPatience{20};

}  // namespace

net::SsrfPolicy policy_of(bool allow_private, std::vector<net::ListenEndpoint> own_listeners) {
  net::SsrfPolicy policy;
  policy.allowed_ports.clear();
  policy.allow_private = allow_private;
  policy.own_listeners = std::move(own_listeners);
  return policy;
}

Result<net::ClientRequest> guarded_request(const Destination& destination,
                                           const std::string& url,
                                           const HeaderList& own,
                                           std::chrono::milliseconds timeout) {
  const auto target = net::check_webhook_url(url, destination.policy);
  if (!target) return target.error();
  net::ClientRequest request;
  request.url = target->url();
  for (const auto& [name, value] : destination.headers) request.headers.add(name, value);
  for (const auto& [name, value] : own) {
    if (!request.headers.find(name)) request.headers.add(name, value);
  }
  request.timeouts.connect = std::min(request.timeouts.connect, timeout);
  request.timeouts.first_byte = timeout;
  request.timeouts.idle = timeout;
  request.timeouts.total = timeout;
  // A copy: the policy must outlive every use that the client makes of it.
  request.address_policy = [policy = destination.policy](const asio::ip::address& address,
                                                         std::uint16_t port) {
    return net::check_address(address, port, policy);
  };
  return request;
}

asio::awaitable<std::unique_ptr<net::ClientStream>> open_exchange(net::HttpClient& client,
                                                                  net::ClientRequest request,
                                                                  Exchange& out) {
  net::ClientProgress progress;
  request.progress = &progress;
  std::optional<Result<std::unique_ptr<net::ClientStream>>> opened;
  try {
    opened = co_await client.open(std::move(request));
  } catch (const boost::system::system_error& failure) {
    if (failure.code() != asio::error::operation_aborted || progress.request_left) throw;
  }
  out.left = progress.request_left;
  out.held_back = !opened || (progress.held_back && !progress.request_left);
  if (opened && *opened) co_return std::move(opened->value());
  out.error = opened ? opened->error() : Error(Errc::cancelled, "stopped before it was sent");
  co_return nullptr;
}

asio::awaitable<Exchange> exchange(net::HttpClient& client,
                                   net::ClientRequest request,
                                   std::size_t limit) {
  Exchange out;
  const auto stream = co_await open_exchange(client, std::move(request), out);
  if (stream == nullptr) co_return out;
  out.status = static_cast<int>(stream->status());
  out.headers = stream->headers();
  while (!out.cut) {
    const auto piece = co_await stream->read();
    if (!piece) out.error = piece.error();
    if (!piece || piece->empty()) break;
    const auto room = limit - out.body.size();
    out.cut = piece->size() > room;
    out.body.append(piece->substr(0, room));
  }
  if (out.cut) co_await stream->drain(kDrainPatience);
  co_return out;
}

std::string evidence_of(const Exchange& exchange) {
  if (!exchange.error) {
    std::string evidence = "HTTP " + std::to_string(exchange.status);
    if (exchange.status >= 300 && exchange.status < 400)
      evidence += " (redirects are not followed)";
    return evidence;
  }
  const auto& why = exchange.error->message();
  if (exchange.status != 0) return "HTTP " + std::to_string(exchange.status) + ", then " + why;
  return why + (exchange.left ? ", after the request was sent" : ": nothing was sent");
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

}  // namespace taskgate::tools
