#pragma once
// The client's side of TLS: at least 1.2, the peer's chain and host name always verified.

#include <boost/asio/ssl/context.hpp>

#include <openssl/types.h>

#include <mutex>
#include <optional>
#include <string>

namespace taskgate::net {

/// Thread-safe. The system's store is read with the first connection: it is large.
class TlsClientContext {
 public:
  /// Throws std::runtime_error when `ca_file` is set and cannot be loaded.
  explicit TlsClientContext(std::string ca_file);
  boost::asio::ssl::context& get();

 private:
  void load();
  std::string ca_file_;
  std::once_flag once_;
  std::optional<boost::asio::ssl::context> context_;
};

/// Before the handshake: SNI and the name (or address) that the certificate must be for. False: out
/// of memory or a malformed name.
bool prepare_client_handshake(SSL* connection, const std::string& host);

}  // namespace taskgate::net
