#pragma once
// One connection, from handshake to close: one linear coroutine, on one thread. A request is read
// head → guard → route → gate → body → handler → response, and the next one only then, so pipelined
// requests are answered in order.

#include "net/any_stream.hpp"
#include "net/chunked_decoder.hpp"
#include "net/connection_limits.hpp"
#include "net/deadline_sweeper.hpp"
#include "net/head_parser.hpp"
#include "net/session_shared.hpp"
#include "taskgate/net/http.hpp"
#include "taskgate/runtime/steady.hpp"
#include "taskgate/runtime/task_group.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::net {

/// A client that was let in.
struct AcceptedConnection {
  boost::asio::ip::tcp::socket socket;
  boost::asio::ip::address remote;
  ConnectionSlot slot;
};

class HttpSession final : private Watched, private ReadListener {
 public:
  /// `shared` outlives the session.
  HttpSession(AcceptedConnection connection, boost::asio::ssl::context* tls, SessionShared& shared);

  /// Serves until the connection ends. Cancelling it cuts the connection.
  static boost::asio::awaitable<void> run(std::unique_ptr<HttpSession> session);
  /// What stops the coroutine of run(). To be set before the first read can have completed.
  void set_stop_handle(runtime::StopHandle self) { self_ = std::move(self); }

 private:
  /// How the connection goes on.
  enum class Next {
    request,  ///< read another request
    stream,   ///< the head is sent; the body is pending_
    linger,   ///< say goodbye, so that the client gets the last response
    cut       ///< close at once: the client is gone, or stalled
  };
  enum class BodyKind { none, length, chunked };
  enum class BodyResult { complete, malformed, too_large, timed_out, gone };
  enum class BodyUse { keep, discard };
  enum class Phase { idle, busy };
  struct Exchange {
    Request request;
    Router::Match match;
  };
  class ChunkWriter;

  // http_session.cpp
  boost::asio::awaitable<Next> serve_request();
  boost::asio::awaitable<HeadStatus> read_head(HeadParser& parser, bool& timed_out);
  boost::asio::awaitable<Next> refuse_head(HeadStatus status, bool timed_out, HeadParser& parser);
  std::optional<Response> accept_head(HeadParser& parser);
  std::optional<Response> before_body();
  std::optional<Response> route_and_gate();
  boost::asio::awaitable<Response> call_handler();
  void note_framing(const RequestHead& head);
  void take_head(RequestHead& head);
  Response refusal(unsigned status, const char* code, std::string detail);

  // session_body.cpp
  boost::asio::awaitable<std::optional<Response>> receive_body();
  boost::asio::awaitable<bool> skip_body();
  boost::asio::awaitable<BodyResult> read_body(std::size_t limit, BodyUse use);
  BodyResult take_buffered_body(std::size_t limit, BodyUse use, bool& done);
  boost::asio::awaitable<bool> send_continue();

  // session_send.cpp
  boost::asio::awaitable<Next> send(Response& response);
  boost::asio::awaitable<Next> run_stream();
  boost::asio::awaitable<bool> send_piece();
  void begin_stream();
  boost::asio::awaitable<Next> end_stream(std::exception_ptr error);
  void watch_client();
  void on_read(boost::system::error_code ec, std::size_t bytes) override;
  void release_exchange();
  boost::asio::awaitable<bool> write_all(WriteBuffers buffers);
  boost::asio::awaitable<void> linger();
  bool may_keep_alive(const Response& response) const;

  void on_deadline() override;
  void on_drain() override;
  void arm(runtime::SteadyDuration duration);

  const ConnectionSlot slot_;
  runtime::StopHandle self_;
  AnyStream stream_;
  SessionShared& shared_;
  const boost::asio::ip::address remote_;
  boost::beast::flat_buffer in_;  ///< received, not yet used
  std::string out_;               ///< the response's bytes, its capacity reused
  Phase phase_ = Phase::idle;
  bool expired_ = false;  ///< the deadline passed during the current wait
  std::uint64_t served_ = 0;

  // A stream whose head was sent.
  StreamBody pending_;
  std::shared_ptr<StreamFeed> feed_;  ///< set: instead of pending_
  ResponseFraming pending_framing_ = ResponseFraming::chunked;
  Next after_stream_ = Next::cut;
  bool streaming_ = false;             ///< its body has not ended
  bool watching_ = false;              ///< a read is under way beside it
  bool client_gone_ = false;           ///< or too slow: nothing more is written
  std::array<char, 32> watch_buffer_;  ///< small: it is there for every idle stream

  // The exchange under way.
  std::unique_ptr<Exchange> exchange_;  ///< null while a stream runs
  std::string_view route_;              ///< the matched pattern, for reports
  BodyKind body_kind_ = BodyKind::none;
  std::uint64_t body_length_ = 0;  ///< what is left of it, when its kind is length
  std::size_t body_wire_bytes_ = 0;
  ChunkedDecoder chunks_;
  bool is_http11_ = true;
  bool wants_keep_alive_ = false;
  bool wants_continue_ = false;
};

}  // namespace taskgate::net
