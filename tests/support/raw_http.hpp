#pragma once
// A blocking HTTP client that sends exactly the bytes it is given and reads what comes back: for
// tests of servers, hostile ones included. Every wait ends after ten seconds at the latest.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::test {

struct RawResponse {
  unsigned status = 0;
  std::string version;  ///< "HTTP/1.1"
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;       ///< de-chunked
  bool complete = false;  ///< the body ended as its framing says, not by a cut

  /// The first field of that name, or "".
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key.size() == name.size() && ::strncasecmp(key.data(), name.data(), name.size()) == 0) {
        return value;
      }
    }
    return std::string();
  }
};

enum class RawTransport { plain, tls };

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, RawTransport transport = RawTransport::plain)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) throw std::runtime_error("socket");
    const timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (port != 0) connect(port);
    if (transport == RawTransport::tls) start_tls();
  }
  ~RawClient() {
    close();
    if (context_) ::SSL_CTX_free(context_);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// For a client made with port 0, whose socket exists but is not connected.
  void connect(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      close();  // a constructor that throws has no destructor
      throw std::runtime_error("connect");
    }
  }

  /// False when the server is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ssl_ ? ::SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                             : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// One response; interim ones (100) count. Nullopt when the connection ends before its head is
  /// there. `bodiless`: it answers a HEAD.
  std::optional<RawResponse> read_response(bool bodiless = false) {
    std::size_t end = 0;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill()) return std::nullopt;
    }
    RawResponse response = parse_head(std::string_view(in_).substr(0, end + 2));
    in_.erase(0, end + 4);
    const bool none =
        bodiless || response.status < 200 || response.status == 204 || response.status == 304;
    if (none) {
      response.complete = true;
    } else if (response.header("Transfer-Encoding") == "chunked") {
      read_chunks(response);
    } else if (!response.header("Content-Length").empty()) {
      read_length(response);
    } else {
      while (fill()) {
      }
      response.body = std::exchange(in_, std::string());
      response.complete = true;
    }
    return response;
  }

  /// The next chunk of a chunked response read so far with read_stream_head(); "" at its end.
  std::optional<std::string> read_chunk() {
    const auto size_line = read_line();
    if (!size_line) return std::nullopt;
    const auto size = std::strtoull(size_line->c_str(), nullptr, 16);
    while (in_.size() < size + 2) {
      if (!fill()) return std::nullopt;
    }
    std::string chunk = in_.substr(0, size);
    in_.erase(0, size + 2);
    return chunk;
  }

  /// Only the head: the body is then read with read_chunk() or read_until_close().
  std::optional<RawResponse> read_stream_head() {
    std::size_t end = 0;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill()) return std::nullopt;
    }
    RawResponse response = parse_head(std::string_view(in_).substr(0, end + 2));
    in_.erase(0, end + 4);
    return response;
  }

  /// Everything up to the end of the connection.
  std::string read_until_close() {
    while (fill()) {
    }
    return std::exchange(in_, std::string());
  }

  /// True when the server ends the connection and sends nothing more before.
  bool is_closed() { return read_until_close().empty() && !timed_out_; }

  void shutdown_send() { ::shutdown(fd_, SHUT_WR); }
  /// As a vanishing client does it: with a reset.
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }
  void close() {
    if (ssl_) ::SSL_free(ssl_);
    ssl_ = nullptr;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }
  SSL* ssl() const { return ssl_; }

 private:
  void start_tls() {
    context_ = ::SSL_CTX_new(::TLS_client_method());
    ssl_ = ::SSL_new(context_);
    ::SSL_set_fd(ssl_, fd_);
    if (::SSL_connect(ssl_) != 1) throw std::runtime_error("TLS handshake");
  }

  bool fill() {
    char buffer[16384];
    const auto got =
        ssl_ ? ::SSL_read(ssl_, buffer, sizeof buffer) : ::recv(fd_, buffer, sizeof buffer, 0);
    timed_out_ = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (got <= 0) return false;
    in_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  std::optional<std::string> read_line() {
    std::size_t end = 0;
    while ((end = in_.find("\r\n")) == std::string::npos) {
      if (!fill()) return std::nullopt;
    }
    std::string line = in_.substr(0, end);
    in_.erase(0, end + 2);
    return line;
  }

  static RawResponse parse_head(std::string_view head) {
    RawResponse response;
    bool first = true;
    while (!head.empty()) {
      const auto end = head.find("\r\n");
      const std::string_view line = head.substr(0, end);
      head.remove_prefix(end + 2);
      if (first) {
        response.version = std::string(line.substr(0, 8));
        response.status = static_cast<unsigned>(
            std::strtoul(std::string(line.substr(9, 3)).c_str(), nullptr, 10));
        first = false;
        continue;
      }
      const auto colon = line.find(':');
      if (colon == std::string_view::npos) throw std::runtime_error("malformed response field");
      auto value = line.substr(colon + 1);
      while (!value.empty() && value[0] == ' ') value.remove_prefix(1);
      response.headers.emplace_back(line.substr(0, colon), value);
    }
    return response;
  }

  void read_chunks(RawResponse& response) {
    for (;;) {
      auto chunk = read_chunk();
      if (!chunk) return;
      if (chunk->empty()) break;
      response.body += *chunk;
    }
    response.complete = true;
  }

  void read_length(RawResponse& response) {
    const auto size = std::strtoull(response.header("Content-Length").c_str(), nullptr, 10);
    while (in_.size() < size && fill()) {
    }
    response.complete = in_.size() >= size;
    response.body = in_.substr(0, std::min<std::size_t>(size, in_.size()));
    in_.erase(0, response.body.size());
  }

  int fd_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::string in_;
  bool timed_out_ = false;
};

/// The one response to one request on a connection of its own.
inline std::optional<RawResponse> exchange(std::uint16_t port, std::string_view request) {
  RawClient client(port);
  if (!client.send(request)) return std::nullopt;
  return client.read_response();
}

}  // namespace taskgate::test
