#include "taskgate/api/auth.hpp"

#include "taskgate/core/sha256.hpp"
#include "unit/api/api_fixture.hpp"

#include <gtest/gtest.h>

#include <set>

namespace taskgate::api {
namespace {

TEST(KeyText, RoundTrips) {
  const auto key = generate_key();
  const auto parts = parse_key(key.text);

  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->id, key.id);
  EXPECT_EQ(sha256(parts->secret), key.secret_hash);
  EXPECT_EQ(key.text.size(), 8U + 12 + 1 + 32 + 1 + 6);
  EXPECT_TRUE(key.text.starts_with("tg_live_"));
}

TEST(KeyText, KeysDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto key = generate_key();
    EXPECT_TRUE(seen.insert(key.id).second);
    EXPECT_TRUE(seen.insert(key.text).second);
  }
}

TEST(KeyText, TheCheckFindsEveryTypingError) {
  const auto key = generate_key().text;
  for (std::size_t i = 0; i < key.size(); ++i) {
    std::string typed = key;
    typed[i] = typed[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(parse_key(typed)) << i;
    if (i > 0 && key[i] != key[i - 1]) {
      std::string swapped = key;
      std::swap(swapped[i], swapped[i - 1]);
      EXPECT_FALSE(parse_key(swapped)) << i;
    }
    EXPECT_FALSE(parse_key(key.substr(0, i)));
  }
  EXPECT_FALSE(parse_key(key + "0"));
}

TEST(Scopes, AdminIncludesTheOthersAndNothingElseDoes) {
  const auto bit = [](Scope scope) { return static_cast<ScopeSet>(scope); };
  for (const auto held : {Scope::read, Scope::submit, Scope::operate, Scope::admin}) {
    EXPECT_EQ(parse_scope(to_string(held)), held);
    for (const auto wanted : {Scope::read, Scope::submit, Scope::operate, Scope::admin})
      EXPECT_EQ(has_scope(bit(held), wanted), held == wanted || held == Scope::admin);
  }
  EXPECT_FALSE(has_scope(0, Scope::read));
  EXPECT_FALSE(parse_scope("root"));
  EXPECT_EQ(scope_names(5), (std::vector<std::string_view>{"read", "operate"}));
}

TEST(TenantName, IsPlain) {
  for (const auto* good : {"a", "Acme-1.eu_2", "0"}) EXPECT_TRUE(is_tenant_name(good)) << good;
  for (const auto* bad : {"", "-a", ".a", "a b", "a/b", "é"})
    EXPECT_FALSE(is_tenant_name(bad)) << bad;
  EXPECT_FALSE(is_tenant_name(std::string(65, 'a')));
}

class Ring : public test::GuardedApiFixture {
 protected:
  Result<Principal> ask(const std::string& value) { return ring.authenticate(value); }
};

TEST_F(Ring, KnowsItsKeys) {
  const auto key = make_key("acme", 3);
  const auto principal = ask("Bearer " + key);

  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->tenant, "acme");
  EXPECT_EQ(principal->scopes, 3U);
  EXPECT_EQ(principal->key_id, store.key_rows[0].id);
  EXPECT_TRUE(ask("bearer " + key)) << "the scheme has no case";
}

TEST_F(Ring, RefusesEverythingElse) {
  const auto key = make_key("acme", 3);
  const auto stranger = generate_key().text;
  // The right id with another secret, and a check that fits: only the hash can tell.
  store.key_rows[0].secret_hash[0] ^= 1;
  ring.load(store.key_rows);

  for (const auto& value :
       {"Bearer " + key, "Bearer " + stranger, std::string("Bearer "), std::string("Bearer"),
        std::string(), "Basic " + key, key, "Bearer  " + key, "Bearer " + key + " "}) {
    const auto principal = ask(value);
    ASSERT_FALSE(principal) << value;
    EXPECT_EQ(principal.error().code(), Errc::unauthenticated);
    EXPECT_EQ(principal.error().message().find("tg_live_" + store.key_rows[0].id),
              std::string::npos);
  }
  EXPECT_FALSE(ring.authenticate(std::nullopt));
}

TEST_F(Ring, AnUnknownIdAndAWrongSecretReadTheSame) {
  const auto key = make_key("acme", 3);
  const auto unknown = ask("Bearer " + generate_key().text).error().message();
  store.key_rows[0].secret_hash[0] ^= 1;
  ring.load(store.key_rows);

  EXPECT_EQ(ask("Bearer " + key).error().message(), unknown);
}

TEST_F(Ring, KeysExpireAndAreRevoked) {
  const auto key = make_key("acme", 3);
  store.key_rows[0].expires_at = clock.time + std::chrono::seconds(1);
  ring.load(store.key_rows);
  EXPECT_TRUE(ask("Bearer " + key));
  clock.time += std::chrono::seconds(1);
  EXPECT_FALSE(ask("Bearer " + key));

  store.key_rows[0].expires_at.reset();
  ring.load(store.key_rows);
  EXPECT_TRUE(ask("Bearer " + key));
  store.key_rows[0].revoked_at = clock.time;
  ring.load(store.key_rows);
  EXPECT_FALSE(ask("Bearer " + key));
}

TEST_F(Ring, AFailedReloadKeepsTheOldRing) {
  const auto key = make_key("acme", 3);
  store.broken = true;

  EXPECT_FALSE(test::run(ring.reload()));
  EXPECT_TRUE(ask("Bearer " + key));
}

TEST_F(Ring, ReloadsBySchedule) {
  const auto key = make_key("acme", 3);
  store.key_rows[0].revoked_at = clock.time;
  boost::asio::io_context context(1);
  boost::asio::co_spawn(context, ring.run(std::chrono::milliseconds(1)), [](std::exception_ptr) {});
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (ask("Bearer " + key) && context.run_one_until(until) > 0) {
  }

  EXPECT_FALSE(ask("Bearer " + key));
}

}  // namespace
}  // namespace taskgate::api
