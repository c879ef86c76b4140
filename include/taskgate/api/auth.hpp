#pragma once
// API keys: their spelling, their scopes, and the ring that checks them on every request.
//
// A key reads `tg_live_<id 12>_<secret 32>_<check 6>` in base62. The id finds the row, the SHA-256
// of the secret (190 random bits: no slow hash needed) is compared in constant time, the check
// tells a typing error from a wrong key without a look-up. Secrets are shown once and never stored.

#include "taskgate/core/clock.hpp"
#include "taskgate/core/result.hpp"
#include "taskgate/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace taskgate::api {

/// What a key may do. The bits are stored: never renumber.
enum class Scope : std::uint32_t {
  read = 1,     ///< look at tasks, events, streams, deliveries
  submit = 2,   ///< submit and cancel tasks
  operate = 4,  ///< purge, redeliver, read the webhook signing secret
  admin = 8     ///< manage keys; includes every other scope
};

using ScopeSet = std::uint32_t;  ///< bits of Scope
inline constexpr ScopeSet kAllScopes = 15;
/// The tenant of open mode, and of operators: its admin keys manage every tenant's keys.
inline constexpr std::string_view kDefaultTenant = "default";

const char* to_string(Scope scope) noexcept;
std::optional<Scope> parse_scope(std::string_view name) noexcept;
/// `admin` includes every other scope.
bool has_scope(ScopeSet scopes, Scope wanted) noexcept;
/// The names of the set's bits, lowest first.
std::vector<std::string_view> scope_names(ScopeSet scopes);
/// 1..64 characters of `A-Z a-z 0-9 . _ -`, the first a letter or digit.
bool is_tenant_name(std::string_view name) noexcept;

/// Who is asking; net::Request::context after the gate.
struct Principal {
  std::string tenant;
  ScopeSet scopes = 0;
  std::string key_id;  ///< empty in open mode
};

/// A fresh key, before its row is stored.
struct GeneratedKey {
  std::string id;
  std::string text;  ///< the whole key: shown once, never stored or logged
  std::array<std::uint8_t, 32> secret_hash{};
};
GeneratedKey generate_key();

/// A key's parts. The views point into the text that was parsed.
struct KeyParts {
  std::string_view id;
  std::string_view secret;
};
/// nullopt when the text is not a key, or its check characters do not fit (a typing error).
std::optional<KeyParts> parse_key(std::string_view text) noexcept;

enum class AuthMode {
  keys,  ///< every route but the public ones needs a key
  open   ///< development: every request is tenant "default" with all scopes
};

/// The keys in memory. Reads are cheap and thread-safe; the ring is replaced as a whole.
class KeyRing {
 public:
  KeyRing(store::Store& store, const Clock& clock, AuthMode mode);

  AuthMode mode() const noexcept { return mode_; }
  /// Reads all keys from the store. On failure the old ring stays.
  boost::asio::awaitable<Result<void>> reload();
  /// Reloads every `period` until cancelled, so that a revocation by another process takes effect.
  /// Spawned by the composition root; a failed reload is tried again at the next turn.
  boost::asio::awaitable<void> run(std::chrono::milliseconds period);
  /// Replaces the ring; for callers that have the rows already.
  void load(std::vector<store::ApiKey> keys);

  /// Judges the value of an Authorization header (nullopt: there is none). Errors:
  /// Errc::unauthenticated; the message says what to do and never whether an id exists.
  Result<Principal> authenticate(std::optional<std::string_view> authorization) const;

 private:
  using Keys = std::unordered_map<std::string, store::ApiKey>;
  std::shared_ptr<const Keys> snapshot() const;
  std::uint64_t take_ticket();
  void replace(std::vector<store::ApiKey> keys, std::uint64_t ticket);

  store::Store& store_;
  const Clock& clock_;
  AuthMode mode_;
  mutable std::mutex mutex_;          // guards what follows
  std::shared_ptr<const Keys> keys_;  // shared: readers keep the ring they began with
  std::uint64_t tickets_ = 0;         // reloads begun
  std::uint64_t loaded_ = 0;          // ticket of the ring in force
};

}  // namespace taskgate::api
