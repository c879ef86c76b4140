#pragma once
// What every call of one HttpClient shares.

#include "net/connection_pool.hpp"
#include "net/tls_client.hpp"
#include "taskgate/net/http_client.hpp"

#include <memory>
#include <utility>

namespace taskgate::net {

/// Held by shared_ptr: calls under way outlive the HttpClient object.
struct ClientShared {
  ClientShared(boost::asio::any_io_executor sockets, ClientOptions settings)
      : executor(std::move(sockets)),
        options(std::move(settings)),
        tls(options.ca_file),
        resolver(options.resolver ? options.resolver
                                  : std::shared_ptr<Resolver>(make_system_resolver())) {
    PoolLimits limits;
    limits.max_idle_per_origin = options.max_idle_per_host;
    limits.max_idle = options.max_idle;
    limits.idle_lifetime = options.idle_lifetime;
    pool = std::make_shared<ConnectionPool>(executor, limits);
  }

  boost::asio::any_io_executor executor;
  ClientOptions options;
  TlsClientContext tls;
  std::shared_ptr<Resolver> resolver;
  std::shared_ptr<ConnectionPool> pool;
};

}  // namespace taskgate::net
