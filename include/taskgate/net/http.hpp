#pragma once
// HTTP messages as the rest of the program sees them: a request whose headers were copied and
// checked before its body was read, and a response that is one string, or a stream. No Beast here.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>

#include <any>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::net {

enum class Method { get, head, post, put, patch, delete_, options };
const char* to_string(Method method) noexcept;

/// Header fields in arrival order. Names compare without case (RFC 9110 §5.1).
class Headers {
 public:
  void add(std::string name, std::string value);
  /// Room for that many fields.
  void reserve(std::size_t count) { fields_.reserve(count); }
  /// First field of that name; nullopt when absent.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  std::size_t count(std::string_view name) const noexcept;
  const std::vector<std::pair<std::string, std::string>>& all() const noexcept { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// One request. Everything but `body` is complete when the gate runs.
struct Request {
  Method method = Method::get;
  std::string path;   ///< before '?', percent-encoding kept
  std::string query;  ///< after '?', undecoded
  Headers headers;    ///< snapshot of the head: trailers never reach it
  std::string body;
  std::string request_id;  ///< "req_…", or the client's X-Request-Id when it is safe to echo
  boost::asio::ip::address remote;
  std::vector<std::string> params;  ///< path parameters in pattern order, percent-decoded
  std::string route;                ///< the matched pattern, e.g. "/tasks/{id}"
  std::any context;  ///< whatever the gate wants to hand to the handler (the principal)

  /// The query parameter's decoded value; nullopt when absent. First one wins.
  std::optional<std::string> query_value(std::string_view name) const;
  /// Every query parameter, decoded, in order; nullopt on malformed percent-encoding.
  std::optional<std::vector<std::pair<std::string, std::string>>> query_values() const;
};

/// Writes to a streaming response. Lives while the stream body runs, on the connection's own
/// thread.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;
  /// One write to the socket (as one HTTP chunk). False: the client is gone or stalled past the
  /// limit; the body should return. The view must stay valid until the call completes.
  virtual boost::asio::awaitable<bool> write(std::string_view bytes) = 0;
};

/// Produces a streaming body. It must not refer to the Request, which is released when the handler
/// has returned: an idle stream holds no more memory than it needs. When the client disconnects (or
/// the server drains past its grace) the coroutine is cancelled at its current co_await
/// (operation_aborted), so it never outlives its connection.
using StreamBody = std::function<boost::asio::awaitable<void>(StreamWriter&)>;

/// A streaming body that is asked for its pieces: for streams that are idle most of the time, of
/// which there are many. Between two pieces it stands on no coroutine's stack; a StreamBody that
/// waits holds several frames. The rest is as with a StreamBody. All calls on the connection's
/// thread.
class StreamFeed {
 public:
  enum class State {
    more,     ///< ask again at once
    waiting,  ///< ask again when sleep() is over
    ended     ///< the body is complete
  };
  virtual ~StreamFeed() = default;
  /// Appends the next piece, which is then sent in one write; nothing is fine too.
  virtual boost::asio::awaitable<State> fill(std::string& out) = 0;
  /// A timer, set: there may be more to send when it expires or is cancelled. Null: there is
  /// already. Valid until the feed's next call.
  virtual boost::asio::steady_timer* sleep() = 0;
};

/// One response.
class Response {
 public:
  explicit Response(unsigned status = 200) : status_(status) {}
  static Response json(unsigned status, std::string body);
  static Response text(unsigned status, std::string_view content_type, std::string body);

  /// Appends a header field. A value with CR, LF or NUL is a bug and throws std::invalid_argument.
  Response& set(std::string_view name, std::string_view value);
  /// Turns this into a stream (Transfer-Encoding: chunked; for HTTP/1.0 until close).
  Response& stream(StreamBody body);
  /// The same with a feed. Shared only so that a response can be copied.
  Response& stream(std::shared_ptr<StreamFeed> feed);
  /// The connection is closed after this response.
  Response& close();

  unsigned status() const noexcept { return status_; }
  const std::string& header_lines() const noexcept { return headers_; }
  std::string& body() noexcept { return body_; }
  const std::string& body() const noexcept { return body_; }
  const StreamBody& stream_body() const noexcept { return stream_; }
  const std::shared_ptr<StreamFeed>& feed() const noexcept { return feed_; }
  bool must_close() const noexcept { return close_; }

 private:
  unsigned status_;
  std::string headers_;  // "Name: value\r\n" …: written once, sent as it is
  std::string body_;
  StreamBody stream_;
  std::shared_ptr<StreamFeed> feed_;
  bool close_ = false;
};

/// Handles a request. The request outlives the call. Runs on the connection's thread: must not
/// block.
using Handler = std::function<boost::asio::awaitable<Response>(Request&)>;

struct RouteOptions {
  std::size_t body_limit = 0;  ///< bytes; 0: this route takes no body
};

/// The route table: method and pattern with `{name}` segments, e.g. "/tasks/{id}/stream".
class Router {
 public:
  void add(Method method, std::string pattern, RouteOptions options, Handler handler);

  struct Match {
    const Handler* handler = nullptr;  ///< null: no such route, or not with this method
    RouteOptions options;
    std::string_view pattern;
    std::vector<std::string> params;
    std::string
        allow;  ///< "GET, POST" when the path exists with other methods (405), else empty (404)
  };
  /// HEAD falls back to GET.
  Match find(Method method, std::string_view path) const;

 private:
  struct Route;
  std::vector<std::shared_ptr<const Route>> routes_;
};

}  // namespace taskgate::net
