// The part of an exchange that makes a new connection: name, address policy, TCP, TLS.
#include "net/client_exchange.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

namespace taskgate::net {

namespace asio = boost::asio;
using runtime::SteadyClock;
using runtime::SteadyTime;

namespace {

std::chrono::microseconds since(SteadyTime start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start);
}

Error connect_timeout() {
  return Error(Errc::timeout, "the upstream did not connect in time");
}

}  // namespace

// Named, not anonymous: they are in the frame of a coroutine that others can name.
namespace lookup {

class Waiter;

// Where a resolver's answer meets the coroutine that waits for it. Shared, since either may be gone
// first; it holds nothing of the caller's context, because it may die on the resolver's thread.
struct Meeting {
  std::mutex mutex;
  Waiter* waiter = nullptr;  // guarded by the mutex; null once the coroutine is gone
};

// In the coroutine's frame; used on its strand.
class Waiter {
 public:
  explicit Waiter(asio::any_io_executor executor)
      : strand(executor), wake(executor), meeting(std::make_shared<Meeting>()) {
    meeting->waiter = this;
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() {
    std::lock_guard lock(meeting->mutex);
    meeting->waiter = nullptr;
  }

  asio::any_io_executor strand;
  asio::steady_timer wake;
  std::optional<Result<Resolver::Addresses>> result;
  std::shared_ptr<Meeting> meeting;
};

// The answer is posted only while the coroutine, and so its context, is there.
Resolver::Done answer_to(const std::shared_ptr<Meeting>& meeting) {
  return [meeting](Result<Resolver::Addresses> answer) {
    std::lock_guard lock(meeting->mutex);
    if (meeting->waiter == nullptr) return;
    asio::post(meeting->waiter->strand, [meeting, found = std::move(answer)]() mutable {
      std::lock_guard again(meeting->mutex);
      if (meeting->waiter == nullptr) return;
      meeting->waiter->result.emplace(std::move(found));
      meeting->waiter->wake.cancel();
    });
  };
}

}  // namespace lookup

ClientExchange::Done ClientExchange::connect_fresh() {
  const SteadyTime deadline = capped(request_.timeouts.connect);
  auto addresses = co_await resolve(deadline);
  if (!addresses) co_return addresses.error();
  const SteadyTime resolved = SteadyClock::now();
  Result<void> connected = co_await connect_any(std::move(*addresses), deadline);
  timings_.connect = since(resolved);
  if (!connected || !url_.tls) co_return connected;
  const SteadyTime reached = SteadyClock::now();
  Result<void> secured = co_await handshake(deadline);
  timings_.tls = since(reached);
  co_return secured;
}

asio::awaitable<Result<Resolver::Addresses>> ClientExchange::resolve(SteadyTime deadline) {
  boost::system::error_code not_literal;
  const auto literal = asio::ip::make_address(url_.host, not_literal);
  if (!not_literal) co_return Resolver::Addresses(1, literal);

  const SteadyTime asked = SteadyClock::now();
  lookup::Waiter waiter(strand_);
  shared_->resolver->resolve(url_.host, lookup::answer_to(waiter.meeting));
  waiter.wake.expires_at(deadline);
  (void)co_await waiter.wake.async_wait(asio::as_tuple(asio::use_awaitable));
  co_await throw_if_cancelled();
  timings_.dns = since(asked);
  if (!waiter.result) co_return Error(Errc::timeout, "the host name was not resolved in time");
  co_return std::move(*waiter.result);
}

// Tries the addresses in turn, each with an even share of the time that is left.
ClientExchange::Done ClientExchange::connect_any(Resolver::Addresses addresses,
                                                 SteadyTime deadline) {
  Error last(Errc::upstream_unavailable, "cannot connect to the upstream");
  std::size_t left = addresses.size();
  for (const asio::ip::address& address : addresses) {
    const asio::ip::tcp::endpoint peer(address, url_.port);
    if (request_.address_policy) {
      const Result<void> allowed = request_.address_policy(address, url_.port);
      if (!allowed) {
        last = allowed.error();
        --left;
        continue;
      }
    }
    const auto share = (deadline - SteadyClock::now()) / static_cast<int>(left--);
    connection_ = std::make_unique<ClientConnection>(shared_->executor, url_.origin());
    watchdog_->guard(&connection_->socket());
    watchdog_->expire_at(SteadyClock::now() + share);
    const boost::system::error_code failed = co_await connection_->connect(peer);
    watchdog_->rest();
    if (!failed && !watchdog_->fired()) co_return Result<void>();
    if (watchdog_->fired()) {
      last = connect_timeout();
    } else {
      last =
          Error(Errc::upstream_unavailable, "cannot connect to the upstream: " + failed.message());
    }
    last.with_detail(url_.authority + " at " + address.to_string());
    watchdog_->guard(nullptr);
    connection_.reset();
  }
  co_return last;
}

ClientExchange::Done ClientExchange::handshake(SteadyTime deadline) {
  asio::ssl::context* context = nullptr;
  try {
    context = &shared_->tls.get();
  } catch (const std::exception& failed) {
    co_return Error(Errc::internal, "TLS is not available").with_detail(failed.what());
  }
  watchdog_->expire_at(deadline);
  const boost::system::error_code failed = co_await connection_->handshake(*context, url_.host);
  watchdog_->rest();
  if (watchdog_->fired()) co_return connect_timeout();
  if (!failed) co_return Result<void>();
  std::string why = connection_->verify_failure();
  if (why.empty()) why = failed.message();
  co_return Error(Errc::upstream_unavailable, "the TLS handshake with the upstream failed: " + why)
      .with_detail(url_.authority);
}

}  // namespace taskgate::net
