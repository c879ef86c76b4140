#include "net/any_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace asio = boost::asio;
using boost::system::error_code;

namespace taskgate::net {
namespace {

constexpr auto nothrow = asio::as_tuple(asio::use_awaitable);

}  // namespace

void advance(WriteBuffers& buffers, std::size_t count) {
  for (auto& buffer : buffers) {
    const std::size_t cut = std::min(count, buffer.size());
    buffer += cut;
    count -= cut;
  }
}

AnyStream::AnyStream(asio::ip::tcp::socket socket, asio::ssl::context* tls)
    : socket_(std::move(socket)) {
  error_code ignored;  // fails only on a dead socket, which the first read will tell
  socket_.non_blocking(true, ignored);
  if (tls) tls_ = std::make_unique<asio::ssl::stream<asio::ip::tcp::socket&>>(socket_, *tls);
}

AnyStream::~AnyStream() = default;

asio::awaitable<error_code> AnyStream::handshake() {
  auto [ec] = co_await tls_->async_handshake(asio::ssl::stream_base::server, nothrow);
  co_return ec;
}

asio::awaitable<IoResult> AnyStream::read_some(asio::mutable_buffer buffer) {
  if (tls_) return tls_->async_read_some(buffer, nothrow);
  return socket_.async_read_some(buffer, nothrow);
}

void AnyStream::read_some(asio::mutable_buffer buffer, ReadListener& listener) {
  const auto tell = [&listener](error_code ec, std::size_t bytes) { listener.on_read(ec, bytes); };
  if (tls_) {
    tls_->async_read_some(buffer, tell);
  } else {
    socket_.async_read_some(buffer, tell);
  }
}

asio::awaitable<IoResult> AnyStream::write_some(const WriteBuffers& buffers) {
  if (tls_) return tls_->async_write_some(buffers, nothrow);
  return socket_.async_write_some(buffers, nothrow);
}

IoResult AnyStream::try_write(const WriteBuffers& buffers) {
  error_code ec;
  if (tls_) return IoResult(ec, 0);
  const std::size_t bytes = socket_.write_some(buffers, ec);
  if (ec == asio::error::would_block) ec = {};
  return IoResult(ec, bytes);
}

asio::awaitable<void> AnyStream::shutdown() {
  error_code ignored;  // a peer that is gone needs no goodbye
  if (tls_) {
    auto [ec] = co_await tls_->async_shutdown(nothrow);
    ignored = ec;
  }
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void AnyStream::cancel() {
  error_code ignored;  // nothing is under way on a closed socket
  socket_.cancel(ignored);
}

}  // namespace taskgate::net
