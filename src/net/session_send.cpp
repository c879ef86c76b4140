// HttpSession: the response, streams, and the end of the connection.

#include "net/http_session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <charconv>

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
  const bool is_stream = static_cast<bool>(response.stream_body());
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
  head.request_id = request_.request_id;
  head.date = shared_.date.at(std::time(nullptr));
  out_.clear();
  append_head(out_, response, head);

  const bool with_body = head.framing != ResponseFraming::none && request_.method != Method::head;
  if (is_stream && with_body) co_return co_await send_stream(response, head.framing, keep);
  WriteBuffers buffers;
  if (with_body && response.body().size() <= kCopiedBody) {
    out_ += response.body();
  } else if (with_body) {
    buffers[1] = asio::buffer(response.body());
  }
  buffers[0] = asio::buffer(out_);
  const bool sent = co_await write_all(buffers);
  if (out_.capacity() > kKeptOutput) std::string().swap(out_);
  if (!sent) co_return Next::cut;
  if (!keep) co_return Next::linger;
  co_return Next::request;
}

/// Most responses fit into the socket's buffer: no suspension, no deadline to set.
asio::awaitable<bool> HttpSession::write_all(WriteBuffers buffers) {
  std::size_t left = asio::buffer_size(buffers);
  const IoResult at_once = stream_.try_write(buffers);
  if (at_once.ec) co_return false;
  left -= at_once.bytes;
  advance(buffers, at_once.bytes);
  while (left > 0) {
    arm(shared_.limits.write_timeout);
    const IoResult wrote = co_await stream_.write_some(buffers);
    disarm();
    if (wrote.ec) co_return false;
    left -= wrote.bytes;
    advance(buffers, wrote.bytes);
  }
  co_return true;
}

struct HttpSession::Pump {
  explicit Pump(const asio::any_io_executor& executor)
      : ended(executor, runtime::SteadyTime::max()) {}
  asio::cancellation_signal stop;
  asio::steady_timer ended;  ///< cancelled when the body has ended
  bool done = false;
  bool broken = false;  ///< a write failed: the connection is of no use any more
  std::exception_ptr error;
};

/// Runs when the body coroutine has ended. A named type: g++ warns of lambdas in coroutine frames
/// in unity builds.
struct HttpSession::PumpEnd {
  Pump* pump;
  AnyStream* stream;
  void operator()(std::exception_ptr error) const {
    pump->error = error;
    pump->done = true;
    pump->ended.cancel();
    stream->cancel();  // ends the watcher's read
  }
};

/// Writes chunks; owned by the session, used by the body coroutine on the same thread.
class HttpSession::ChunkWriter final : public StreamWriter {
 public:
  ChunkWriter(HttpSession& session, Pump& pump, ResponseFraming framing)
      : session_(session), pump_(pump), framing_(framing) {}

  asio::awaitable<bool> write(std::string_view bytes) override {
    if (pump_.broken) co_return false;
    if (bytes.empty()) co_return true;  // a chunk of size 0 would end the body
    std::array<char, 18> size_line{};
    WriteBuffers buffers;
    buffers[1] = asio::buffer(bytes.data(), bytes.size());
    if (framing_ == ResponseFraming::chunked) {
      char* const end =
          std::to_chars(size_line.data(), size_line.data() + 16, bytes.size(), 16).ptr;
      end[0] = '\r';
      end[1] = '\n';
      buffers[0] =
          asio::buffer(size_line.data(), static_cast<std::size_t>(end + 2 - size_line.data()));
      buffers[2] = asio::buffer("\r\n", 2);
    }
    const bool sent = co_await session_.write_all(buffers);
    if (!sent) {
      pump_.broken = true;
      session_.stream_.cancel();  // wakes the watcher
    }
    co_return sent;
  }

 private:
  HttpSession& session_;
  Pump& pump_;
  const ResponseFraming framing_;
};

asio::awaitable<HttpSession::Next> HttpSession::send_stream(Response& response,
                                                            ResponseFraming framing,
                                                            bool keep) {
  WriteBuffers head;
  head[0] = asio::buffer(out_);
  const bool began = co_await write_all(head);
  if (!began) co_return Next::cut;
  // A stream may be idle for hours: it holds no buffers meanwhile.
  std::string().swap(out_);
  std::string().swap(request_.body);
  if (in_.size() == 0) in_.shrink_to_fit();

  auto executor = co_await asio::this_coro::executor;
  Pump pump(executor);
  ChunkWriter writer(*this, pump, framing);
  const PumpEnd finished{&pump, &stream_};
  asio::co_spawn(executor, response.stream_body()(writer),
                 asio::bind_executor(executor, asio::bind_cancellation_slot(pump.stop.slot(),
                                                                            std::move(finished))));
  // The body coroutine refers to this frame: a cancelled session must not throw before it ended.
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await watch_stream(pump);
  co_await asio::this_coro::throw_if_cancelled(true);

  auto cancellation = co_await asio::this_coro::cancellation_state;
  const bool stopped = cancellation.cancelled() != asio::cancellation_type::none;
  if (pump.error && !stopped && !pump.broken && shared_.report) {
    shared_.report(request_.route, pump.error);
  }
  // Without its last chunk the client sees that the body was cut.
  if (pump.error || pump.broken || stopped) co_return Next::cut;
  if (framing == ResponseFraming::chunked) {
    WriteBuffers last;
    last[0] = asio::buffer("0\r\n\r\n", 5);
    const bool ended = co_await write_all(last);
    if (!ended) co_return Next::cut;
  }
  if (!keep || shared_.draining) co_return Next::linger;
  co_return Next::request;
}

/// Reads until the client leaves or the body ends, then makes sure that the body has ended.
asio::awaitable<void> HttpSession::watch_stream(Pump& pump) {
  std::array<char, 256> scratch;
  while (!pump.done && !pump.broken) {
    const auto room = asio::buffer(scratch);
    const IoResult got = co_await stream_.read_some(room);
    if (got.bytes > 0) {
      // Pipelined requests wait their turn, up to a bound.
      if (in_.size() + got.bytes > kPipelinedDuringStream) break;
      const auto kept = in_.prepare(got.bytes);
      in_.commit(asio::buffer_copy(kept, asio::buffer(scratch.data(), got.bytes)));
    }
    if (got.ec) break;
  }
  if (pump.done) co_return;
  pump.broken = true;
  pump.stop.emit(asio::cancellation_type::terminal);
  while (!pump.done) {
    (void)co_await pump.ended.async_wait(asio::as_tuple(asio::use_awaitable));
  }
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
