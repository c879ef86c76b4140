#include "support/test_certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace taskgate::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

constexpr long kDay = 24L * 3600;

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("test certificate: ") + what);
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  require(key != nullptr, "key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  require(extension != nullptr, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate make_certificate(EVP_PKEY* key, const char* name, long from, long until) {
  static long serial = 1;
  Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return certificate;
}

std::string to_pem(X509* certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
  require(PEM_write_bio_X509(memory.get(), certificate) == 1, "PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

struct TestCertificates::Impl {
  Key key = make_key();
  Certificate authority = make_certificate(key.get(), "taskgate test authority", -kDay, kDay);
  std::string file;
};

TestCertificates::TestCertificates() : impl_(std::make_unique<Impl>()) {
  X509* authority = impl_->authority.get();
  X509_set_issuer_name(authority, X509_get_subject_name(authority));
  add_extension(authority, authority, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(authority, authority, NID_key_usage, "critical,keyCertSign");
  add_extension(authority, authority, NID_subject_key_identifier, "hash");
  require(X509_sign(authority, impl_->key.get(), EVP_sha256()) != 0, "signature");

  impl_->file = (std::filesystem::temp_directory_path() / "taskgate-ca-XXXXXX").string();
  const int descriptor = ::mkstemp(impl_->file.data());
  require(descriptor >= 0, "temporary file");
  const std::string pem = to_pem(authority);
  const auto written = ::write(descriptor, pem.data(), pem.size());
  ::close(descriptor);
  require(written == static_cast<ssize_t>(pem.size()), "temporary file");
}

TestCertificates::~TestCertificates() {
  std::error_code ignored;
  std::filesystem::remove(impl_->file, ignored);
}

const std::string& TestCertificates::ca_file() const {
  return impl_->file;
}

boost::asio::ssl::context TestCertificates::server_context(const LeafOptions& options) const {
  const Key key = make_key();
  const long until = options.expired ? -kDay : kDay;
  const Certificate leaf = make_certificate(key.get(), "taskgate test server", -2 * kDay, until);
  X509* issuer = options.self_signed ? leaf.get() : impl_->authority.get();
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(issuer));
  add_extension(leaf.get(), issuer, NID_subject_alt_name, options.names);
  add_extension(leaf.get(), issuer, NID_ext_key_usage, "serverAuth");
  EVP_PKEY* signer = options.self_signed ? key.get() : impl_->key.get();
  require(X509_sign(leaf.get(), signer, EVP_sha256()) != 0, "signature");

  boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
  require(SSL_CTX_use_certificate(context.native_handle(), leaf.get()) == 1, "leaf");
  require(SSL_CTX_use_PrivateKey(context.native_handle(), key.get()) == 1, "leaf key");
  return context;
}

}  // namespace taskgate::test
