#include "support/test_certificates.hpp"
#include "unit/net/server_fixture.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <filesystem>
#include <string>

namespace taskgate::net {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::RawTransport;

/// Certificate and key as the two files that the server reads.
class HttpTlsTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    std::string pattern = (std::filesystem::temp_directory_path() / "taskgate-tls-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    auto context = certificates_.server_context(test::LeafOptions());
    options_.tls_certificate_file = folder_ / "certificate.pem";
    options_.tls_private_key_file = folder_ / "key.pem";
    std::FILE* file = std::fopen(options_.tls_certificate_file.c_str(), "w");
    PEM_write_X509(file, SSL_CTX_get0_certificate(context.native_handle()));
    std::fclose(file);
    file = std::fopen(options_.tls_private_key_file.c_str(), "w");
    PEM_write_PrivateKey(file, SSL_CTX_get0_privatekey(context.native_handle()), nullptr, nullptr,
                         0, nullptr, nullptr);
    std::fclose(file);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  test::TestCertificates certificates_;
  std::filesystem::path folder_;
};

/// How a handshake with these settings ends.
class Handshake {
 public:
  explicit Handshake(std::uint16_t port)
      : client_(port), context_(SSL_CTX_new(TLS_client_method())) {}
  ~Handshake() {
    if (ssl_) SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  SSL_CTX* context() { return context_; }
  bool connect(const std::string& alpn = "") {
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, client_.fd());
    if (!alpn.empty()) {
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(alpn.data()),
                          static_cast<unsigned>(alpn.size()));
    }
    return SSL_connect(ssl_) == 1;
  }
  std::string chosen_protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
  }

 private:
  RawClient client_;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
};

TEST_F(HttpTlsTest, ServesRequestsAndStreamsOverTls) {
  start();
  RawClient client(port(), RawTransport::tls);

  client.send(kHelloRequest);
  EXPECT_EQ(client.read_response()->body, "hello x");
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n" + kHelloRequest);
  EXPECT_EQ(client.read_response()->body, "one\ntwo\n");
  EXPECT_EQ(client.read_response()->body, "hello x");
  client.send("GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read_response()->body.size(), 8U << 20);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpTlsTest, ARefusalArrivesBeforeTheClose) {
  start();
  RawClient client(port(), RawTransport::tls);

  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 30000\r\n\r\n" +
              std::string(30'000, 'x'));

  EXPECT_EQ(client.read_response()->status, 413U);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpTlsTest, AVanishedClientCancelsTheStream) {
  start();
  RawClient client(port(), RawTransport::tls);
  client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  client.read_stream_head();

  client.close();

  EXPECT_TRUE(stream_ended_.wait());
  EXPECT_TRUE(open_becomes(0));
}

TEST_F(HttpTlsTest, RefusesOldProtocolsAndWeakCiphers) {
  start();
  Handshake old(port());
  SSL_CTX_set_min_proto_version(old.context(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old.context(), TLS1_1_VERSION);
  SSL_CTX_set_cipher_list(old.context(), "ALL:@SECLEVEL=0");
  Handshake weak(port());
  SSL_CTX_set_max_proto_version(weak.context(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(weak.context(), "ECDHE-ECDSA-AES128-SHA256");
  Handshake good(port());
  SSL_CTX_set_max_proto_version(good.context(), TLS1_2_VERSION);

  EXPECT_FALSE(old.connect());
  EXPECT_FALSE(weak.connect());
  EXPECT_TRUE(good.connect());
}

TEST_F(HttpTlsTest, NegotiatesHttp11OrNothing) {
  start();
  Handshake both(port());
  Handshake h2_only(port());

  EXPECT_TRUE(both.connect("\x02h2\x08http/1.1"));
  EXPECT_EQ(both.chosen_protocol(), "http/1.1");
  EXPECT_FALSE(h2_only.connect("\x02h2"));
}

TEST_F(HttpTlsTest, AStalledHandshakeIsCut) {
  options_.limits.header_timeout = 100ms;
  start();
  RawClient client(port());

  client.send("\x16\x03\x01");

  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(open_becomes(0));
}

TEST_F(HttpTlsTest, PlainTextOnTheTlsPortIsCut) {
  start();
  RawClient client(port());

  client.send(kHelloRequest);

  client.read_until_close();
  EXPECT_TRUE(open_becomes(0));
}

TEST_F(HttpTlsTest, TellsWhichFileIsUnusable) {
  options_.tls_private_key_file = folder_ / "missing.pem";
  HttpServer server(options_, router_, gate_, refuse);

  const auto started = server.start();

  ASSERT_FALSE(started.has_value());
  EXPECT_NE(started.error().message().find("missing.pem"), std::string::npos);
}

}  // namespace
}  // namespace taskgate::net
