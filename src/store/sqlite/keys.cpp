// API keys and webhook signing secrets.

#include "store/sqlite/reads.hpp"
#include "store/sqlite/writes.hpp"
#include "taskgate/core/base64.hpp"
#include "taskgate/core/ids.hpp"

namespace taskgate::store::sqlite {
namespace {

constexpr const char* kPutKey =
    "INSERT OR REPLACE INTO api_keys"
    " (id, tenant, name, secret_hash, scopes, created_at, expires_at, revoked_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

constexpr const char* kKeys =
    "SELECT id, tenant, name, secret_hash, scopes, created_at, expires_at, revoked_at"
    " FROM api_keys ORDER BY created_at, id";

// A second revocation does not move the first one's time.
constexpr const char* kRevoke =
    "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1";

constexpr const char* kSecrets =
    "SELECT secret FROM webhook_secrets WHERE tenant = ?1 ORDER BY number DESC";

constexpr const char* kInsertSecret =
    "INSERT INTO webhook_secrets (tenant, number, secret) VALUES (?1, 1, ?2)";

// Standard Webhooks: "whsec_" and the base64 of 24 to 64 random bytes.
std::string make_webhook_secret() {
  constexpr std::size_t kSecretBytes = 24;
  return "whsec_" + base64_encode(random_bytes(kSecretBytes));
}

}  // namespace

Result<Done> write_key(WriteContext& context, const ApiKey& key) {
  auto insert = context.db.query(kPutKey);
  insert
      .bind(key.id, key.tenant, key.name, key.secret_hash, key.scopes, key.created_at,
            key.expires_at, key.revoked_at)
      .run();
  return Done{};
}

Result<Done> write_revocation(WriteContext& context, const Revocation& revocation) {
  auto update = context.db.query(kRevoke);
  update.bind(revocation.key_id, revocation.at).run();
  if (context.db.changes() == 0) return Error(Errc::not_found, "no such key");
  return Done{};
}

Result<std::vector<ApiKey>> read_keys(Database& db) {
  std::vector<ApiKey> keys;
  auto query = db.query(kKeys);
  query.bind();
  while (query.step()) {
    auto& key = keys.emplace_back();
    key.id = query.text(0);
    key.tenant = query.text(1);
    key.name = query.text(2);
    key.secret_hash = query.hash(3);
    key.scopes = static_cast<std::uint32_t>(query.integer(4));
    key.created_at = query.time(5);
    key.expires_at = query.optional_time(6);
    key.revoked_at = query.optional_time(7);
  }
  return keys;
}

Result<std::vector<std::string>> read_webhook_secrets(Database& db, const std::string& tenant) {
  std::vector<std::string> secrets;
  auto query = db.query(kSecrets);
  query.bind(tenant);
  while (query.step()) secrets.push_back(query.text(0));
  return secrets;
}

Result<std::vector<std::string>> write_first_webhook_secret(WriteContext& context,
                                                            const std::string& tenant) {
  // Two may have asked at once: the first to write decides.
  auto secrets = read_webhook_secrets(context.db, tenant);
  if (!secrets || !secrets->empty()) return secrets;
  const auto secret = make_webhook_secret();
  auto insert = context.db.query(kInsertSecret);
  insert.bind(tenant, secret).run();
  return std::vector<std::string>{secret};
}

}  // namespace taskgate::store::sqlite
