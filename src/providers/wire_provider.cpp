#include "providers/wire_provider.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::providers {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kMaxErrorBody = 64 * 1024;
constexpr std::size_t kMaxWholeBody = 32U << 20;
constexpr milliseconds kDrainPatience{50};

std::string upstream_request_id(const net::Headers& headers) {
  for (const char* name : {"x-request-id", "request-id", "apim-request-id"}) {
    if (const auto value = headers.find(name)) return std::string(value->substr(0, 128));
  }
  return {};
}

std::optional<bool> upstream_advice(const net::Headers& headers) {
  const auto value = headers.find("x-should-retry");  // OpenAI and Anthropic, for their own SDKs
  if (value == "true") return true;
  if (value == "false") return false;
  return std::nullopt;
}

bool has_type(const net::ClientStream& stream, std::string_view type) {
  const auto value = stream.headers().find("content-type");
  if (!value || value->size() < type.size()) return false;
  return std::equal(type.begin(), type.end(), value->begin(), [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
  });
}

// A stream under a wrong content type: its first line is a field.
bool looks_like_events(std::string_view body) {
  const std::size_t begin = std::min(body.find_first_not_of(" \t\r\n"), body.size());
  const std::string_view text = body.substr(begin);
  return text.starts_with("data:") || text.starts_with("event:");
}

microseconds since(SteadyClock::time_point start) {
  return std::chrono::duration_cast<microseconds>(SteadyClock::now() - start);
}

}  // namespace

WireProvider::WireProvider(ProviderConfig config,
                           std::unique_ptr<Codec> codec,
                           net::HttpClient& client,
                           const Clock& clock)
    : config_(std::move(config)), codec_(std::move(codec)), client_(client), clock_(clock) {}

asio::awaitable<TurnOutcome> WireProvider::stream(ModelRequest request, DeltaSink& sink) {
  Watch watch;
  watch.start = SteadyClock::now();
  auto wire = codec_->encode(request);
  if (!wire) co_return transport_failure(wire.error(), FailureClass::caller);
  std::vector<std::string> ignored = std::move(wire->ignored);
  net::ClientRequest http = make_request(std::move(*wire), request);
  auto opened = co_await client_.open(std::move(http));
  if (!opened) {
    Failure failed = transport_failure(opened.error(), FailureClass::connect);
    failed.timings.total = since(watch.start);
    co_return failed;
  }
  const std::unique_ptr<net::ClientStream> stream = std::move(*opened);
  auto outcome = co_await read_answer(*stream, sink, watch);
  auto done = complete(std::move(outcome), *stream, watch);
  if (ModelTurn* turn = done.turn()) turn->ignored = std::move(ignored);
  co_return done;
}

// The operator's own fields win over the protocol's.
net::ClientRequest WireProvider::make_request(WireRequest wire, const ModelRequest& request) const {
  net::ClientRequest http;
  http.method = net::Method::post;
  http.url = std::move(wire.url);
  http.timeouts = config_.timeouts;
  net::Headers own;
  for (const auto& [name, value] : config_.headers) own.add(name, value);
  const auto add = [&](std::string name, std::string value) {
    if (!own.find(name)) http.headers.add(std::move(name), std::move(value));
  };
  add("Content-Type", "application/json");
  add("Accept", "text/event-stream");
  for (const auto& [name, value] : wire.headers.all()) add(name, value);
  // OpenAI logs it; everybody else ignores it.
  if (!request.task_id.empty()) add("X-Client-Request-Id", request.task_id);
  for (const auto& [name, value] : config_.headers) http.headers.add(name, value);
  http.body = std::move(wire.body);
  return http;
}

asio::awaitable<TurnOutcome> WireProvider::read_answer(net::ClientStream& stream,
                                                       DeltaSink& sink,
                                                       Watch& watch) {
  const int status = static_cast<int>(stream.status());
  if (status < 200 || status > 299) {
    const Body body = co_await read_body(stream, kMaxErrorBody);
    UpstreamError error = codec_->errors().read(status, body.text);
    if (error.status == 0) error.status = status;
    co_return refusal(error);
  }
  if (has_type(stream, "text/html")) {
    co_return answer_failure(FailureClass::malformed, "the upstream answered with a web page");
  }
  if (has_type(stream, "application/json")) co_return co_await read_whole(stream, sink);
  co_return co_await read_stream(stream, sink, watch);
}

asio::awaitable<TurnOutcome> WireProvider::read_stream(net::ClientStream& stream,
                                                       DeltaSink& sink,
                                                       Watch& watch) {
  net::SseParser parser;
  const std::unique_ptr<TurnDecoder> decoder = codec_->decoder(sink);
  std::optional<Failure> broken;
  while (!decoder->done()) {
    const auto piece = co_await stream.read();
    auto status = net::SseParser::Status::ok;
    if (piece && !piece->empty()) {
      status = parser.feed(*piece, *decoder);
    } else {
      if (!piece) broken = transport_failure(piece.error(), FailureClass::stream_cut);
      status = parser.finish(*decoder);
    }
    if (status != net::SseParser::Status::ok) decoder->fail("an event of the stream is too large");
    if (!watch.first_token && decoder->has_output()) watch.first_token = since(watch.start);
    if (!piece || piece->empty()) break;
    if (sink.full()) co_await sink.drained();
  }
  // The framing's last bytes tend to come in the same packet; without them no reuse.
  if (decoder->saw_terminal() && !broken) co_await stream.drain(kDrainPatience);
  co_return decoder->finish(std::move(broken));
}

// Asked for a stream, answered with one JSON document: an error, or a server that cannot stream.
asio::awaitable<TurnOutcome> WireProvider::read_whole(net::ClientStream& stream, DeltaSink& sink) {
  const std::unique_ptr<TurnDecoder> decoder = codec_->decoder(sink);
  Body body = co_await read_body(stream, kMaxWholeBody);
  if (looks_like_events(body.text)) {
    net::SseParser parser;
    parser.feed(body.text, *decoder);
    parser.finish(*decoder);
    co_return decoder->finish(std::move(body.broken));
  }
  if (body.broken) co_return std::move(*body.broken);
  decoder->on_whole_body(body.text);
  if (const UpstreamError* error = decoder->upstream_error()) {
    UpstreamError told = *error;
    if (told.status == 0) told.status = static_cast<int>(stream.status());
    Failure failed = refusal(told);
    failed.failure_class = classify(*error, codec_->errors());
    co_return failed;
  }
  co_return decoder->finish(std::nullopt);
}

// What the response's head and the clock add to an outcome.
TurnOutcome WireProvider::complete(TurnOutcome outcome,
                                   const net::ClientStream& stream,
                                   const Watch& watch) const {
  std::string request_id = upstream_request_id(stream.headers());
  const TimePoint now = clock_.now();
  auto limits = codec_->rate_limits(stream.headers(), now);
  TurnTimings timings;
  timings.dns = stream.timings().dns;
  timings.connect = stream.timings().connect;
  timings.tls = stream.timings().tls;
  timings.first_byte = stream.timings().first_byte;
  timings.first_token = watch.first_token;
  timings.total = since(watch.start);
  if (ModelTurn* turn = outcome.turn()) {
    if (!request_id.empty()) turn->request_id = std::move(request_id);
    turn->rate_limits = std::move(limits);
    turn->timings = timings;
    if (watch.first_token) {
      turn->first_token = std::chrono::duration_cast<milliseconds>(*watch.first_token);
    }
    return outcome;
  }
  Failure failed = *outcome.failure();
  if (!request_id.empty()) failed.request_id = std::move(request_id);
  failed.should_retry = upstream_advice(stream.headers());
  // Of two wishes the longer one, that neither be disregarded.
  const auto wait = retry_after(stream.headers(), failed.failure_class, limits, now);
  if (wait) failed.retry_after = std::max(failed.retry_after.value_or(milliseconds(0)), *wait);
  failed.rate_limits = std::move(limits);
  failed.timings = timings;
  make_presentable(failed);
  return failed;
}

// What can be had of a body; an overlong one is judged by what came.
asio::awaitable<WireProvider::Body> WireProvider::read_body(net::ClientStream& stream,
                                                            std::size_t limit) {
  Body body;
  while (body.text.size() < limit) {
    const auto piece = co_await stream.read();
    if (!piece) body.broken = transport_failure(piece.error(), FailureClass::stream_cut);
    if (!piece || piece->empty()) break;
    body.text.append(piece->substr(0, limit - body.text.size()));
  }
  co_return body;
}

Failure WireProvider::transport_failure(const Error& error, FailureClass unavailable) const {
  Failure failed;
  failed.message = error.message();
  switch (error.code()) {
    case Errc::timeout:
      failed.failure_class = FailureClass::timeout;
      break;
    case Errc::upstream_unavailable:
      failed.failure_class = unavailable;
      break;
    default:  // the request, the URL, a header field, the address policy: ours to correct
      failed.failure_class = FailureClass::caller;
  }
  make_presentable(failed);
  return failed;
}

Failure WireProvider::refusal(const UpstreamError& error) const {
  Failure failed;
  failed.failure_class = classify(error, codec_->errors());
  failed.http_status = error.status;
  failed.code = error.code.empty() ? error.type : error.code;
  failed.retry_after = error.retry_after;
  failed.message = "the upstream answered " + std::to_string(failed.http_status);
  if (!error.message.empty()) failed.message += ": " + error.message;
  return failed;
}

void WireProvider::make_presentable(Failure& failure) const {
  failure.message = presentable(failure.message, config_.api_key.reveal());
  failure.code = presentable(failure.code, config_.api_key.reveal()).substr(0, 100);
  failure.request_id = presentable(failure.request_id, config_.api_key.reveal()).substr(0, 128);
}

}  // namespace taskgate::providers
