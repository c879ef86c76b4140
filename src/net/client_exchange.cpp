#include "net/client_exchange.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::net {

namespace asio = boost::asio;
using runtime::SteadyClock;
using runtime::SteadyTime;

namespace {

constexpr std::size_t kMaxHeadBytes = 64 * 1024;
constexpr std::size_t kFirstHeadBytes = 16 * 1024;
constexpr std::size_t kWritePieceBytes = 256 * 1024;
// One TLS record (RFC 8446 §5.1): when its write fails, the peer has no whole record to decrypt,
// and "nothing was written" is true. Asio says so of any failed write, however many records it was.
constexpr std::size_t kFirstTlsPieceBytes = 16 * 1024;
constexpr unsigned kMaxInterimResponses = 16;

Error connection_lost(boost::system::error_code error) {
  return Error(Errc::upstream_unavailable, "the upstream closed the connection without an answer")
      .with_detail(error.message());
}

}  // namespace

ClientExchange::ClientExchange(std::shared_ptr<ClientShared> shared,
                               ClientRequest request,
                               asio::any_io_executor strand)
    : shared_(std::move(shared)),
      request_(std::move(request)),
      strand_(std::move(strand)),
      start_(SteadyClock::now()),
      total_(request_.timeouts.total ? start_ + *request_.timeouts.total : SteadyTime::max()),
      watchdog_(std::make_unique<Watchdog>(strand_)) {}

asio::awaitable<Result<std::unique_ptr<ClientStream>>> ClientExchange::run() {
  const Result<void> ready = prepare();
  if (!ready) co_return ready.error();
  for (;;) {
    const Result<void> done = co_await attempt();
    if (done) break;
    if (!may_replay() || done.error().code() != Errc::upstream_unavailable) co_return done.error();
    fresh_only_ = true;
  }
  co_return make_stream();
}

Result<void> ClientExchange::prepare() {
  auto url = parse_url(request_.url);
  if (!url) return url.error();
  url_ = std::move(*url);
  proxy_ = shared_->options.proxy.for_target(url_);
  RequestForm form;
  form.user_agent = shared_->options.user_agent;
  // Where addresses are judged a proxy must not look names up: it gets a tunnel to the judged one.
  if (proxy_ != nullptr && !url_.tls && !request_.address_policy) form.forwarder = proxy_;
  auto wire = serialize_request(request_, url_, form);
  if (!wire) return wire.error();
  wire_ = std::move(*wire);
  request_.body.clear();
  return {};
}

// One try over one connection.
ClientExchange::Done ClientExchange::attempt() {
  written_ = 0;
  searched_ = 0;
  interim_ = 0;
  watchdog_->guard(nullptr);
  connection_.reset();
  if (!fresh_only_) connection_ = shared_->pool->take(url_.origin(), request_.address_policy);
  pooled_ = connection_ != nullptr;
  if (pooled_) {
    watchdog_->guard(&connection_->socket());
  } else {
    Result<void> connected = co_await connect_fresh();
    if (!connected) co_return connected;
    timings_.connected =
        std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start_);
  }
  Result<void> sent = co_await send();
  if (!sent && (written_ == 0 || sent.error().code() == Errc::timeout)) co_return sent;
  // Even when the upstream stopped reading it may have said why (413, 401 …).
  Result<void> answered = co_await read_head();
  if (!answered && !sent) co_return sent;
  co_return answered;
}

ClientExchange::Done ClientExchange::send() {
  std::string_view rest = wire_;
  while (!rest.empty()) {
    if (written_ == 0 && request_.may_send && !request_.may_send()) {
      if (request_.progress != nullptr) request_.progress->held_back = true;
      co_return Error(Errc::cancelled, "the request was held back by its sender");
    }
    watchdog_->expire_at(capped(request_.timeouts.idle));
    const bool first_of_tls = url_.tls && written_ == 0;
    const std::size_t most = first_of_tls ? kFirstTlsPieceBytes : kWritePieceBytes;
    auto* const progress = request_.progress;
    const bool had_left = progress != nullptr && progress->request_left;
    if (progress != nullptr) progress->request_left = true;  // should it be stopped in the midst
    const SocketResult result = co_await connection_->write_some(rest.substr(0, most));
    watchdog_->rest();
    written_ += result.bytes;
    if (progress != nullptr) progress->request_left = had_left || written_ > 0;
    if (watchdog_->fired()) co_return Error(Errc::timeout, "the upstream did not take the request");
    if (result.error) co_return connection_lost(result.error);
    rest.remove_prefix(result.bytes);
  }
  co_return Result<void>();
}

ClientExchange::Done ClientExchange::read_head() {
  const SteadyTime deadline = capped(request_.timeouts.first_byte);
  connection_->reserve(kFirstHeadBytes);
  for (;;) {
    const Result<bool> complete = take_head();
    if (!complete) co_return complete.error();
    if (*complete) co_return Result<void>();
    const std::size_t unread = connection_->unread().size();
    if (unread >= kMaxHeadBytes) {
      co_return Error(Errc::upstream_unavailable, "the upstream's response head is too large");
    }
    if (unread >= kFirstHeadBytes) connection_->reserve(kMaxHeadBytes);
    watchdog_->expire_at(deadline);
    const SocketResult got = co_await connection_->fill();
    watchdog_->rest();
    if (watchdog_->fired()) co_return Error(Errc::timeout, "the upstream did not answer in time");
    if (got.bytes != 0 && !response_began_) {
      response_began_ = true;
      if (request_.progress != nullptr) request_.progress->response_began = true;
      timings_.first_byte =
          std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start_);
    }
    if (got.error) co_return connection_lost(got.error);
  }
}

// True: a final head has been taken from the buffer. Interim ones (RFC 9110 §15.2) are dropped.
Result<bool> ClientExchange::take_head() {
  for (;;) {
    const std::string_view unread = connection_->unread();
    const auto end = find_head_end(unread, searched_);
    if (!end) return false;
    if (*end > kMaxHeadBytes) {
      return Error(Errc::upstream_unavailable, "the upstream's response head is too large");
    }
    auto head = parse_response_head(unread.substr(0, *end));
    if (!head) return head.error();
    connection_->use(*end);
    searched_ = 0;
    if (head->status >= 200) {
      auto framing = body_framing(*head, request_.method);
      if (!framing) return framing.error();
      head_ = std::move(*head);
      framing_ = *framing;
      return true;
    }
    if (head->status == 101 || ++interim_ > kMaxInterimResponses) {
      return Error(Errc::upstream_unavailable, "the upstream sent a malformed response")
          .with_detail("interim responses");
    }
  }
}

bool ClientExchange::may_replay() const noexcept {
  const bool idempotent = request_.replay == Replay::if_idempotent &&
                          request_.method != Method::post && request_.method != Method::patch;
  return pooled_ && !response_began_ && (idempotent || written_ == 0);
}

SteadyTime ClientExchange::capped(std::chrono::milliseconds patience) const {
  return std::min(SteadyClock::now() + patience, total_);
}

std::unique_ptr<ClientStream> ClientExchange::make_stream() {
  BodySource source;
  source.head = std::move(head_);
  source.framing = framing_;
  source.timings = timings_;
  source.connection = std::move(connection_);
  source.watchdog = std::move(watchdog_);
  source.pool = shared_->pool;
  source.idle = request_.timeouts.idle;
  source.total = total_;
  return std::make_unique<BodyStream>(std::move(source));
}

}  // namespace taskgate::net
