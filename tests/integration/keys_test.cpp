// Keys, scopes, tenants: who may do what, and that one tenant never sees another's.

#include "support/test_gateway.hpp"
#include "taskgate/app/key_admin.hpp"
#include "taskgate/observe/log.hpp"

#include <gtest/gtest.h>

namespace taskgate::test {
namespace {

using api::Scope;

api::ScopeSet bits(std::initializer_list<Scope> scopes) {
  api::ScopeSet set = 0;
  for (const auto scope : scopes) set |= static_cast<api::ScopeSet>(scope);
  return set;
}

/// A gateway that wants keys, and keys of two tenants made before it started.
struct KeyedGateway {
  std::string alice;
  std::string bob;
  std::string reader;
  std::string admin;
  TestGateway gateway;

  KeyedGateway()
      : gateway([this](app::Config& config) {
          config.auth.mode = app::AuthMode::keys;
          const auto make = [&](const char* tenant, api::ScopeSet scopes) {
            app::NewKey key;
            key.tenant = tenant;
            key.scopes = scopes;
            return app::create_key(config.database.path, key).value();
          };
          alice = make("alice", bits({Scope::read, Scope::submit, Scope::operate}));
          bob = make("bob", bits({Scope::read, Scope::submit, Scope::operate}));
          reader = make("alice", bits({Scope::read}));
          admin = make("default", bits({Scope::admin}));
        }) {}
};

const nlohmann::json kSecretEcho{{"model", "sim/echo"}, {"input", "secret of alice"}};

TEST(Keys, ANameThatWouldWriteOnATerminalIsRefused) {
  const auto folder = make_temp_folder();
  const auto database = (folder / "keys.db").string();
  app::NewKey key;
  key.tenant = "acme";
  key.scopes = 1;
  for (const std::string& name :
       {std::string("\x1b[31mred"), std::string("two\nlines"), std::string(201, 'x')}) {
    key.name = name;
    const auto made = app::create_key(database, key);
    ASSERT_FALSE(made) << name;
    EXPECT_NE(made.error().message().find("name: "), std::string::npos);
  }
  key.name = "Zoë's laptop";
  EXPECT_TRUE(app::create_key(database, key));
  std::filesystem::remove_all(folder);
}

TEST(Keys, AskingForThoseOfAnAbsentDatabaseMakesNone) {
  const auto folder = make_temp_folder();
  const auto database = (folder / "typo.db").string();

  const auto listed = app::list_keys(database);
  const auto revoked = app::revoke_key(database, "abc");
  const auto secrets = app::webhook_secrets(database, "acme");

  ASSERT_FALSE(listed.has_value());
  EXPECT_EQ(listed.error().code(), Errc::not_found);
  EXPECT_NE(listed.error().message().find("typo.db"), std::string::npos);
  EXPECT_FALSE(revoked.has_value());
  EXPECT_FALSE(secrets.has_value());
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST(Keys, AServerThatNobodyCanUseSaysSoAtItsStart) {
  TestGateway gateway([](app::Config& config) { config.auth.mode = app::AuthMode::keys; });
  std::string lines;
  log::Options capture;
  capture.format = log::Format::logfmt;
  capture.writer = [&lines](std::string_view line) { lines.append(line).append("\n"); };
  log::set_up(std::move(capture));

  gateway.restart();
  gateway.stop();

  log::Options quiet;
  quiet.level = log::Level::error;
  log::set_up(std::move(quiet));
  EXPECT_NE(lines.find("level=warning event=server.no_keys"), std::string::npos) << lines;
  EXPECT_NE(lines.find("level=info event=server.started"), std::string::npos) << lines;
  EXPECT_NE(lines.find(gateway.database()), std::string::npos) << lines;
}

TEST(Keys, WithoutOneEverythingButHealthIsClosed) {
  KeyedGateway keyed;
  auto nobody = keyed.gateway.client();

  const auto refused = nobody.post("/tasks", kSecretEcho);

  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.header("www-authenticate").substr(0, 6), "Bearer");
  EXPECT_EQ(nobody.get("/tasks").status, 401);
  EXPECT_EQ(nobody.get("/livez").status, 200);
  EXPECT_EQ(nobody.get("/readyz").status, 200);
  EXPECT_EQ(keyed.gateway.client("tg_live_nonsense").get("/tasks").status, 401);
  auto almost = keyed.alice;
  almost.back() = almost.back() == '0' ? '1' : '0';
  EXPECT_EQ(keyed.gateway.client(almost).get("/tasks").status, 401);
}

TEST(Keys, AScopeThatIsMissingIsNamed) {
  KeyedGateway keyed;

  const auto refused = keyed.gateway.client(keyed.reader).post("/tasks", kSecretEcho);

  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("submit"), std::string::npos);
}

TEST(Tenants, AForeignIdIsAnUnknownIdOnEveryRoute) {
  KeyedGateway keyed;
  auto alice = keyed.gateway.client(keyed.alice);
  auto bob = keyed.gateway.client(keyed.bob);
  const auto id = alice.post("/tasks", kSecretEcho).json()["id"].get<std::string>();
  (void)alice.wait_final(id);
  const std::string path = "/tasks/" + id;

  EXPECT_EQ(bob.get(path).status, 404);
  EXPECT_EQ(bob.get(path + "?include=input,events").status, 404);
  EXPECT_EQ(bob.get(path + "/stream").status, 404);
  EXPECT_EQ(bob.get(path + "/events").status, 404);
  EXPECT_EQ(bob.call("POST", path + "/cancel").status, 404);
  EXPECT_EQ(bob.call("DELETE", path).status, 404);
  EXPECT_EQ(bob.get("/tasks").json()["data"].size(), 0U);
  EXPECT_EQ(alice.get(path).status, 200);
}

TEST(Tenants, KeysOfIdempotencyAndIdsOfClientsAreTheirOwn) {
  KeyedGateway keyed;
  auto alice = keyed.gateway.client(keyed.alice);
  auto bob = keyed.gateway.client(keyed.bob);

  const auto first = alice.call("PUT", "/tasks/order-1", kSecretEcho.dump());
  const auto second = bob.call("PUT", "/tasks/order-1", R"({"model":"sim/echo","input":"of bob"})");

  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(second.status, 202) << second.body;
  EXPECT_EQ(bob.wait_final("order-1")["result"]["text"], "of bob");
  EXPECT_EQ(alice.wait_final("order-1")["result"]["text"], "secret of alice");
}

TEST(Keys, MadeShownOnceAndRevokedOverTheApi) {
  KeyedGateway keyed;
  auto admin = keyed.gateway.client(keyed.admin);

  const auto made =
      admin.post("/keys", {{"name", "ci"}, {"tenant", "carol"}, {"scopes", {"read", "submit"}}});
  ASSERT_EQ(made.status, 201) << made.body;
  const auto key = made.json();
  auto carol = keyed.gateway.client(key["key"].get<std::string>());
  EXPECT_EQ(carol.post("/tasks", kSecretEcho).status, 202);
  EXPECT_EQ(admin.get("/keys").body.find(key["key"].get<std::string>()), std::string::npos);
  EXPECT_EQ(admin.call("DELETE", "/keys/" + key["id"].get<std::string>()).status, 204);

  EXPECT_EQ(carol.get("/tasks").status, 401);
}

TEST(Keys, ServingBeyondLoopbackBeforeTheFirstKeyIsRefused) {
  const auto folder = make_temp_folder();
  app::Config config;
  config.auth.mode = app::AuthMode::keys;
  config.server.listen = {"0.0.0.0", 0};
  config.database.path = (folder / "t.db").string();

  app::Application application(config);
  const auto started = application.start();
  application.stop(std::chrono::milliseconds{0});
  std::filesystem::remove_all(folder);

  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message().find("keys create"), std::string::npos);
}

TEST(Keys, ServingBeyondLoopbackWithoutKeysIsRefused) {
  app::Config config;
  config.auth.mode = app::AuthMode::open;
  config.server.listen.host = "0.0.0.0";

  const auto exposure = app::check_exposure(config);

  ASSERT_FALSE(exposure);
  EXPECT_NE(exposure.error().message().find("keys create"), std::string::npos);
}

}  // namespace
}  // namespace taskgate::test
