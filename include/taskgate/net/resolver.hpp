#pragma once
// Host names to addresses, behind a seam: the system's resolver in the program, a table in tests
// (a name that resolves to a forbidden address, or to two different ones in turn).

#include "taskgate/core/result.hpp"

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace taskgate::net {

/// Thread-safe.
class Resolver {
 public:
  using Addresses = std::vector<boost::asio::ip::address>;
  using Done = std::function<void(Result<Addresses>)>;

  virtual ~Resolver() = default;
  /// Calls `done` exactly once, on any thread, perhaps before it returns: the addresses in order of
  /// preference, never none, or Errc::upstream_unavailable. It cannot be stopped: whoever waits
  /// gives up by itself.
  virtual void resolve(std::string host, Done done) = 0;
};

/// getaddrinfo on threads of its own, started with the first name. The destructor waits for
/// lookups under way.
std::unique_ptr<Resolver> make_system_resolver();

}  // namespace taskgate::net
