// HttpSession: the request's body.

#include "net/http_session.hpp"

#include <algorithm>

namespace asio = boost::asio;

namespace taskgate::net {
namespace {

constexpr std::size_t kBodyReadSize = 64 * 1024;
constexpr std::size_t kFramingAllowance = 16 * 1024;  // chunk sizes, extensions and trailers
constexpr std::size_t kSkippable = 64 * 1024;         // cheaper to read than to reconnect
constexpr std::size_t kBytesPerExtraSecond = 1024;    // the floor: slower than 1 KiB/s is cut

}  // namespace

asio::awaitable<std::optional<Response>> HttpSession::receive_body() {
  if (body_kind_ == BodyKind::none) co_return std::nullopt;
  const BodyResult result = co_await read_body(exchange_->match.options.body_limit, BodyUse::keep);
  std::optional<Response> response;
  switch (result) {
    case BodyResult::complete:
      co_return std::nullopt;
    case BodyResult::malformed:
    case BodyResult::gone:  // a half-closed client may still read
      response = refusal(400, "malformed_request", "the request body is malformed or incomplete");
      break;
    case BodyResult::too_large:
      response = refusal(413, "body_too_large",
                         "this resource takes bodies of at most " +
                             std::to_string(exchange_->match.options.body_limit) + " bytes");
      break;
    case BodyResult::timed_out:
      response = refusal(408, "request_timeout", "the request body did not arrive in time");
      break;
  }
  response->close();
  co_return response;
}

/// Reads a short body that nobody wants, so that the connection can be kept. False: it must close.
asio::awaitable<bool> HttpSession::skip_body() {
  if (body_kind_ == BodyKind::none) co_return true;
  if (wants_continue_ || body_kind_ == BodyKind::chunked || body_length_ > kSkippable) {
    co_return false;
  }
  const BodyResult result = co_await read_body(kSkippable, BodyUse::discard);
  co_return result == BodyResult::complete;
}

asio::awaitable<HttpSession::BodyResult> HttpSession::read_body(std::size_t limit, BodyUse use) {
  const auto start = runtime::SteadyClock::now();
  if (use == BodyUse::keep && body_kind_ == BodyKind::length) {
    exchange_->request.body.reserve(std::min<std::size_t>(body_length_, kBodyReadSize));
  }
  if (wants_continue_ && in_.size() == 0) {
    const bool sent = co_await send_continue();
    if (!sent) co_return BodyResult::gone;
  }
  for (;;) {
    bool done = false;
    const BodyResult result = take_buffered_body(limit, use, done);
    if (done) {
      disarm();
      co_return result;
    }
    const std::chrono::seconds earned(body_wire_bytes_ / kBytesPerExtraSecond);
    expired_ = false;
    arm_until(start + shared_.limits.body_timeout + earned);
    std::size_t want = kBodyReadSize;
    if (body_kind_ == BodyKind::length) want = std::min<std::size_t>(want, body_length_);
    const auto room = in_.prepare(want);
    auto [ec, bytes] = co_await stream_.read_some(room);
    if (ec) {
      if (expired_) co_return BodyResult::timed_out;
      co_return BodyResult::gone;
    }
    in_.commit(bytes);
  }
}

/// Uses what is buffered. `done` is set at the body's end and on every error.
HttpSession::BodyResult HttpSession::take_buffered_body(std::size_t limit,
                                                        BodyUse use,
                                                        bool& done) {
  const auto buffered = in_.data();
  auto* bytes = static_cast<char*>(buffered.data());
  std::size_t consumed = 0;
  std::size_t produced = 0;
  if (body_kind_ == BodyKind::length) {
    consumed = static_cast<std::size_t>(std::min<std::uint64_t>(body_length_, buffered.size()));
    produced = consumed;
    body_length_ -= consumed;
    done = body_length_ == 0;
  } else {
    const auto progress = chunks_.decode(bytes, buffered.size());
    consumed = progress.consumed;
    produced = progress.produced;
    done = progress.status != ChunkedDecoder::Status::more;
    if (progress.status == ChunkedDecoder::Status::bad) return BodyResult::malformed;
  }
  body_wire_bytes_ += consumed;
  const std::size_t taken = exchange_->request.body.size() + produced;
  const bool over = use == BodyUse::keep && (taken > limit || chunks_.announced() > limit - taken);
  // Chunk extensions, tiny chunks and trailers are bounded too, not only what they carry.
  if (over || body_wire_bytes_ > 2 * limit + kFramingAllowance) {
    done = true;
    return BodyResult::too_large;
  }
  if (use == BodyUse::keep) exchange_->request.body.append(bytes, produced);
  in_.consume(consumed);
  return BodyResult::complete;
}

asio::awaitable<bool> HttpSession::send_continue() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  WriteBuffers buffers;
  buffers[0] = asio::buffer(kContinue.data(), kContinue.size());
  const bool sent = co_await write_all(buffers);
  co_return sent;
}

}  // namespace taskgate::net
