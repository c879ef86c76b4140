#include "net/client_stream.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::net {

namespace asio = boost::asio;
using runtime::SteadyClock;
using runtime::SteadyTime;

namespace {

constexpr std::size_t kMaxDrainBytes = 64 * 1024;

}  // namespace

BodyStream::BodyStream(BodySource source) : source_(std::move(source)) {
  remaining_ = source_.framing.length;
  if (source_.framing.kind == BodyFraming::Kind::none) state_ = State::complete;
}

BodyStream::~BodyStream() {
  hand_back();
}

asio::awaitable<Result<std::string_view>> BodyStream::read() {
  const SteadyTime deadline = std::min(SteadyClock::now() + source_.idle, source_.total);
  return read_until(deadline);
}

asio::awaitable<Result<std::string_view>> BodyStream::read_until(SteadyTime deadline) {
  for (;;) {
    if (source_.connection && !source_.connection->unread().empty() && state_ == State::open) {
      const std::string_view piece = decode_unread();
      if (!piece.empty()) co_return piece;
    }
    if (state_ == State::complete) {
      hand_back();
      co_return std::string_view();
    }
    if (state_ == State::broken || !source_.connection) co_return failure();
    source_.watchdog->expire_at(deadline);
    const SocketResult got = co_await source_.connection->fill();
    source_.watchdog->rest();
    if (source_.watchdog->fired()) {
      state_ = State::broken;
      why_ = nullptr;
    } else if (got.error) {
      at_error(got.error);
    }
  }
}

asio::awaitable<void> BodyStream::drain(std::chrono::milliseconds patience) {
  const SteadyTime deadline = std::min(SteadyClock::now() + patience, source_.total);
  std::size_t dropped = 0;
  while (dropped < kMaxDrainBytes) {
    auto piece = co_await read_until(deadline);
    if (!piece || piece->empty()) co_return;
    dropped += piece->size();
  }
}

// Takes the framing off what is buffered. The view stays good until the next fill.
std::string_view BodyStream::decode_unread() {
  ClientConnection& connection = *source_.connection;
  const std::string_view unread = connection.unread();
  switch (source_.framing.kind) {
    case BodyFraming::Kind::chunked: {
      char* data = connection.unread_data();
      const auto progress = chunks_.decode(data, unread.size());
      connection.use(progress.consumed);
      if (progress.status == ChunkedDecoder::Status::done) state_ = State::complete;
      if (progress.status == ChunkedDecoder::Status::bad) {
        state_ = State::broken;
        why_ = "malformed chunk";
      }
      return {data, progress.produced};
    }
    case BodyFraming::Kind::length: {
      const auto take =
          static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, unread.size()));
      connection.use(take);
      remaining_ -= take;
      if (remaining_ == 0) state_ = State::complete;
      return unread.substr(0, take);
    }
    case BodyFraming::Kind::until_close:
      connection.use(unread.size());
      return unread;
    case BodyFraming::Kind::none:
      break;
  }
  return {};
}

void BodyStream::at_error(boost::system::error_code error) {
  // A TLS peer must say that it closes (RFC 8446 §6.1): stream_truncated is a cut, not an end.
  if (error == asio::error::eof && source_.framing.kind == BodyFraming::Kind::until_close) {
    state_ = State::complete;
    return;
  }
  state_ = State::broken;
  why_ = error == asio::error::eof || error == asio::ssl::error::stream_truncated
             ? "closed by the upstream"
             : "connection lost";
}

Error BodyStream::failure() const {
  if (why_ == nullptr) return Error(Errc::timeout, "the upstream stopped sending");
  return Error(Errc::upstream_unavailable, "the response broke off before its end")
      .with_detail(why_);
}

void BodyStream::hand_back() {
  if (!source_.connection) return;
  source_.watchdog->guard(nullptr);
  const bool clean = state_ == State::complete && source_.framing.may_reuse &&
                     source_.connection->unread().empty();
  if (clean) {
    ConnectionPool::park(source_.pool, std::move(source_.connection));
  } else {
    source_.connection.reset();
  }
}

}  // namespace taskgate::net
