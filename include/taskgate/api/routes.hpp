#pragma once
// The native API as one router and one gate: what the composition root hands to net::HttpServer.

#include "taskgate/api/auth.hpp"
#include "taskgate/core/clock.hpp"
#include "taskgate/core/result.hpp"
#include "taskgate/engine/gateway.hpp"
#include "taskgate/net/http.hpp"
#include "taskgate/net/server.hpp"
#include "taskgate/store/store.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::api {

/// Judges a webhook URL (the SSRF guard of net); an error's message is shown to the client.
using UrlCheck = std::function<Result<void>(std::string_view url)>;

/// A sentence about a model that no provider has, for whoever asked for it; empty: none.
using ModelHint = std::function<std::string(std::string_view model)>;

/// A provider that tasks may name, for GET /models.
struct ProviderInfo {
  std::string name;                     ///< first segment of `model`, e.g. "openai"
  std::string models;                   ///< what may follow, for people, e.g. "openai/<model>"
  std::vector<std::string> configured;  ///< "openai/gpt-…": listed even before they are used
};

struct ApiOptions {
  std::size_t task_body_limit = 1U << 20;       ///< bytes of POST and PUT /tasks
  std::chrono::milliseconds heartbeat{15'000};  ///< comment interval of idle streams
  std::vector<ProviderInfo> providers;          ///< shown by GET /models
  UrlCheck check_webhook_url;                   ///< required
  ModelHint model_hint;                         ///< empty: unknown models are not explained
};

/// What the routes work on. The references must outlive the router.
struct Services {
  engine::Gateway& gateway;
  store::Store& store;
  KeyRing& keys;
  const Clock& clock;
  ApiOptions options;
};

/// Every route of the native API.
net::Router make_router(Services services);

/// Authenticates before the body is read and sets request.context to a Principal. Public routes
/// pass without. `keys` must outlive the gate.
net::Gate make_gate(const KeyRing& keys);

/// The server's own refusals as problem documents.
net::RefusalFormatter make_refusals();

/// A route's place in the API: for the gate, and for tests that compare it with openapi.json.
struct RouteInfo {
  net::Method method;
  std::string_view pattern;
  std::optional<Scope> scope;  ///< nullopt: public
};
std::vector<RouteInfo> list_routes();

}  // namespace taskgate::api
