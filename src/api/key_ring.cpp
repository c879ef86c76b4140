#include "taskgate/api/auth.hpp"
#include "taskgate/core/sha256.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <utility>

namespace taskgate::api {
namespace {

namespace asio = boost::asio;

// RFC 9110 §11.1: the scheme's name compares without case.
bool is_bearer(std::string_view scheme) noexcept {
  constexpr std::string_view kBearer = "bearer";
  if (scheme.size() != kBearer.size()) return false;
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    if ((scheme[i] | 0x20) != kBearer[i]) return false;
  }
  return true;
}

Error refuse_key(const char* why) {
  return Error(Errc::unauthenticated, why);
}

}  // namespace

KeyRing::KeyRing(store::Store& store, const Clock& clock, AuthMode mode)
    : store_(store), clock_(clock), mode_(mode), keys_(std::make_shared<const Keys>()) {}

void KeyRing::load(std::vector<store::ApiKey> keys) {
  replace(std::move(keys), take_ticket());
}

std::uint64_t KeyRing::take_ticket() {
  const std::lock_guard lock(mutex_);
  return ++tickets_;
}

// A reload that began before another must not undo it: a key just revoked would work again.
void KeyRing::replace(std::vector<store::ApiKey> keys, std::uint64_t ticket) {
  auto next = std::make_shared<Keys>();
  next->reserve(keys.size());
  for (auto& key : keys) {
    auto id = key.id;
    next->insert_or_assign(std::move(id), std::move(key));
  }
  const std::lock_guard lock(mutex_);
  if (ticket < loaded_) return;
  loaded_ = ticket;
  keys_ = std::move(next);
}

std::shared_ptr<const KeyRing::Keys> KeyRing::snapshot() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

asio::awaitable<Result<void>> KeyRing::reload() {
  const auto ticket = take_ticket();
  auto keys = co_await store_.keys();
  if (!keys) co_return keys.error();
  replace(std::move(*keys), ticket);
  co_return Result<void>();
}

asio::awaitable<void> KeyRing::run(std::chrono::milliseconds period) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    timer.expires_after(period);
    co_await timer.async_wait(asio::use_awaitable);
    // A failure leaves the last known ring in force; the next turn tries again, and the store's own
    // health shows on /readyz.
    (void)co_await reload();
  }
}

Result<Principal> KeyRing::authenticate(std::optional<std::string_view> authorization) const {
  if (mode_ == AuthMode::open) return Principal{std::string(kDefaultTenant), kAllScopes, {}};
  if (!authorization)
    return refuse_key("send an API key in the header `Authorization: Bearer tg_live_…`");

  const auto space = authorization->find(' ');
  if (space == std::string_view::npos || !is_bearer(authorization->substr(0, space)))
    return refuse_key("the Authorization header must read `Bearer tg_live_…`");
  const auto parts = parse_key(authorization->substr(space + 1));
  if (!parts) return refuse_key("this is not an API key of this server: it is cut or mistyped");

  const auto keys = snapshot();
  const auto found = keys->find(std::string(parts->id));
  // An unknown id is compared all the same, so that time does not tell which ids exist.
  const std::array<std::uint8_t, 32> nobody{};
  const auto& expected = found == keys->end() ? nobody : found->second.secret_hash;
  const bool fits = constant_time_equal(sha256(parts->secret), expected);
  if (found == keys->end() || !fits)
    return refuse_key("the API key is unknown, expired or revoked");

  const auto& key = found->second;
  const auto now = clock_.now();
  const bool over =
      (key.expires_at && *key.expires_at <= now) || (key.revoked_at && *key.revoked_at <= now);
  if (over) return refuse_key("the API key is unknown, expired or revoked");
  return Principal{key.tenant, key.scopes, key.id};
}

}  // namespace taskgate::api
