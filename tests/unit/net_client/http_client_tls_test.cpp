#include "client_fixture.hpp"

namespace taskgate::net {
namespace {

class HttpClientTls : public HttpClientFixture {
 protected:
  HttpClientTls() { options_.ca_file = certificates().ca_file(); }

  static const test::TestCertificates& certificates() {
    static const test::TestCertificates shared;
    return shared;
  }
  static test::UpstreamOptions server(test::LeafOptions leaf) {
    test::UpstreamOptions options;
    options.certificates = &certificates();
    options.leaf = std::move(leaf);
    return options;
  }

  void expect_refused(const test::LeafOptions& leaf, const char* what) {
    SCOPED_TRACE(what);
    ScriptedUpstream upstream(server(leaf));
    upstream.enqueue(Reply::whole(200, "", "x"));

    ClientProgress progress;
    auto request = get(upstream.url());
    request.progress = &progress;
    const auto response = fetch(std::move(request));

    ASSERT_FALSE(response);
    EXPECT_FALSE(progress.request_left);
    EXPECT_EQ(response.error().code(), Errc::upstream_unavailable);
    EXPECT_NE(response.error().message().find("TLS"), std::string::npos)
        << response.error().message();
    EXPECT_TRUE(upstream.requests().empty()) << "nothing may be sent to whoever that is";
  }
};

TEST_F(HttpClientTls, TalksToAVerifiedServerAndReusesTheConnection) {
  ScriptedUpstream upstream(server({}));
  upstream.enqueue(Reply::sse({"one", "two"}));
  upstream.enqueue(Reply::whole(200, "", std::string(100'000, 'x')));

  const auto first = fetch(post(upstream.url() + "/a", "body"));
  const auto second = fetch(get("https://127.0.0.1:" + std::to_string(upstream.port()) + "/b"));

  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(first->body, "onetwo");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->body.size(), 100'000U);
  EXPECT_EQ(upstream.connections(), 1U);
}

TEST_F(HttpClientTls, VerifiesAHostName) {
  ScriptedUpstream upstream(server({}));
  upstream.enqueue(Reply::whole(200, "", "x"));

  EXPECT_TRUE(fetch(get("https://localhost:" + std::to_string(upstream.port()) + "/")));
}

TEST_F(HttpClientTls, TellsWhatEachStepTook) {
  ScriptedUpstream upstream(server({}));
  upstream.otherwise([](const test::SeenRequest&) { return Reply::whole(200, "", "x"); });
  const std::string url = "https://localhost:" + std::to_string(upstream.port()) + "/";

  const auto fresh = fetch(get(url));
  const auto reused = fetch(get(url));

  ASSERT_TRUE(fresh && reused);
  const ClientTimings& first = fresh->timings;
  ASSERT_TRUE(first.dns && first.connect && first.tls && first.connected);
  EXPECT_GT(first.tls->count(), 0);
  EXPECT_LE(*first.dns + *first.connect + *first.tls, *first.connected);
  EXPECT_LE(*first.connected, first.first_byte);
  const ClientTimings& second = reused->timings;
  EXPECT_FALSE(second.dns || second.connect || second.tls || second.connected);
  EXPECT_GT(second.first_byte.count(), 0);
}

TEST_F(HttpClientTls, RefusesEveryCertificateItCannotTrust) {
  test::LeafOptions wrong_host;
  wrong_host.names = "DNS:other.example";
  test::LeafOptions expired;
  expired.expired = true;
  test::LeafOptions self_signed;
  self_signed.self_signed = true;

  expect_refused(wrong_host, "wrong host");
  expect_refused(expired, "expired");
  expect_refused(self_signed, "self-signed");
}

TEST_F(HttpClientTls, TheSystemStoreDoesNotKnowAPrivateAuthority) {
  options_.ca_file.clear();

  expect_refused({}, "unknown authority");
}

TEST_F(HttpClientTls, ANameDoesNotStandForAnother) {
  test::LeafOptions only_address;
  only_address.names = "IP:127.0.0.1";
  ScriptedUpstream upstream(server(only_address));
  upstream.enqueue(Reply::whole(200, "", "x"));

  EXPECT_FALSE(fetch(get("https://localhost:" + std::to_string(upstream.port()) + "/")));
  EXPECT_TRUE(fetch(get(upstream.url())));
}

TEST_F(HttpClientTls, PlainTextOnATlsPortAndTheReverseFail) {
  ScriptedUpstream plain;
  timeouts_.first_byte = 300ms;
  timeouts_.connect = 300ms;
  plain.otherwise([](const test::SeenRequest&) { return Reply::whole(200, "", "x"); });
  ScriptedUpstream secure(server({}));

  EXPECT_FALSE(fetch(get("https://127.0.0.1:" + std::to_string(plain.port()) + "/")));
  EXPECT_FALSE(fetch(get("http://127.0.0.1:" + std::to_string(secure.port()) + "/")));
}

TEST_F(HttpClientTls, AHandshakeThatStallsTimesOut) {
  ScriptedUpstream upstream;  // reads a head, which a ClientHello is not, and never answers
  timeouts_.connect = 80ms;

  const auto response = fetch(get("https://127.0.0.1:" + std::to_string(upstream.port()) + "/"));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Errc::timeout);
}

TEST_F(HttpClientTls, AnEndWithoutCloseNotifyIsACut) {
  ScriptedUpstream upstream(server({}));
  upstream.enqueue(Reply::raw("HTTP/1.1 200 OK\r\n\r\nall there is?").close());

  const auto response = fetch(get(upstream.url()));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Errc::upstream_unavailable);
}

TEST_F(HttpClientTls, AMissingAuthorityFileStopsTheStart) {
  options_.ca_file = "/nonexistent/ca.pem";

  EXPECT_THROW(client(), std::runtime_error);
}

}  // namespace
}  // namespace taskgate::net
