#include "net/http_session.hpp"

#include "taskgate/core/ids.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace asio = boost::asio;

namespace taskgate::net {
namespace {

constexpr std::size_t kReadSize = 4096;
constexpr std::size_t kKeptBuffer = 16 * 1024;  // an idle connection keeps no larger one
constexpr std::size_t kMaxBuffer =
    128 * 1024;  // above every single read; heads have their own bound
constexpr std::chrono::milliseconds kDrainGrace{250};  // for a request already on its way

/// A request id that is safe to log and to echo.
bool is_echoable(std::string_view id) noexcept {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  });
}

std::string choose_request_id(const Headers& headers) {
  const auto given = headers.find("X-Request-Id");
  if (given && is_echoable(*given)) return std::string(*given);
  return make_id("req_");
}

std::string_view view_of(const boost::beast::flat_buffer& buffer) {
  const auto data = buffer.data();
  return std::string_view(static_cast<const char*>(data.data()), data.size());
}

bool is_abort_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

HttpSession::HttpSession(AcceptedConnection connection,
                         asio::ssl::context* tls,
                         SessionShared& shared)
    : Watched(shared.sweeper),
      slot_(std::move(connection.slot)),
      stream_(std::move(connection.socket), tls),
      shared_(shared),
      remote_(std::move(connection.remote)),
      in_(std::max(kMaxBuffer, 2 * shared.limits.max_header_bytes)) {}

void HttpSession::on_deadline() {
  expired_ = true;
  stream_.cancel();
}

void HttpSession::arm(runtime::SteadyDuration duration) {
  expired_ = false;
  arm_until(runtime::SteadyClock::now() + duration);
}

void HttpSession::on_drain() {
  if (phase_ != Phase::idle) return;
  boost::system::error_code ec;
  if (stream_.socket().available(ec) == 0) on_deadline();
}

asio::awaitable<void> HttpSession::run(std::unique_ptr<HttpSession> session) {
  if (session->stream_.is_tls()) {
    session->phase_ = Phase::busy;
    session->arm(session->shared_.limits.header_timeout);
    const auto ec = co_await session->stream_.handshake();
    if (ec) co_return;
  }
  // A stream runs from here, not from within serve_request: it may last for hours, and every
  // coroutine frame below it is memory. A feed sleeps in this very frame, and (deferred) without
  // one for the wait.
  Next next = Next::request;
  while (next == Next::request || next == Next::stream) {
    if (next == Next::request) {
      next = co_await session->serve_request();
      continue;
    }
    if (!session->feed_) {
      next = co_await session->run_stream();
      continue;
    }
    session->begin_stream();
    std::exception_ptr error;
    try {
      for (;;) {
        const bool more = co_await session->send_piece();
        if (!more) break;
        auto* const alarm = session->feed_->sleep();
        // Expired or cancelled, the feed is asked; a cancelled coroutine throws at its next await.
        if (alarm != nullptr) (void)co_await alarm->async_wait(asio::as_tuple(asio::deferred));
      }
    } catch (...) {
      error = std::current_exception();
    }
    co_await asio::this_coro::throw_if_cancelled(false);
    next = co_await session->end_stream(std::move(error));
  }
  if (next == Next::linger) co_await session->linger();
}

asio::awaitable<HttpSession::Next> HttpSession::serve_request() {
  if (!exchange_) exchange_ = std::make_unique<Exchange>();
  HeadParser parser(shared_.guard);
  bool timed_out = false;
  const HeadStatus status = co_await read_head(parser, timed_out);
  if (status != HeadStatus::done) co_return co_await refuse_head(status, timed_out, parser);

  ++served_;
  SessionCounters::count(shared_.counters.requests);
  auto response = accept_head(parser);
  if (!response) {
    response = before_body();
    if (response) {
      bool skipped = false;
      if (!response->must_close()) skipped = co_await skip_body();
      if (!skipped) response->close();
    } else {
      response = co_await receive_body();
      if (!response) response = co_await call_handler();
    }
  }
  co_return co_await send(*response);
}

/// `need_more` means that the connection ended, or was idle for too long, before a head was there.
asio::awaitable<HeadStatus> HttpSession::read_head(HeadParser& parser, bool& timed_out) {
  const auto& limits = shared_.limits;
  phase_ = in_.size() == 0 ? Phase::idle : Phase::busy;
  if (phase_ == Phase::idle && in_.capacity() > kKeptBuffer) in_.shrink_to_fit();
  if (shared_.draining) {
    arm(kDrainGrace);
  } else if (phase_ == Phase::idle && served_ > 0) {
    arm(limits.keep_alive_timeout);
  } else {
    arm(limits.header_timeout);
  }
  for (;;) {
    const HeadStatus status = parser.parse(view_of(in_));
    if (status != HeadStatus::need_more) {
      disarm();
      phase_ = Phase::busy;
      co_return status;
    }
    const auto room = in_.prepare(kReadSize);
    auto [ec, bytes] = co_await stream_.read_some(room);
    if (ec) {
      timed_out = expired_ && in_.size() > 0;
      co_return HeadStatus::need_more;
    }
    if (phase_ == Phase::idle) {
      phase_ = Phase::busy;
      arm(limits.header_timeout);
    }
    in_.commit(bytes);
  }
}

asio::awaitable<HttpSession::Next> HttpSession::refuse_head(HeadStatus status,
                                                            bool timed_out,
                                                            HeadParser& parser) {
  if (status == HeadStatus::need_more && !timed_out) co_return Next::cut;
  take_head(parser.head());
  std::optional<Response> response;
  if (timed_out) {
    response = refusal(408, "request_timeout", "the request head did not arrive in time");
  } else if (status == HeadStatus::malformed) {
    response = refusal(400, "malformed_request", "this is not a well-formed HTTP request");
  } else if (HeadParser::is_target_too_long(view_of(in_), shared_.guard)) {
    response = refusal(414, "uri_too_long", "the request target is too long");
  } else {
    response = refusal(431, "header_too_large", "the request head is too large");
  }
  is_http11_ = true;
  response->close();
  co_return co_await send(*response);
}

/// Takes the head over, whatever it is worth, and says no when the guard does.
std::optional<Response> HttpSession::accept_head(HeadParser& parser) {
  RequestHead& head = parser.head();
  const auto refused = check_head(head, shared_.guard);
  is_http11_ = head.version == 11;
  wants_keep_alive_ = parser.wants_keep_alive();
  in_.consume(head.bytes);
  if (!refused) note_framing(head);
  take_head(head);
  if (!refused) return std::nullopt;
  auto response = refusal(refused->status, refused->code, refused->detail);
  response.close();
  return response;
}

/// After the guard: at most one of the two framings is there, and it is well formed.
void HttpSession::note_framing(const RequestHead& head) {
  body_kind_ = BodyKind::none;
  body_length_ = 0;
  body_wire_bytes_ = 0;
  if (const auto length = head.headers.find("Content-Length")) {
    for (const char digit : *length) {
      body_length_ = body_length_ * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    if (body_length_ > 0) body_kind_ = BodyKind::length;
  } else if (head.headers.count("Transfer-Encoding") > 0) {
    body_kind_ = BodyKind::chunked;
    chunks_ = ChunkedDecoder();
  }
  wants_continue_ = is_http11_ && head.headers.count("Expect") > 0;
}

void HttpSession::take_head(RequestHead& head) {
  exchange_->request.method = parse_method(head.method).value_or(Method::get);
  const auto question = head.target.find('?');
  exchange_->request.query.clear();
  if (question != std::string::npos) {
    exchange_->request.query.assign(head.target, question + 1);
    head.target.resize(question);
  }
  exchange_->request.path = std::move(head.target);
  exchange_->request.headers = std::move(head.headers);
  exchange_->request.body.clear();
  exchange_->request.request_id = choose_request_id(exchange_->request.headers);
  exchange_->request.remote = remote_;
  exchange_->request.params.clear();
  exchange_->request.route.clear();
  exchange_->request.context.reset();
}

/// What can be said before the body: 404, 405, whatever the gate says, 413.
std::optional<Response> HttpSession::route_and_gate() {
  exchange_->match = shared_.router.find(exchange_->request.method, exchange_->request.path);
  if (!exchange_->match.handler) {
    if (exchange_->match.allow.empty())
      return refusal(404, "not_found", "there is nothing at this path");
    auto response =
        refusal(405, "method_not_allowed", "this resource allows " + exchange_->match.allow);
    response.set("Allow", exchange_->match.allow);
    return response;
  }
  exchange_->request.params = std::move(exchange_->match.params);
  exchange_->request.route = exchange_->match.pattern;
  route_ = exchange_->match.pattern;
  if (shared_.gate) {
    if (auto stopped = shared_.gate(exchange_->request)) return stopped;
  }
  if (body_kind_ == BodyKind::length && body_length_ > exchange_->match.options.body_limit) {
    auto response = refusal(413, "body_too_large",
                            "this resource takes bodies of at most " +
                                std::to_string(exchange_->match.options.body_limit) + " bytes");
    response.close();
    return response;
  }
  return std::nullopt;
}

std::optional<Response> HttpSession::before_body() {
  try {
    return route_and_gate();
  } catch (...) {
    if (shared_.report) shared_.report(exchange_->request.path, std::current_exception());
  }
  return refusal(500, "internal", "the server failed to handle this request");
}

asio::awaitable<Response> HttpSession::call_handler() {
  std::exception_ptr failed;
  Response response;
  try {
    response = co_await (*exchange_->match.handler)(exchange_->request);
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) co_return response;
  auto cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none && is_abort_of(failed)) {
    std::rethrow_exception(failed);
  }
  if (shared_.report) shared_.report(route_, failed);
  co_return refusal(500, "internal", "the server failed to handle this request");
}

Response HttpSession::refusal(unsigned status, const char* code, std::string detail) {
  SessionCounters::count(shared_.counters.refused);
  Refusal what;
  what.status = status;
  what.code = code;
  what.detail = std::move(detail);
  what.request_id = exchange_->request.request_id;
  what.path = exchange_->request.path;
  try {
    if (shared_.refusals) return shared_.refusals(what);
  } catch (...) {
    if (shared_.report) shared_.report("refusal", std::current_exception());
  }
  return Response::text(status, "text/plain; charset=utf-8", what.detail + "\n");
}

}  // namespace taskgate::net
