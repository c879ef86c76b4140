#include "providers/openai_chat.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace taskgate::providers {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kMaxErrorBody = 64 * 1024;
constexpr std::size_t kMaxWholeBody = 32U << 20;
constexpr std::chrono::milliseconds kDrainPatience{50};

std::string upstream_request_id(const net::Headers& headers) {
  for (const char* name : {"x-request-id", "request-id", "apim-request-id"}) {
    if (const auto value = headers.find(name)) return std::string(value->substr(0, 128));
  }
  return {};
}

bool has_type(const net::ClientStream& stream, std::string_view type) {
  const auto value = stream.headers().find("content-type");
  if (!value || value->size() < type.size()) return false;
  return std::equal(type.begin(), type.end(), value->begin(), [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
  });
}

}  // namespace

std::string chat_completions_url(std::string_view base_url) {
  const std::size_t query = std::min(base_url.find('?'), base_url.size());
  std::string_view path = base_url.substr(0, query);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  std::string url(path);
  url.append("/chat/completions").append(base_url.substr(query));
  return url;
}

ChatDialect dialect_of(const ProviderConfig& config) {
  ChatDialect dialect;
  dialect.structured_output = config.structured_output;
  const auto on_host = [&](const char* host) {
    return config.base_url.find(host) != std::string::npos;
  };
  if (!config.token_limit_field.empty()) {
    dialect.token_limit_field = config.token_limit_field;
  } else if (on_host("//api.openai.com") || on_host(".azure.com")) {
    dialect.token_limit_field = "max_completion_tokens";  // max_tokens is refused by o-series
  }
  return dialect;
}

OpenAiChat::OpenAiChat(ProviderConfig config, net::HttpClient& client, const Clock& clock)
    : config_(std::move(config)),
      dialect_(dialect_of(config_)),
      url_(chat_completions_url(config_.base_url)),
      client_(client),
      clock_(clock) {}

asio::awaitable<TurnOutcome> OpenAiChat::stream(ModelRequest request, DeltaSink& sink) {
  const auto start = SteadyClock::now();
  net::ClientRequest http = make_request(request);
  auto opened = co_await client_.open(std::move(http));
  if (!opened) co_return transport_failure(opened.error(), FailureClass::connect);
  const std::unique_ptr<net::ClientStream> stream = std::move(*opened);
  if (stream->status() < 200 || stream->status() > 299) {
    const std::string body = co_await read_body(*stream, kMaxErrorBody);
    co_return refusal(*stream, read_error_body(static_cast<int>(stream->status()), body));
  }
  if (has_type(*stream, "application/json")) co_return co_await read_whole(*stream, sink);
  if (has_type(*stream, "text/html")) {
    Failure failed;
    failed.failure_class = FailureClass::malformed;
    failed.http_status = static_cast<int>(stream->status());
    failed.message = "the upstream answered with a web page";
    co_return failed;
  }
  auto outcome = co_await read_stream(*stream, sink, start);
  co_return outcome;
}

net::ClientRequest OpenAiChat::make_request(const ModelRequest& request) const {
  net::ClientRequest http;
  http.method = net::Method::post;
  http.url = url_;
  http.timeouts = config_.timeouts;
  http.headers.add("Content-Type", "application/json");
  http.headers.add("Accept", "text/event-stream");
  if (!config_.api_key.empty()) {
    http.headers.add("Authorization", "Bearer " + std::string(config_.api_key.reveal()));
  }
  // OpenAI logs it; everybody else ignores it.
  if (!request.task_id.empty()) http.headers.add("X-Client-Request-Id", request.task_id);
  for (const auto& [name, value] : config_.headers) http.headers.add(name, value);
  http.body = encode_chat_request(request, dialect_);
  return http;
}

asio::awaitable<TurnOutcome> OpenAiChat::read_stream(net::ClientStream& stream,
                                                     DeltaSink& sink,
                                                     SteadyClock::time_point start) {
  net::SseParser parser;
  OpenAiChatDecoder decoder(sink);
  std::optional<Failure> broken;
  std::optional<std::chrono::milliseconds> first_token;
  while (!decoder.done()) {
    const auto piece = co_await stream.read();
    auto status = net::SseParser::Status::ok;
    if (piece && !piece->empty()) {
      status = parser.feed(*piece, decoder);
    } else {
      if (!piece) broken = transport_failure(piece.error(), FailureClass::stream_cut);
      status = parser.finish(decoder);
    }
    if (status != net::SseParser::Status::ok) decoder.fail("an event of the stream is too large");
    if (!first_token && decoder.has_output()) {
      first_token =
          std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - start);
    }
    if (!piece || piece->empty()) break;
    if (sink.full()) co_await sink.drained();
  }
  // The framing's last bytes tend to come in the same packet; without them no reuse.
  if (decoder.saw_terminal() && !broken) co_await stream.drain(kDrainPatience);

  TurnOutcome outcome = decoder.finish(std::move(broken));
  if (ModelTurn* turn = outcome.turn()) turn->first_token = first_token;
  co_return with_headers(std::move(outcome), stream.headers());
}

// Asked for a stream, answered with one JSON document: an error, or a server that cannot stream.
asio::awaitable<TurnOutcome> OpenAiChat::read_whole(net::ClientStream& stream, DeltaSink& sink) {
  OpenAiChatDecoder decoder(sink);
  const std::string body = co_await read_body(stream, kMaxWholeBody);
  decoder.on_whole_body(body);
  if (const UpstreamError* error = decoder.upstream_error()) co_return refusal(stream, *error);
  co_return with_headers(decoder.finish(std::nullopt), stream.headers());
}

// What the response's head adds to an outcome.
TurnOutcome OpenAiChat::with_headers(TurnOutcome outcome, const net::Headers& headers) const {
  std::string request_id = upstream_request_id(headers);
  if (ModelTurn* turn = outcome.turn()) {
    if (!request_id.empty()) turn->request_id = std::move(request_id);
    return outcome;
  }
  Failure failed = *outcome.failure();
  if (!request_id.empty()) failed.request_id = std::move(request_id);
  failed.retry_after = retry_after(headers, failed.failure_class, clock_.now());
  make_presentable(failed);
  return failed;
}

// What can be had of a body; a cut or an overlong one is judged by what came.
asio::awaitable<std::string> OpenAiChat::read_body(net::ClientStream& stream, std::size_t limit) {
  std::string body;
  while (body.size() < limit) {
    const auto piece = co_await stream.read();
    if (!piece || piece->empty()) break;
    body.append(piece->substr(0, limit - body.size()));
  }
  co_return body;
}

Failure OpenAiChat::transport_failure(const Error& error, FailureClass unavailable) const {
  Failure failed;
  failed.message = error.message();
  switch (error.code()) {
    case Errc::timeout:
      failed.failure_class = FailureClass::timeout;
      break;
    case Errc::upstream_unavailable:
      failed.failure_class = unavailable;
      break;
    default:  // the URL, a header field, the address policy: ours to correct
      failed.failure_class = FailureClass::caller;
  }
  make_presentable(failed);
  return failed;
}

Failure OpenAiChat::refusal(const net::ClientStream& stream, const UpstreamError& error) const {
  Failure failed;
  failed.failure_class = classify(error);
  failed.http_status = error.status != 0 ? error.status : static_cast<int>(stream.status());
  failed.code = error.code.empty() ? error.type : error.code;
  failed.request_id = upstream_request_id(stream.headers());
  failed.retry_after = retry_after(stream.headers(), failed.failure_class, clock_.now());
  failed.message = "the upstream answered " + std::to_string(failed.http_status);
  if (!error.message.empty()) failed.message += ": " + error.message;
  make_presentable(failed);
  return failed;
}

void OpenAiChat::make_presentable(Failure& failure) const {
  failure.message = presentable(failure.message, config_.api_key.reveal());
  failure.code = presentable(failure.code, config_.api_key.reveal()).substr(0, 100);
  failure.request_id = presentable(failure.request_id, config_.api_key.reveal()).substr(0, 128);
}

}  // namespace taskgate::providers
