#pragma once
// One TCP connection of the client, plain or TLS, with the bytes read from it and not yet used.

#include "taskgate/net/http_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::net {

/// What a socket operation came to. Has a constructor: used beside co_await (GCC PR 107288).
struct SocketResult {
  SocketResult(boost::system::error_code e, std::size_t n) : error(e), bytes(n) {}
  boost::system::error_code error;
  std::size_t bytes;
};

/// Belongs to one exchange at a time. Operations resume on the caller's strand; when the caller is
/// cancelled they throw operation_aborted.
class ClientConnection {
 public:
  ClientConnection(const boost::asio::any_io_executor& executor, std::string origin);

  const std::string& origin() const noexcept { return origin_; }
  boost::asio::ip::tcp::socket& socket() noexcept { return socket_; }
  const boost::asio::ip::tcp::endpoint& peer() const noexcept { return peer_; }

  /// The socket has been connected; `peer` is what an address policy judges when the connection is
  /// taken from the pool again. Through a tunnel it is the tunnel's far end.
  void connected_to(const boost::asio::ip::tcp::endpoint& peer);
  void tunnelled_to(const boost::asio::ip::tcp::endpoint& peer) { peer_ = peer; }
  /// Why the peer's certificate was refused, after a failed handshake; else empty.
  std::string verify_failure() const;
  boost::asio::awaitable<boost::system::error_code> handshake(boost::asio::ssl::context& context,
                                                              const std::string& host);

  /// Writes some of `bytes`.
  boost::asio::awaitable<SocketResult> write_some(std::string_view bytes);
  /// Reads what is there into the free end of the buffer.
  boost::asio::awaitable<SocketResult> fill();

  /// The bytes read and not yet used.
  std::string_view unread() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }
  char* unread_data() noexcept { return buffer_.get() + begin_; }
  void use(std::size_t bytes) noexcept;
  /// Makes the buffer this large at least; keeps what is unread. For heads.
  void reserve(std::size_t bytes);

  /// Nothing has happened on it while it was idle: no close by the peer, no stray bytes.
  bool is_quiet() noexcept;
  /// Gives the buffer back while the connection rests in the pool.
  void release_buffer() noexcept;

 private:
  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  boost::asio::ip::tcp::endpoint peer_;
  std::string origin_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// Throws operation_aborted when the calling coroutine has been cancelled.
boost::asio::awaitable<void> throw_if_cancelled();

}  // namespace taskgate::net
