#pragma once
// What the server says about itself: liveness, readiness, models, the API's description.

#include "taskgate/api/routes.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace taskgate::api {

/// Handlers of /livez, /readyz, /models, /openapi.json, /docs. Lives as long as the router.
class HealthRoutes {
 public:
  HealthRoutes(engine::Gateway& gateway, store::Store& store, std::vector<ProviderInfo> providers)
      : gateway_(gateway), store_(store), providers_(std::move(providers)) {}

  boost::asio::awaitable<net::Response> livez(net::Request& request);
  boost::asio::awaitable<net::Response> readyz(net::Request& request);
  boost::asio::awaitable<net::Response> models(net::Request& request);
  boost::asio::awaitable<net::Response> openapi(net::Request& request);
  boost::asio::awaitable<net::Response> docs(net::Request& request);

 private:
  engine::Gateway& gateway_;
  store::Store& store_;
  std::vector<ProviderInfo> providers_;
};

/// src/api/openapi.json, as compiled in.
std::string_view openapi_document() noexcept;
/// src/api/docs.html, as compiled in.
std::string_view docs_page() noexcept;

}  // namespace taskgate::api
