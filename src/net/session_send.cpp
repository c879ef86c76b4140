// HttpSession: the response, streams, and the end of the connection.

#include "net/http_session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace asio = boost::asio;

namespace taskgate::net {
namespace {

constexpr std::size_t kCopiedBody = 16 * 1024;  // larger ones are sent from where they are
constexpr std::size_t kKeptOutput = 32 * 1024;
constexpr std::size_t kPipelinedDuringStream = 16 * 1024;
constexpr std::chrono::milliseconds kLingerTime{2000};
constexpr std::chrono::milliseconds kLingerTimeDraining{500};
constexpr std::size_t kLingerBytes = 4U << 20;

}  // namespace

bool HttpSession::may_keep_alive(const Response& response) const {
  const auto most = shared_.limits.max_requests_per_connection;
  return wants_keep_alive_ && !response.must_close() && !shared_.draining &&
         (most == 0 || served_ < most);
}

asio::awaitable<HttpSession::Next> HttpSession::send(Response& response) {
  const bool is_stream = response.stream_body() || response.feed();
  bool keep = may_keep_alive(response);
  HeadOptions head;
  if (is_bodiless(response.status())) {
    head.framing = ResponseFraming::none;
  } else if (is_stream) {
    head.framing = is_http11_ ? ResponseFraming::chunked : ResponseFraming::until_close;
  }
  if (head.framing == ResponseFraming::until_close) keep = false;
  if (!keep) head.connection = ConnectionField::close;
  if (keep && !is_http11_) head.connection = ConnectionField::keep_alive;
  head.request_id = exchange_->request.request_id;
  head.date = shared_.date.at(std::time(nullptr));
  out_.clear();
  append_head(out_, response, head);

  const bool with_body =
      head.framing != ResponseFraming::none && exchange_->request.method != Method::head;
  WriteBuffers buffers;
  if (with_body && !is_stream && response.body().size() <= kCopiedBody) {
    out_ += response.body();
  } else if (with_body && !is_stream) {
    buffers[1] = asio::buffer(response.body());
  }
  buffers[0] = asio::buffer(out_);
  const bool sent = co_await write_all(buffers);
  if (out_.capacity() > kKeptOutput) std::string().swap(out_);
  if (!sent) co_return Next::cut;
  const Next next = keep ? Next::request : Next::linger;
  if (!is_stream || !with_body) co_return next;
  pending_ = response.stream_body();
  feed_ = response.feed();
  pending_framing_ = head.framing;
  after_stream_ = next;
  co_return Next::stream;
}

/// Most responses fit into the socket's buffer: no suspension, no deadline to set.
asio::awaitable<bool> HttpSession::write_all(WriteBuffers buffers) {
  std::size_t left = asio::buffer_size(buffers);
  auto [failed, at_once] = stream_.try_write(buffers);
  if (failed) co_return false;
  left -= at_once;
  advance(buffers, at_once);
  while (left > 0) {
    arm(shared_.limits.write_timeout);
    auto [ec, bytes] = co_await stream_.write_some(buffers);
    disarm();
    if (ec) co_return false;
    left -= bytes;
    advance(buffers, bytes);
  }
  co_return true;
}

/// Writes chunks. Lives in the session's own coroutine, as the stream's body does.
class HttpSession::ChunkWriter final : public StreamWriter {
 public:
  explicit ChunkWriter(HttpSession& session) : session_(session) {}

  asio::awaitable<bool> write(std::string_view bytes) override {
    if (session_.client_gone_) co_return false;
    if (bytes.empty()) co_return true;  // a chunk of size 0 would end the body
    std::array<char, 18> size_line{};
    WriteBuffers buffers;
    buffers[1] = asio::buffer(bytes.data(), bytes.size());
    if (session_.pending_framing_ == ResponseFraming::chunked) {
      char* const end =
          std::to_chars(size_line.data(), size_line.data() + 16, bytes.size(), 16).ptr;
      end[0] = '\r';
      end[1] = '\n';
      buffers[0] =
          asio::buffer(size_line.data(), static_cast<std::size_t>(end + 2 - size_line.data()));
      buffers[2] = asio::buffer("\r\n", 2);
    }
    const bool sent = co_await session_.write_all(buffers);
    if (!sent) session_.client_gone_ = true;
    co_return sent;
  }

 private:
  HttpSession& session_;
};

/// A stream may be idle for hours: it holds no buffers meanwhile, and nothing of its request.
void HttpSession::release_exchange() {
  std::string().swap(out_);
  if (in_.size() == 0) in_.shrink_to_fit();
  exchange_.reset();
}

/// The client is watched by a plain callback: a second coroutine would cost every idle stream a
/// kilobyte.
void HttpSession::begin_stream() {
  release_exchange();
  streaming_ = true;
  watch_client();
}

asio::awaitable<HttpSession::Next> HttpSession::run_stream() {
  begin_stream();
  ChunkWriter writer(*this);
  std::exception_ptr error;
  try {
    co_await pending_(writer);
  } catch (...) {
    error = std::current_exception();
  }
  co_await asio::this_coro::throw_if_cancelled(false);
  co_return co_await end_stream(std::move(error));
}

/// What the feed has now. False: that was the end, or the client is gone.
asio::awaitable<bool> HttpSession::send_piece() {
  ChunkWriter writer(*this);
  for (;;) {
    std::string piece;
    const auto state = co_await feed_->fill(piece);
    bool sent = !client_gone_;
    if (!piece.empty()) sent = co_await writer.write(piece);
    if (!sent || state == StreamFeed::State::ended) co_return false;
    if (state == StreamFeed::State::waiting) co_return true;
  }
}

/// The caller has switched throw_if_cancelled off: what is done here has to be done.
asio::awaitable<HttpSession::Next> HttpSession::end_stream(std::exception_ptr error) {
  streaming_ = false;
  pending_ = nullptr;
  feed_.reset();
  // The read refers to this session: it must have ended, even when the session is cancelled.
  while (watching_) {
    stream_.cancel();
    co_await asio::post(asio::use_awaitable);
  }
  co_await asio::this_coro::throw_if_cancelled(true);

  auto cancellation = co_await asio::this_coro::cancellation_state;
  const bool stopped = cancellation.cancelled() != asio::cancellation_type::none;
  if (error && !stopped && !client_gone_ && shared_.report) {
    shared_.report(route_, error);
  }
  // Without its last chunk the client sees that the body was cut.
  if (error || stopped || client_gone_) co_return Next::cut;
  if (pending_framing_ == ResponseFraming::chunked) {
    WriteBuffers last;
    last[0] = asio::buffer("0\r\n\r\n", 5);
    const bool ended = co_await write_all(last);
    if (!ended) co_return Next::cut;
  }
  if (shared_.draining) co_return Next::linger;
  co_return after_stream_;
}

void HttpSession::watch_client() {
  watching_ = true;
  stream_.read_some(asio::buffer(watch_buffer_), *this);
}

/// Pipelined requests wait their turn, up to a bound; anything else means that the client left, or
/// that the sweeper gave it up: then this connection's coroutine is cancelled where it stands.
void HttpSession::on_read(boost::system::error_code ec, std::size_t bytes) {
  watching_ = false;
  const bool fits = in_.size() + bytes <= kPipelinedDuringStream;
  if (bytes > 0 && fits) {
    const auto kept = in_.prepare(bytes);
    in_.commit(asio::buffer_copy(kept, asio::buffer(watch_buffer_.data(), bytes)));
  }
  if (!streaming_) return;
  if (!ec && fits) {
    watch_client();
    return;
  }
  client_gone_ = true;
  self_.stop();
}

/// Closing with unread input would reset the connection, and the client might lose the response:
/// so FIN first, then drain, within bounds.
asio::awaitable<void> HttpSession::linger() {
  phase_ = Phase::busy;
  std::string().swap(out_);
  arm(shared_.draining ? kLingerTimeDraining : kLingerTime);
  co_await stream_.shutdown();
  std::array<char, 4096> scratch;
  const auto room = asio::buffer(scratch);
  for (std::size_t drained = 0; drained < kLingerBytes && !expired_;) {
    auto [ec, bytes] =
        co_await stream_.socket().async_read_some(room, asio::as_tuple(asio::use_awaitable));
    if (ec) break;
    drained += bytes;
  }
  disarm();
}

}  // namespace taskgate::net
