#include "unit/api/api_fixture.hpp"

#include <algorithm>

namespace taskgate::test {
namespace {

using api::Scope;

class GateTest : public GuardedApiFixture {
 protected:
  /// A path that fits the pattern.
  static std::string path_of(std::string_view pattern) {
    std::string path(pattern);
    const auto replace = [&path](std::string_view name, std::string_view with) {
      const auto at = path.find(name);
      if (at != std::string::npos) path.replace(at, name.size(), with);
    };
    replace("{id}", path.starts_with("/webhook") ? "delivery_1" : "a");
    replace("{code}", "not_found");
    return path;
  }

  net::Response ask(const api::RouteInfo& route, HeaderList headers) {
    headers.emplace_back("Content-Type", "application/json");
    const bool has_body = route.method == net::Method::put ||
                          (route.method == net::Method::post && route.pattern == "/tasks");
    return call(route.method, path_of(route.pattern), std::move(headers),
                has_body ? kGoodTask : "");
  }
};

TEST_F(GateTest, EveryRouteAsksForItsScope) {
  for (const auto& route : api::list_routes()) {
    SCOPED_TRACE(std::string(net::to_string(route.method)) + " " + std::string(route.pattern));
    if (!route.scope) {
      EXPECT_LT(ask(route, {}).status(), 400U);
      continue;
    }
    const auto none = ask(route, {});
    EXPECT_EQ(none.status(), 401U);
    EXPECT_EQ(header_of(none, "WWW-Authenticate"), "Bearer realm=\"taskgate\"");
    EXPECT_EQ(json_of(none)["code"], "unauthenticated");

    const auto bad = ask(route, {{"Authorization", "Bearer tg_live_nonsense"}});
    EXPECT_EQ(bad.status(), 401U);
    EXPECT_NE(header_of(bad, "WWW-Authenticate")->find("invalid_token"), std::string::npos);

    const auto wanted = static_cast<api::ScopeSet>(*route.scope);
    const auto admin = static_cast<api::ScopeSet>(Scope::admin);
    const auto weak = make_key("acme", api::kAllScopes & ~wanted & ~admin);
    const auto lacking = ask(route, {{"Authorization", "Bearer " + weak}});
    EXPECT_EQ(lacking.status(), 403U);
    EXPECT_EQ(json_of(lacking)["code"], "insufficient_scope");
    EXPECT_NE(json_of(lacking)["detail"].get<std::string>().find(to_string(*route.scope)),
              std::string::npos);
    EXPECT_NE(header_of(lacking, "WWW-Authenticate")->find("insufficient_scope"),
              std::string::npos);

    for (const auto scopes : {wanted, admin}) {
      const auto key = make_key("acme", scopes);
      const auto status = ask(route, {{"Authorization", "Bearer " + key}}).status();
      EXPECT_TRUE(status != 401 && status != 403) << status;
    }
  }
}

TEST_F(GateTest, AForeignIdIsNotFoundOnEveryRoute) {
  gateway.add("theirs", "a", TaskStatus::success);
  store::Delivery delivery;
  delivery.id = 1;
  delivery.ref.tenant = "theirs";
  store.deliveries.push_back(delivery);
  (void)make_key("theirs", api::kAllScopes);
  const auto theirs = store.key_rows[0].id;
  const auto mine = make_key("mine", api::kAllScopes);

  for (const auto& route : api::list_routes()) {
    const bool makes = route.method == net::Method::put;  // an id of one's own: no look-up
    if (route.pattern.find("{id}") == std::string_view::npos || makes) continue;
    SCOPED_TRACE(std::string(net::to_string(route.method)) + " " + std::string(route.pattern));
    auto path = path_of(route.pattern);
    if (path.starts_with("/keys/")) path = "/keys/" + theirs;
    std::string body;
    if (route.pattern.ends_with("/label")) body = R"({"correct":true})";
    if (route.pattern.ends_with("/input")) body = R"({"approve":{"key":"tg_a"}})";
    const auto response =
        call(route.method, path,
             {{"Authorization", "Bearer " + mine}, {"Content-Type", "application/json"}}, body);

    EXPECT_EQ(response.status(), 404U);
    EXPECT_EQ(json_of(response)["code"], "not_found");
  }
  EXPECT_FALSE(gateway.at("theirs", "a").view.task.purged);
  EXPECT_FALSE(store.key_rows[0].revoked_at);
}

TEST_F(GateTest, PutOfAForeignIdMakesATaskOfOnesOwn) {
  gateway.add("theirs", "a", TaskStatus::success);
  const auto mine = make_key("mine", api::kAllScopes);
  const auto response =
      call(net::Method::put, "/tasks/a",
           {{"Authorization", "Bearer " + mine}, {"Content-Type", "application/json"}}, kGoodTask);

  EXPECT_EQ(response.status(), 202U);
  EXPECT_EQ(gateway.at("theirs", "a").view.task.status, TaskStatus::success);
}

TEST_F(GateTest, RefusesKeysInTheQuery) {
  const auto key = make_key("acme", api::kAllScopes);
  const std::vector<std::string> queries{"api_key=" + key, "Access_Token=x", "a=1&token=x",
                                         "x=" + key, "key"};
  for (const auto& query : queries) {
    const auto response = get("/tasks?" + query, {{"Authorization", "Bearer " + key}});
    EXPECT_EQ(response.status(), 400U) << query;
    EXPECT_EQ(json_of(response)["code"], "key_in_query") << query;
    EXPECT_EQ(response.body().find(key), std::string::npos);
  }
}

TEST_F(GateTest, RefusesTwoAuthorizationHeaders) {
  const auto key = make_key("acme", api::kAllScopes);
  const auto response =
      get("/tasks", {{"Authorization", "Bearer " + key}, {"Authorization", "Bearer " + key}});

  EXPECT_EQ(response.status(), 400U);
}

TEST_F(GateTest, HeadCountsAsGet) {
  const auto key = make_key("acme", static_cast<api::ScopeSet>(Scope::read));

  EXPECT_EQ(call(net::Method::head, "/tasks", {}, "").status(), 401U);
  EXPECT_EQ(call(net::Method::head, "/tasks", {{"Authorization", "Bearer " + key}}, "").status(),
            200U);
}

using OpenGate = ApiFixture;

TEST_F(OpenGate, OpenModeIsTheDefaultTenantWithEveryScope) {
  (void)get("/tasks");

  EXPECT_EQ(gateway.listed->tenant, "default");
  EXPECT_EQ(get("/keys").status(), 200U);
}

TEST_F(OpenGate, SaysWhetherItIsReady) {
  EXPECT_EQ(json_of(get("/livez"))["status"], "ok");
  EXPECT_EQ(json_of(get("/readyz")), nlohmann::json::parse(R"({"status":"ready"})"));
  EXPECT_EQ(json_of(get("/readyz?verbose"))["checks"]["store"], "ok");

  gateway.unready = "draining";
  const auto draining = get("/readyz");
  EXPECT_EQ(draining.status(), 503U);
  EXPECT_EQ(json_of(draining)["code"], "not_ready");
  EXPECT_EQ(json_of(draining)["detail"], "draining");
  EXPECT_TRUE(header_of(draining, "Retry-After"));

  gateway.unready.clear();
  store.condition = {false, "disk full"};
  EXPECT_EQ(get("/readyz").status(), 503U);
  EXPECT_NE(get("/readyz").body().find("disk full"), std::string::npos);
  EXPECT_EQ(get("/livez").status(), 200U);
}

TEST_F(OpenGate, NamesItsProviders) {
  EXPECT_EQ(json_of(get("/models"))["data"][0]["name"], "sim");
}

}  // namespace
}  // namespace taskgate::test
