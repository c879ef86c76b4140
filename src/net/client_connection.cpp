#include "net/client_connection.hpp"

#include "net/tls_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace taskgate::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto kClientNothrow = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBufferBytes = 16 * 1024;  // a TLS record's payload, RFC 8446 §5.1

}  // namespace

asio::awaitable<void> throw_if_cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
}

ClientConnection::ClientConnection(const asio::any_io_executor& executor, std::string origin)
    : socket_(executor), origin_(std::move(origin)) {}

void ClientConnection::connected_to(const asio::ip::tcp::endpoint& peer) {
  peer_ = peer;
  error_code ignored;  // a socket without these options still works
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
}

asio::awaitable<error_code> ClientConnection::handshake(asio::ssl::context& context,
                                                        const std::string& host) {
  tls_.emplace(socket_, context);
  if (!prepare_client_handshake(tls_->native_handle(), host)) co_return asio::error::no_memory;
  auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kClientNothrow);
  co_await throw_if_cancelled();
  co_return error;
}

std::string ClientConnection::verify_failure() const {
  if (!tls_) return {};
  // native_handle() is not const, the handle is only asked.
  auto* handle = const_cast<asio::ssl::stream<asio::ip::tcp::socket&>&>(*tls_).native_handle();
  const long result = SSL_get_verify_result(handle);
  return result == X509_V_OK ? std::string() : X509_verify_cert_error_string(result);
}

asio::awaitable<SocketResult> ClientConnection::write_some(std::string_view bytes) {
  const asio::const_buffer source(bytes.data(), bytes.size());
  if (tls_) {
    auto [error, count] = co_await tls_->async_write_some(source, kClientNothrow);
    co_await throw_if_cancelled();
    co_return SocketResult(error, count);
  }
  auto [error, count] = co_await socket_.async_write_some(source, kClientNothrow);
  co_await throw_if_cancelled();
  co_return SocketResult(error, count);
}

asio::awaitable<SocketResult> ClientConnection::fill() {
  if (!buffer_) reserve(kReadBufferBytes);
  if (begin_ != 0 && end_ == capacity_) reserve(capacity_);
  const asio::mutable_buffer space(buffer_.get() + end_, capacity_ - end_);
  if (tls_) {
    auto [error, count] = co_await tls_->async_read_some(space, kClientNothrow);
    co_await throw_if_cancelled();
    end_ += count;
    co_return SocketResult(error, count);
  }
  auto [error, count] = co_await socket_.async_read_some(space, kClientNothrow);
  co_await throw_if_cancelled();
  end_ += count;
  co_return SocketResult(error, count);
}

void ClientConnection::use(std::size_t bytes) noexcept {
  begin_ += bytes;
  if (begin_ == end_) begin_ = end_ = 0;
}

void ClientConnection::reserve(std::size_t bytes) {
  const std::size_t unread_bytes = end_ - begin_;
  if (bytes > capacity_) {
    std::unique_ptr<char[]> larger(new char[bytes]);  // not make_unique: it would zero it
    if (unread_bytes != 0) std::memcpy(larger.get(), buffer_.get() + begin_, unread_bytes);
    buffer_ = std::move(larger);
    capacity_ = bytes;
  } else if (unread_bytes != 0 && begin_ != 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, unread_bytes);
  }
  begin_ = 0;
  end_ = unread_bytes;
}

bool ClientConnection::is_quiet() noexcept {
  if (!socket_.is_open()) return false;
  char byte = 0;
  const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void ClientConnection::release_buffer() noexcept {
  buffer_.reset();
  capacity_ = begin_ = end_ = 0;
}

}  // namespace taskgate::net
