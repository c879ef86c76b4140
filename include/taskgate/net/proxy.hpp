#pragma once
// Which requests of an HttpClient go through an HTTP proxy, as the environment variables
// HTTPS_PROXY, HTTP_PROXY and NO_PROXY mean it. Pure.

#include "taskgate/core/result.hpp"
#include "taskgate/core/secret.hpp"
#include "taskgate/net/url.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::net {

/// One proxy. It is spoken to in plain HTTP/1.1; what goes through a CONNECT tunnel is end-to-end
/// TLS all the same.
struct Proxy {
  std::string host;  ///< lower case; an IPv6 literal without its brackets
  std::uint16_t port = 0;
  Secret authorization;  ///< value of Proxy-Authorization ("Basic …"); empty: none
};

struct ProxySettings {
  Secret https;  ///< URL of the proxy for https targets; empty: none. A secret: user:password@
  Secret http;   ///< the same for http targets
  std::string no_proxy;  ///< names, addresses and networks that are reached directly, by comma
};

/// "http://[user:password@]host[:port][/]", the port 80 by default; user and password may be
/// percent-encoded. Errors: Errc::invalid_argument, message without the text.
Result<Proxy> parse_proxy(std::string_view url);

/// Judges targets. Immutable: thread-safe.
class ProxyRules {
 public:
  ProxyRules() = default;
  /// Errors: as parse_proxy; a malformed entry of no_proxy.
  static Result<ProxyRules> make(const ProxySettings& settings);

  /// The proxy for that target; null: none. Loopback addresses and "localhost" are always reached
  /// directly.
  const Proxy* for_target(const Url& target) const;

 private:
  struct Bypass {
    std::string name;                    // "example.com" also means its subdomains; "*": everything
    std::vector<unsigned char> network;  // of an address or a network: its bytes
    unsigned prefix = 0;                 // in bits
    std::uint16_t port = 0;              // 0: every one
  };
  static Result<Bypass> parse_bypass(std::string_view entry);
  static bool covers(const Bypass& bypass, const Url& target);

  std::vector<Proxy> https_;  // none or one
  std::vector<Proxy> http_;
  std::vector<Bypass> direct_;
};

}  // namespace taskgate::net
