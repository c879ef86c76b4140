#pragma once
// What the server says about itself: liveness, readiness, the API's description.

#include "taskgate/api/routes.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace taskgate::api {

/// Handlers of /livez, /readyz, /openapi.json, /docs. Lives as long as the router.
class HealthRoutes {
 public:
  HealthRoutes(engine::Gateway& gateway, store::Store& store) : gateway_(gateway), store_(store) {}

  boost::asio::awaitable<net::Response> livez(net::Request& request);
  boost::asio::awaitable<net::Response> readyz(net::Request& request);
  boost::asio::awaitable<net::Response> openapi(net::Request& request);
  boost::asio::awaitable<net::Response> docs(net::Request& request);

 private:
  engine::Gateway& gateway_;
  store::Store& store_;
};

/// src/api/openapi.json, as compiled in.
std::string_view openapi_document() noexcept;
/// src/api/docs.html, as compiled in.
std::string_view docs_page() noexcept;

}  // namespace taskgate::api
