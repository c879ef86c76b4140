#pragma once
// Which URLs and addresses the server may be asked to call on a tenant's behalf (webhooks, upstream
// base URLs set by tenants). A URL is judged when it is accepted and again before each attempt; the
// addresses that its name resolves to are judged before each connection, and the connection goes
// to the address that was judged (HttpClient's address policy), so no later DNS answer can swap it.
//
// Pure functions: nothing here resolves or connects.

#include "taskgate/core/result.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::net {

/// Longest URL that is accepted, in bytes.
inline constexpr std::size_t kMaxGuardedUrl = 2000;

/// Where this server itself listens. An unspecified address (0.0.0.0, ::) is read as loopback only;
/// own_endpoints() spells out what else it stands for.
struct ListenEndpoint {
  boost::asio::ip::address address;
  std::uint16_t port = 0;
};

struct SsrfPolicy {
  bool allow_http = false;                              ///< also http, then port 80 too
  std::vector<std::uint16_t> allowed_ports{443, 8443};  ///< empty: every port
  /// For URLs that the operator wrote and no tenant can: also private and shared networks,
  /// loopback, names that lead inside, http, and every port on all of these. Link-local addresses
  /// (the metadata of clouds), multicast and the rest stay refused.
  bool allow_private = false;
  std::vector<ListenEndpoint> own_listeners;  ///< never called back; see own_endpoints()
  /// Lets 127.0.0.0/8, ::1 and "localhost" pass, with http and on any port. For tests alone: the
  /// composition root refuses to start with it in production.
  bool allow_loopback_for_tests = false;
};

/// A URL that passed. What is fetched is url(), rebuilt from these parts, never the text that was
/// judged: two parsers that read one text differently are how such guards are passed by.
struct ParsedTarget {
  std::string scheme;  ///< "https" or "http"
  std::string host;    ///< lower case; an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string target;                               ///< path and query, at least "/"
  std::optional<boost::asio::ip::address> literal;  ///< set when the host is an address

  /// "host:port", IPv6 in brackets: the key of per-host limits.
  std::string authority() const;
  std::string url() const;
};

/// Reads `url` strictly and applies every rule that needs no DNS, check_address included when the
/// host is an address. Errors: Errc::invalid_argument (not a URL of the accepted form),
/// Errc::forbidden (well formed, but refused); the message names the rule.
Result<ParsedTarget> check_webhook_url(std::string_view url, const SsrfPolicy& policy);

/// May a connection go to `address`:`port`? Allows only global unicast (IANA special-purpose
/// registries), and none of own_listeners. v4-mapped IPv6 is judged as the IPv4 address that it is.
/// Errors: Errc::forbidden; the message names the rule, the address itself is only in the detail: a
/// tenant must not learn what an inside name resolves to.
Result<void> check_address(const boost::asio::ip::address& address,
                           std::uint16_t port,
                           const SsrfPolicy& policy);

/// `address`:`port` itself, or where it is unspecified (0.0.0.0, ::) that and every address of the
/// machine's interfaces. Reads the interfaces once: not pure, unlike the rest of this header.
std::vector<ListenEndpoint> own_endpoints(const boost::asio::ip::address& address,
                                          std::uint16_t port);

}  // namespace taskgate::net
