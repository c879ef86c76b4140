#include "net/tls_client.hpp"

#include <boost/asio/ip/address.hpp>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace taskgate::net {

namespace ssl = boost::asio::ssl;

TlsClientContext::TlsClientContext(std::string ca_file) : ca_file_(std::move(ca_file)) {
  if (!ca_file_.empty()) std::call_once(once_, [this] { load(); });
}

ssl::context& TlsClientContext::get() {
  std::call_once(once_, [this] { load(); });
  return *context_;
}

void TlsClientContext::load() {
  ssl::context context(ssl::context::tls_client);
  SSL_CTX* raw = context.native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);  // an idle pooled connection keeps no buffers
  constexpr std::array<unsigned char, 9> kProtocols{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(raw, kProtocols.data(), kProtocols.size());
  context.set_verify_mode(ssl::verify_peer);
  boost::system::error_code failed;
  if (ca_file_.empty()) {
    context.set_default_verify_paths(failed);
  } else {
    context.load_verify_file(ca_file_, failed);
  }
  if (failed) {
    throw std::runtime_error("cannot load the CA certificates of " +
                             (ca_file_.empty() ? "the system" : ca_file_) + ": " +
                             failed.message());
  }
  context_.emplace(std::move(context));
}

bool prepare_client_handshake(SSL* connection, const std::string& host) {
  X509_VERIFY_PARAM* verify = SSL_get0_param(connection);
  boost::system::error_code not_address;
  boost::asio::ip::make_address(host, not_address);
  // RFC 6066 §3: no literal addresses in SNI. A certificate must then name the address itself.
  if (!not_address) return X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(verify, host.c_str(), host.size()) == 1 &&
         SSL_set_tlsext_host_name(connection, host.c_str()) == 1;
}

}  // namespace taskgate::net
