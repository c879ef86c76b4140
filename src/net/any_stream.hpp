#pragma once
// One TCP connection, plain or TLS, behind one non-template class, so that a session is compiled
// once. Not thread-safe: a connection belongs to one thread.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <tuple>

namespace boost::asio::ssl {
class context;
template <typename Stream>
class stream;
}  // namespace boost::asio::ssl

namespace taskgate::net {

/// What one read or write did: error and byte count, as Asio's own operations give them. No
/// coroutine stands between them and the session: every frame of an idle connection is memory.
using IoResult = std::tuple<boost::system::error_code, std::size_t>;

/// Up to three pieces written as one (head, body; chunk size, bytes, line end). Empty ones are
/// fine.
using WriteBuffers = std::array<boost::asio::const_buffer, 3>;

/// Cuts `count` bytes off the front.
void advance(WriteBuffers& buffers, std::size_t count);

/// Is told of a read that no coroutine waits for.
class ReadListener {
 public:
  virtual void on_read(boost::system::error_code ec, std::size_t bytes) = 0;

 protected:
  ~ReadListener() = default;
};

class AnyStream {
 public:
  /// `tls`: null for plain; else outlives the stream.
  AnyStream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);
  ~AnyStream();
  AnyStream(const AnyStream&) = delete;
  AnyStream& operator=(const AnyStream&) = delete;

  bool is_tls() const noexcept { return tls_ != nullptr; }
  /// The TCP socket below.
  boost::asio::ip::tcp::socket& socket() noexcept { return socket_; }

  /// The server's side of the handshake.
  boost::asio::awaitable<boost::system::error_code> handshake();
  boost::asio::awaitable<IoResult> read_some(boost::asio::mutable_buffer buffer);
  /// The same without a coroutine; `listener` and the buffer live until it is told.
  void read_some(boost::asio::mutable_buffer buffer, ReadListener& listener);
  boost::asio::awaitable<IoResult> write_some(const WriteBuffers& buffers);
  /// What fits into the socket at once, without suspending; 0 for TLS or when nothing fits.
  IoResult try_write(const WriteBuffers& buffers);
  /// No more writes: FIN, after TLS's close_notify (which waits for the peer's).
  boost::asio::awaitable<void> shutdown();
  /// Ends every operation under way with operation_aborted. The stream stays usable.
  void cancel();

 private:
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
};

}  // namespace taskgate::net
