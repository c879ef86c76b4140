#include "net/tls_server.hpp"

#include <openssl/ssl.h>

#include <string_view>

namespace asio = boost::asio;

namespace taskgate::net {
namespace {

constexpr const char* kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/// RFC 7301: a client that offers protocols, but not ours, is told so instead of served.
int choose_http11(SSL* /*ssl*/,
                  const unsigned char** out,
                  unsigned char* out_size,
                  const unsigned char* offered,
                  unsigned int offered_size,
                  void* /*unused*/) {
  constexpr std::string_view kOurs = "http/1.1";
  for (unsigned int at = 0; at < offered_size; at += 1U + offered[at]) {
    const unsigned int size = offered[at];
    if (at + 1 + size > offered_size) break;
    const std::string_view name(reinterpret_cast<const char*>(offered) + at + 1, size);
    if (name != kOurs) continue;
    *out = offered + at + 1;
    *out_size = static_cast<unsigned char>(size);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void restrict_protocol(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // idle connections give their buffers back
  SSL_CTX_set_cipher_list(context, kTls12Ciphers);
  SSL_CTX_set_alpn_select_cb(context, choose_http11, nullptr);
}

Error unusable(const std::string& file, const boost::system::error_code& why) {
  return Error(Errc::invalid_argument, "cannot use " + file + ": " + why.message());
}

}  // namespace

Result<std::unique_ptr<asio::ssl::context>> make_server_tls(const std::string& certificate_file,
                                                            const std::string& private_key_file) {
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  boost::system::error_code ec;
  restrict_protocol(context->native_handle());
  context->use_certificate_chain_file(certificate_file, ec);
  if (ec) return unusable(certificate_file, ec);
  context->use_private_key_file(private_key_file, asio::ssl::context::pem, ec);
  if (ec) return unusable(private_key_file, ec);
  if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
    return Error(Errc::invalid_argument,
                 "the key in " + private_key_file + " does not belong to " + certificate_file);
  }
  return context;
}

}  // namespace taskgate::net
