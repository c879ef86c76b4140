#include "api/key_request.hpp"
#include "unit/api/api_fixture.hpp"

namespace taskgate::test {
namespace {

class Keys : public GuardedApiFixture {
 protected:
  net::Response as(const std::string& key,
                   net::Method method,
                   const std::string& path,
                   std::string body) {
    return call(method, path,
                {{"Authorization", "Bearer " + key}, {"Content-Type", "application/json"}},
                std::move(body));
  }
  std::string operator_key() { return make_key("default", api::kAllScopes); }
};

TEST_F(Keys, ANewKeyWorksAtOnceAndIsShownOnce) {
  const auto root = operator_key();
  const auto response =
      as(root, net::Method::post, "/keys",
         R"({"name":"ci","scopes":["read","submit"],"tenant":"acme","expires_in_seconds":3600})");
  const auto body = json_of(response);
  const auto key = body["key"].get<std::string>();

  EXPECT_EQ(response.status(), 201U);
  EXPECT_EQ(body["tenant"], "acme");
  EXPECT_EQ(body["scopes"], nlohmann::json::parse(R"(["read","submit"])"));
  EXPECT_EQ(body["created_at"], "2026-03-01T09:30:00.000Z");
  EXPECT_EQ(body["expires_at"], "2026-03-01T10:30:00.000Z");
  EXPECT_EQ(header_of(response, "Location"), "/keys/" + body["id"].get<std::string>());
  EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
  EXPECT_EQ(as(key, net::Method::get, "/tasks", "").status(), 200U);
  EXPECT_EQ(gateway.listed->tenant, "acme");
  const auto listed = as(root, net::Method::get, "/keys", "");
  EXPECT_EQ(listed.body().find(key), std::string::npos);
  EXPECT_EQ(listed.body().find("hash"), std::string::npos);
}

TEST_F(Keys, ARevokedKeyStopsAtOnce) {
  const auto root = operator_key();
  const auto key = make_key("acme", api::kAllScopes);
  const auto id = store.key_rows[1].id;
  const auto revoked = as(root, net::Method::delete_, "/keys/" + id, "");
  const auto again = as(root, net::Method::delete_, "/keys/" + id, "");

  EXPECT_EQ(revoked.status(), 204U);
  EXPECT_EQ(again.status(), 204U);
  EXPECT_EQ(as(key, net::Method::get, "/tasks", "").status(), 401U);
  EXPECT_EQ(as(root, net::Method::delete_, "/keys/nobody", "").status(), 404U);
}

TEST_F(Keys, AnotherTenantsAdminSeesItsOwnKeysOnly) {
  (void)operator_key();
  const auto admin = make_key("acme", static_cast<api::ScopeSet>(api::Scope::admin));
  const auto listed = json_of(as(admin, net::Method::get, "/keys", ""));
  const auto foreign =
      as(admin, net::Method::post, "/keys", R"({"name":"x","scopes":["read"],"tenant":"default"})");
  const auto own = as(admin, net::Method::post, "/keys", R"({"name":"x","scopes":["admin"]})");

  ASSERT_EQ(listed["data"].size(), 1U);
  EXPECT_EQ(listed["data"][0]["tenant"], "acme");
  EXPECT_EQ(foreign.status(), 403U);
  EXPECT_EQ(json_of(foreign)["code"], "forbidden");
  EXPECT_EQ(own.status(), 201U);
  EXPECT_EQ(json_of(own)["tenant"], "acme");
}

TEST(KeyRequest, ListsEveryFault) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
      {"{}", {"/name", "/scopes"}},
      {"[]", {""}},
      {R"({"name":"","scopes":[]})", {"/name", "/scopes"}},
      {R"({"name":7,"scopes":["read","root",1]})", {"/name", "/scopes/1", "/scopes/2"}},
      {R"({"name":"a","scopes":["read"],"tenant":"a b"})", {"/tenant"}},
      {R"({"name":"a","scopes":["read"],"tenant":null})", {"/tenant"}},
      {R"({"name":"a","scopes":["read"],"expires_in_seconds":59})", {"/expires_in_seconds"}},
      {R"({"name":"a","scopes":["read"],"expires_in_seconds":60.5})", {"/expires_in_seconds"}},
      {R"({"name":"a","scopes":["read"],"expires_in_seconds":18446744073709551615})",
       {"/expires_in_seconds"}},
      {R"({"nmae":"a","scopes":["read"]})", {"/nmae", "/name"}},
  };
  for (const auto& [body, paths] : cases) {
    const auto wanted = api::read_key_request(body, "acme");
    ASSERT_TRUE(wanted.problem) << body;
    EXPECT_EQ(wanted.problem->code, api::ProblemCode::invalid_request);
    std::vector<std::string> found;
    for (const auto& fault : wanted.problem->faults) found.push_back(fault.path);
    EXPECT_EQ(found, paths) << body;
  }
  EXPECT_EQ(api::read_key_request("{", "acme").problem->code, api::ProblemCode::malformed_request);
}

}  // namespace
}  // namespace taskgate::test
