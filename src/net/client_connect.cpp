// The part of an exchange that makes a new connection: name, address policy, TCP, TLS. The way
// through a proxy is in client_proxy.cpp.
#include "net/client_exchange.hpp"
#include "net/connect_race.hpp"

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
  Result<void> connected = Result<void>();
  if (proxy_ != nullptr) {
    connected = co_await connect_through_proxy(deadline);
  } else {
    connected = co_await connect_directly(deadline);
  }
  if (!connected || !url_.tls) co_return connected;
  const SteadyTime reached = SteadyClock::now();
  Result<void> secured = co_await handshake(deadline);
  timings_.tls = since(reached);
  co_return secured;
}

ClientExchange::Done ClientExchange::connect_directly(SteadyTime deadline) {
  auto addresses = co_await resolve(url_.host, deadline);
  if (!addresses) co_return addresses.error();
  auto allowed = vet(*addresses);
  if (!allowed) co_return allowed.error();
  Result<void> connected = co_await connect_any(std::move(*allowed), url_.port, deadline);
  co_return connected;
}

asio::awaitable<Result<Resolver::Addresses>> ClientExchange::resolve(std::string host,
                                                                     SteadyTime deadline) {
  boost::system::error_code not_literal;
  const auto literal = asio::ip::make_address(host, not_literal);
  if (!not_literal) co_return Resolver::Addresses(1, literal);

  const SteadyTime asked = SteadyClock::now();
  lookup::Waiter waiter(strand_);
  shared_->resolver->resolve(std::move(host), lookup::answer_to(waiter.meeting));
  waiter.wake.expires_at(deadline);
  (void)co_await waiter.wake.async_wait(asio::as_tuple(asio::use_awaitable));
  co_await throw_if_cancelled();
  timings_.dns = since(asked);
  if (!waiter.result) co_return Error(Errc::timeout, "the host name was not resolved in time");
  co_return std::move(*waiter.result);
}

// The addresses that may be connected to; the last refusal when there is none.
Result<Resolver::Addresses> ClientExchange::vet(const Resolver::Addresses& addresses) const {
  if (!request_.address_policy) return addresses;
  Resolver::Addresses allowed;
  Error last(Errc::upstream_unavailable, "the host name has no address");
  for (const auto& address : addresses) {
    const auto judged = request_.address_policy(address, url_.port);
    if (judged) {
      allowed.push_back(address);
    } else {
      last = judged.error();
    }
  }
  if (allowed.empty()) return last;
  return allowed;
}

ClientExchange::Done ClientExchange::connect_any(Resolver::Addresses addresses,
                                                 std::uint16_t port,
                                                 SteadyTime deadline) {
  const SteadyTime begun = SteadyClock::now();
  const std::string first = addresses.front().to_string();
  ConnectRace race(strand_, shared_->executor, url_.origin());
  auto winner = co_await race.run(std::move(addresses), port, deadline);
  timings_.connect = since(begun);
  if (!winner) {
    Error failed = winner.error();
    failed.with_detail(url_.authority + " at " + first);
    co_return failed;
  }
  connection_ = std::move(*winner);
  watchdog_->guard(&connection_->socket());
  co_return Result<void>();
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
