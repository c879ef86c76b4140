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

Error connect_timeout() {
  return Error(Errc::timeout, "the upstream did not connect in time");
}

// Where a resolver's answer meets the coroutine that waits for it. Shared by both, since either may
// be gone first; the answer is posted only while the coroutine (and so its context) is there.
struct LookupMeeting {
  explicit LookupMeeting(asio::any_io_executor executor) : strand(executor), wake(executor) {}
  asio::any_io_executor strand;
  asio::steady_timer wake;                            // used on the strand only
  std::optional<Result<Resolver::Addresses>> result;  // likewise
  std::mutex mutex;
  bool abandoned = false;  // guarded by the mutex
};

class LookupWaiter {
 public:
  explicit LookupWaiter(std::shared_ptr<LookupMeeting> meeting) : meeting_(std::move(meeting)) {}
  LookupWaiter(const LookupWaiter&) = delete;
  LookupWaiter& operator=(const LookupWaiter&) = delete;
  ~LookupWaiter() {
    std::lock_guard lock(meeting_->mutex);
    meeting_->abandoned = true;
  }

 private:
  std::shared_ptr<LookupMeeting> meeting_;
};

Resolver::Done answer_to(const std::shared_ptr<LookupMeeting>& meeting) {
  // Weak: the meeting holds a timer of the caller's context and must not outlive it here.
  return [weak = std::weak_ptr<LookupMeeting>(meeting)](Result<Resolver::Addresses> answer) {
    const auto self = weak.lock();
    if (!self) return;
    std::lock_guard lock(self->mutex);
    if (self->abandoned) return;
    asio::post(self->strand, [self, found = std::move(answer)]() mutable {
      self->result.emplace(std::move(found));
      self->wake.cancel();
    });
  };
}

}  // namespace

ClientExchange::Done ClientExchange::connect_fresh() {
  const SteadyTime deadline = capped(request_.timeouts.connect);
  auto addresses = co_await resolve(deadline);
  if (!addresses) co_return addresses.error();
  Result<void> connected = co_await connect_any(std::move(*addresses), deadline);
  if (!connected || !url_.tls) co_return connected;
  Result<void> secured = co_await handshake(deadline);
  co_return secured;
}

asio::awaitable<Result<Resolver::Addresses>> ClientExchange::resolve(SteadyTime deadline) {
  boost::system::error_code not_literal;
  const auto literal = asio::ip::make_address(url_.host, not_literal);
  if (!not_literal) co_return Resolver::Addresses(1, literal);

  auto meeting = std::make_shared<LookupMeeting>(strand_);
  const LookupWaiter waiter(meeting);
  shared_->resolver->resolve(url_.host, answer_to(meeting));
  meeting->wake.expires_at(deadline);
  (void)co_await meeting->wake.async_wait(asio::as_tuple(asio::use_awaitable));
  co_await throw_if_cancelled();
  if (!meeting->result) co_return Error(Errc::timeout, "the host name was not resolved in time");
  co_return std::move(*meeting->result);
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
