#include "taskgate/net/http_client.hpp"

#include "net/client_exchange.hpp"
#include "net/client_shared.hpp"

#include <boost/asio/this_coro.hpp>

#include <charconv>
#include <utility>

namespace taskgate::net {

namespace asio = boost::asio;

struct HttpClient::Impl {
  Impl(asio::any_io_executor executor, ClientOptions options)
      : shared(std::make_shared<ClientShared>(std::move(executor), std::move(options))) {}
  std::shared_ptr<ClientShared> shared;
};

namespace {

using Opened = Result<std::unique_ptr<ClientStream>>;

// By value: the coroutine may outlive the HttpClient that started it.
asio::awaitable<Opened> open_stream(std::shared_ptr<ClientShared> shared, ClientRequest request) {
  auto strand = co_await asio::this_coro::executor;
  ClientExchange exchange(std::move(shared), std::move(request), strand);
  auto opened = co_await exchange.run();
  co_return opened;
}

// What the response says its size is; 0 when it does not say.
std::uint64_t announced_length(const Headers& headers) {
  std::uint64_t length = 0;
  if (const auto value = headers.find("content-length")) {
    std::from_chars(value->data(), value->data() + value->size(), length);
  }
  return length;
}

asio::awaitable<Result<ClientResponse>> whole_exchange(std::shared_ptr<ClientShared> shared,
                                                       ClientRequest request) {
  const std::size_t limit = request.response_limit;
  const Method method = request.method;
  auto opened = co_await open_stream(std::move(shared), std::move(request));
  if (!opened) co_return opened.error();
  const std::unique_ptr<ClientStream> stream = std::move(*opened);
  ClientResponse response;
  response.status = stream->status();
  bool too_large = method != Method::head && announced_length(stream->headers()) > limit;
  while (!too_large) {
    auto piece = co_await stream->read();
    if (!piece) co_return piece.error();
    if (piece->empty()) break;
    too_large = response.body.size() + piece->size() > limit;
    if (!too_large) response.body.append(*piece);
  }
  if (too_large) co_return Error(Errc::too_large, "the upstream's response is too large");
  response.headers = stream->headers();
  response.timings = stream->timings();
  co_return response;
}

}  // namespace

HttpClient::HttpClient(asio::any_io_executor executor, ClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

HttpClient::~HttpClient() {
  close_idle();
}

asio::awaitable<Result<ClientResponse>> HttpClient::request(ClientRequest request) {
  return whole_exchange(impl_->shared, std::move(request));
}

asio::awaitable<Result<std::unique_ptr<ClientStream>>> HttpClient::open(ClientRequest request) {
  return open_stream(impl_->shared, std::move(request));
}

void HttpClient::close_idle() {
  impl_->shared->pool->clear();
}

}  // namespace taskgate::net
