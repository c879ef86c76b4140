#pragma once
// GET /models: the configured providers, and how the models are doing that were used lately.

#include "taskgate/api/routes.hpp"

#include <boost/asio/awaitable.hpp>

#include <utility>
#include <vector>

namespace taskgate::api {

/// Lives as long as the router.
class ModelRoutes {
 public:
  ModelRoutes(engine::Gateway& gateway, std::vector<ProviderInfo> providers)
      : gateway_(gateway), providers_(std::move(providers)) {}

  boost::asio::awaitable<net::Response> list(net::Request& request);

 private:
  engine::Gateway& gateway_;
  std::vector<ProviderInfo> providers_;
};

}  // namespace taskgate::api
