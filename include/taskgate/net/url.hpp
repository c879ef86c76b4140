#pragma once
// The absolute http(s) URLs that the client calls. Deliberately narrow: no user info, no spaces, no
// control bytes, nothing to guess. Pure.

#include "taskgate/core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace taskgate::net {

struct Url {
  bool tls = false;
  std::string host;  ///< lower case; an IPv6 literal without its brackets
  std::uint16_t port = 0;
  std::string target;     ///< path and query, never empty; the fragment is dropped
  std::string authority;  ///< for the Host field: brackets kept, default port left out

  /// Key of a connection pool: scheme, host and port.
  std::string origin() const;
};

/// Errors: Errc::invalid_argument, message without the URL itself (it may hold secrets).
Result<Url> parse_url(std::string_view text);

}  // namespace taskgate::net
