#pragma once
// One connection, from handshake to close: one linear coroutine, on one thread. A request is read
// head → guard → route → gate → body → handler → response, and the next one only then, so pipelined
// requests are answered in order.

#include "net/any_stream.hpp"
#include "net/chunked_decoder.hpp"
#include "net/deadline_sweeper.hpp"
#include "net/head_parser.hpp"
#include "net/session_shared.hpp"
#include "taskgate/net/http.hpp"
#include "taskgate/runtime/steady.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace taskgate::net {

class HttpSession final : private Watched {
 public:
  /// `shared` outlives the session.
  HttpSession(boost::asio::ip::tcp::socket socket,
              boost::asio::ssl::context* tls,
              boost::asio::ip::address remote,
              SessionShared& shared);

  /// Serves until the connection ends. Cancelling it cuts the connection.
  boost::asio::awaitable<void> run();

 private:
  /// How the connection goes on.
  enum class Next {
    request,  ///< read another request
    linger,   ///< say goodbye, so that the client gets the last response
    cut       ///< close at once: the client is gone, or stalled
  };
  enum class BodyKind { none, length, chunked };
  enum class BodyResult { complete, malformed, too_large, timed_out, gone };
  enum class BodyUse { keep, discard };
  enum class Phase { idle, busy };
  /// Shared by a stream's body coroutine and the session that watches its connection.
  struct Pump;
  struct PumpEnd;
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
  boost::asio::awaitable<Next> send_stream(Response& response, ResponseFraming framing, bool keep);
  boost::asio::awaitable<void> watch_stream(Pump& pump);
  boost::asio::awaitable<bool> write_all(WriteBuffers buffers);
  boost::asio::awaitable<void> linger();
  bool may_keep_alive(const Response& response) const;

  void on_deadline() override;
  void on_drain() override;
  void arm(runtime::SteadyDuration duration);

  AnyStream stream_;
  SessionShared& shared_;
  const boost::asio::ip::address remote_;
  boost::beast::flat_buffer in_;  ///< received, not yet used
  std::string out_;               ///< the response's bytes, its capacity reused
  Phase phase_ = Phase::idle;
  bool expired_ = false;  ///< the deadline passed during the current wait
  std::uint64_t served_ = 0;

  // The exchange under way.
  Request request_;
  Router::Match match_;
  BodyKind body_kind_ = BodyKind::none;
  std::uint64_t body_length_ = 0;  ///< what is left of it, when its kind is length
  std::size_t body_wire_bytes_ = 0;
  ChunkedDecoder chunks_;
  bool is_http11_ = true;
  bool wants_keep_alive_ = false;
  bool wants_continue_ = false;
};

}  // namespace taskgate::net
