#pragma once
// The delivery log of webhooks, redelivery, and the tenant's signing secret. (Endpoints as
// resources of their own come later: today a task names its URL itself.)

#include "taskgate/core/clock.hpp"
#include "taskgate/net/http.hpp"
#include "taskgate/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace taskgate::api {

/// Handlers of /webhook_deliveries and /webhook_secret. Lives as long as the router.
class WebhookRoutes {
 public:
  WebhookRoutes(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  boost::asio::awaitable<net::Response> list(net::Request& request);
  boost::asio::awaitable<net::Response> get(net::Request& request);
  boost::asio::awaitable<net::Response> redeliver(net::Request& request);
  boost::asio::awaitable<net::Response> secret(net::Request& request);

 private:
  boost::asio::awaitable<Result<std::optional<TaskId>>> find_task(std::string tenant,
                                                                  std::string public_id);
  boost::asio::awaitable<Result<store::Delivery>> find(std::string tenant, std::string id);

  store::Store& store_;
  const Clock& clock_;
};

/// "delivery_17"; deliveries are numbered by the store.
std::string delivery_public_id(std::int64_t id);
std::optional<std::int64_t> parse_delivery_id(std::string_view text) noexcept;

}  // namespace taskgate::api
