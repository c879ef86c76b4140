#pragma once
// /keys: make, list and revoke API keys. An admin key manages its own tenant's; one of the tenant
// "default" (the operator's) manages every tenant's.

#include "taskgate/api/auth.hpp"
#include "taskgate/core/clock.hpp"
#include "taskgate/net/http.hpp"
#include "taskgate/store/store.hpp"

#include <boost/asio/awaitable.hpp>

namespace taskgate::api {

/// Handlers of /keys. Lives as long as the router.
class KeyRoutes {
 public:
  KeyRoutes(store::Store& store, KeyRing& ring, const Clock& clock)
      : store_(store), ring_(ring), clock_(clock) {}

  boost::asio::awaitable<net::Response> create(net::Request& request);
  boost::asio::awaitable<net::Response> list(net::Request& request);
  boost::asio::awaitable<net::Response> revoke(net::Request& request);

 private:
  store::Store& store_;
  KeyRing& ring_;
  const Clock& clock_;
};

}  // namespace taskgate::api
