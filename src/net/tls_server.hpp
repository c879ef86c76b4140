#pragma once
// The server's TLS settings.

#include "taskgate/core/result.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace taskgate::net {

/// TLS 1.2 and 1.3, ECDHE with AEAD ciphers only, the server's order, ALPN http/1.1, no session
/// resumption (a ticket key that lives as long as the process would undo forward secrecy).
/// Errors: Errc::invalid_argument, naming the file.
Result<std::unique_ptr<boost::asio::ssl::context>> make_server_tls(
    const std::string& certificate_file, const std::string& private_key_file);

}  // namespace taskgate::net
