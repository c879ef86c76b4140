// The one table of routes: method, pattern, who may call it, how large its body may be, and who
// answers.

#include "taskgate/api/routes.hpp"

#include "api/agents.hpp"
#include "api/health.hpp"
#include "api/keys.hpp"
#include "api/models.hpp"
#include "api/problem.hpp"
#include "api/route_table.hpp"
#include "api/stream.hpp"
#include "api/tasks.hpp"
#include "api/webhooks.hpp"

#include <array>
#include <memory>
#include <utility>

namespace taskgate::api {
namespace {

struct Handlers {
  explicit Handlers(Services services)
      : tasks(services.gateway,
              services.clock,
              std::move(services.options.check_webhook_url),
              std::move(services.options.model_hint)),
        agents(services.gateway),
        streams(services.gateway, services.options.heartbeat),
        webhooks(services.store, services.clock),
        keys(services.store, services.keys, services.clock),
        models(services.gateway, std::move(services.options.providers)),
        health(services.gateway, services.store) {}

  TaskRoutes tasks;
  AgentRoutes agents;
  StreamRoutes streams;
  WebhookRoutes webhooks;
  KeyRoutes keys;
  ModelRoutes models;
  HealthRoutes health;
};

// Shared: the router copies its handlers, and all of them work on one set of objects.
using SharedHandlers = std::shared_ptr<Handlers>;

template <auto Group, auto Member>
net::Handler bind(const SharedHandlers& handlers) {
  return [handlers](net::Request& request) { return ((*handlers).*Group.*Member)(request); };
}

net::Handler bind_error_page(const SharedHandlers&) {
  return &error_page;
}

enum class Body { none, small, note, task };
constexpr std::size_t kSmallBody = 4096;  // a key, or `{}`
constexpr std::size_t kNoteBody = 16384;  // a label with its note

enum class Access { open, read, submit, operate, admin };

struct Row {
  net::Method method;
  std::string_view pattern;
  Access access;
  Body body;
  net::Handler (*bind)(const SharedHandlers&);
};

constexpr auto make_rows() {
  using enum net::Method;
  using H = Handlers;
  return std::to_array<Row>({
      {post, "/tasks", Access::submit, Body::task, bind<&H::tasks, &TaskRoutes::submit>},
      {get, "/tasks", Access::read, Body::none, bind<&H::tasks, &TaskRoutes::list>},
      {put, "/tasks/{id}", Access::submit, Body::task, bind<&H::tasks, &TaskRoutes::put>},
      {get, "/tasks/{id}", Access::read, Body::none, bind<&H::tasks, &TaskRoutes::get>},
      {delete_, "/tasks/{id}", Access::operate, Body::none, bind<&H::tasks, &TaskRoutes::purge>},
      {post, "/tasks/{id}/cancel", Access::submit, Body::small,
       bind<&H::tasks, &TaskRoutes::cancel>},
      {post, "/tasks/{id}/label", Access::submit, Body::note, bind<&H::tasks, &TaskRoutes::label>},
      {post, "/tasks/{id}/retry", Access::submit, Body::small, bind<&H::tasks, &TaskRoutes::retry>},
      {post, "/tasks/{id}/input", Access::submit, Body::task,
       bind<&H::agents, &AgentRoutes::input>},
      {get, "/tasks/{id}/steps", Access::read, Body::none, bind<&H::agents, &AgentRoutes::steps>},
      {get, "/tasks/{id}/tool_calls", Access::read, Body::none,
       bind<&H::agents, &AgentRoutes::tool_calls>},
      {get, "/tasks/{id}/stream", Access::read, Body::none,
       bind<&H::streams, &StreamRoutes::stream>},
      {get, "/tasks/{id}/events", Access::read, Body::none,
       bind<&H::streams, &StreamRoutes::events>},
      {get, "/webhook_deliveries", Access::read, Body::none,
       bind<&H::webhooks, &WebhookRoutes::list>},
      {get, "/webhook_deliveries/{id}", Access::read, Body::none,
       bind<&H::webhooks, &WebhookRoutes::get>},
      {post, "/webhook_deliveries/{id}/redeliver", Access::operate, Body::small,
       bind<&H::webhooks, &WebhookRoutes::redeliver>},
      {get, "/webhook_secret", Access::operate, Body::none,
       bind<&H::webhooks, &WebhookRoutes::secret>},
      {post, "/keys", Access::admin, Body::small, bind<&H::keys, &KeyRoutes::create>},
      {get, "/keys", Access::admin, Body::none, bind<&H::keys, &KeyRoutes::list>},
      {delete_, "/keys/{id}", Access::admin, Body::none, bind<&H::keys, &KeyRoutes::revoke>},
      {get, "/models", Access::read, Body::none, bind<&H::models, &ModelRoutes::list>},
      {get, "/livez", Access::open, Body::none, bind<&H::health, &HealthRoutes::livez>},
      {get, "/readyz", Access::open, Body::none, bind<&H::health, &HealthRoutes::readyz>},
      {get, "/openapi.json", Access::open, Body::none, bind<&H::health, &HealthRoutes::openapi>},
      {get, "/docs", Access::open, Body::none, bind<&H::health, &HealthRoutes::docs>},
      {get, "/errors/{code}", Access::open, Body::none, &bind_error_page},
  });
}
constexpr auto kRows = make_rows();

std::optional<Scope> scope_of(Access access) noexcept {
  switch (access) {
    case Access::open:
      return std::nullopt;
    case Access::read:
      return Scope::read;
    case Access::submit:
      return Scope::submit;
    case Access::operate:
      return Scope::operate;
    case Access::admin:
      return Scope::admin;
  }
  return Scope::admin;
}

}  // namespace

RouteAccess find_access(net::Method method, std::string_view pattern) noexcept {
  if (method == net::Method::head) method = net::Method::get;
  for (const auto& row : kRows) {
    if (row.method != method || row.pattern != pattern) continue;
    const auto scope = scope_of(row.access);
    return {!scope.has_value(), scope.value_or(Scope::admin)};
  }
  return {};
}

net::Router make_router(Services services) {
  const auto task_limit = services.options.task_body_limit;
  const auto handlers = std::make_shared<Handlers>(std::move(services));
  net::Router router;
  for (const auto& row : kRows) {
    net::RouteOptions options;
    if (row.body == Body::small) options.body_limit = kSmallBody;
    if (row.body == Body::note) options.body_limit = kNoteBody;
    if (row.body == Body::task) options.body_limit = task_limit;
    router.add(row.method, std::string(row.pattern), options, row.bind(handlers));
  }
  return router;
}

net::RefusalFormatter make_refusals() {
  return &refusal_response;
}

std::vector<RouteInfo> list_routes() {
  std::vector<RouteInfo> routes;
  routes.reserve(std::size(kRows));
  for (const auto& row : kRows) routes.push_back({row.method, row.pattern, scope_of(row.access)});
  return routes;
}

}  // namespace taskgate::api
