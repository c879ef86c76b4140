#include "taskgate/net/proxy.hpp"

#include "client_fixture.hpp"
#include "support/tunnel_proxy.hpp"

namespace taskgate::net {
namespace {

Url target(const char* text) {
  return parse_url(text).value();
}

ProxySettings both(const std::string& url, std::string no_proxy = {}) {
  ProxySettings settings;
  settings.https = Secret(url);
  settings.http = Secret(url);
  settings.no_proxy = std::move(no_proxy);
  return settings;
}

TEST(ParseProxy, TakesHostPortAndCredentials) {
  const auto plain = parse_proxy("http://Proxy.Example:3128/");
  ASSERT_TRUE(plain) << plain.error().message();
  EXPECT_EQ(plain->host, "proxy.example");
  EXPECT_EQ(plain->port, 3128);
  EXPECT_TRUE(plain->authorization.empty());

  const auto bare = parse_proxy("10.0.0.1:8080");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->host, "10.0.0.1");

  const auto with_user = parse_proxy("http://user:p%40ss@[::1]:1080");
  ASSERT_TRUE(with_user) << with_user.error().message();
  EXPECT_EQ(with_user->host, "::1");
  EXPECT_EQ(with_user->authorization.reveal(), "Basic dXNlcjpwQHNz");
}

TEST(ParseProxy, RefusesWhatItCannotUseWithoutRepeatingIt) {
  for (const char* text :
       {"https://user:secret@proxy:1", "socks5://secret@proxy", "http://", "", "http://secret@:80",
        "http://secret@proxy:99999", "http://secret@proxy/path", "http://%zzsecret@proxy"}) {
    const auto proxy = parse_proxy(text);
    ASSERT_FALSE(proxy) << text;
    EXPECT_EQ(proxy.error().code(), Errc::invalid_argument);
    EXPECT_EQ(proxy.error().message().find("secret"), std::string::npos);
  }
}

TEST(ProxyRules, AreByScheme) {
  ProxySettings settings;
  settings.https = Secret("http://proxy:3128");
  const auto rules = ProxyRules::make(settings).value();

  EXPECT_NE(rules.for_target(target("https://api.openai.com/v1")), nullptr);
  EXPECT_EQ(rules.for_target(target("http://api.openai.com/v1")), nullptr);
}

TEST(ProxyRules, LeaveOutWhatNoProxyNames) {
  const auto rules = ProxyRules::make(both("http://proxy:3128",
                                           " example.com, .corp.test,10.0.0.0/8,[fd00::]/8,"
                                           "192.0.2.7 ,ports.test:8443,*.star.test,,"))
                         .value();
  struct Case {
    const char* url;
    bool direct;
  };
  for (const auto& c : {Case{"https://example.com/", true},
                        Case{"https://a.example.com/", true},
                        Case{"https://notexample.com/", false},
                        Case{"https://corp.test/", true},
                        Case{"https://x.corp.test/", true},
                        Case{"https://10.255.0.1/", true},
                        Case{"https://11.0.0.1/", false},
                        Case{"https://[fd12::1]/", true},
                        Case{"https://[fe80::1]/", false},
                        Case{"https://192.0.2.7/", true},
                        Case{"https://192.0.2.8/", false},
                        Case{"https://[::ffff:10.1.1.1]/", true},
                        Case{"https://ports.test:8443/", true},
                        Case{"https://ports.test/", false},
                        Case{"https://a.star.test/", true},
                        Case{"https://localhost/", true},
                        Case{"https://a.localhost/", true},
                        Case{"http://127.9.9.9/", true},
                        Case{"http://[::1]/", true},
                        Case{"https://other.test/", false}}) {
    EXPECT_EQ(rules.for_target(target(c.url)) == nullptr, c.direct) << c.url;
  }
}

TEST(ProxyRules, AStarMeansEverything) {
  const auto rules = ProxyRules::make(both("http://proxy:3128", "*")).value();

  EXPECT_EQ(rules.for_target(target("https://anything.test/")), nullptr);
}

TEST(ProxyRules, RefuseMalformedEntries) {
  for (const char* entry : {"10.0.0.0/33", "x/8", "10.0.0.0/", "host:port", "host:"}) {
    EXPECT_FALSE(ProxyRules::make(both("http://proxy:3128", entry))) << entry;
  }
}

class ThroughProxy : public HttpClientFixture {
 protected:
  void use(std::uint16_t port, const std::string& credentials = "user:pass@") {
    const auto url = "http://" + credentials + "127.0.0.1:" + std::to_string(port);
    options_.proxy = ProxyRules::make(both(url)).value();
  }
};

TEST_F(ThroughProxy, HttpsGoesInATunnelThatIsVerifiedEndToEndAndReused) {
  const test::TestCertificates certificates;
  test::UpstreamOptions secure;
  secure.certificates = &certificates;
  secure.leaf.names = "DNS:upstream.test";
  ScriptedUpstream upstream(secure);
  upstream.otherwise([](const test::SeenRequest&) { return Reply::whole(200, "", "x"); });
  const test::TunnelProxy proxy(upstream.port());
  use(proxy.port());
  options_.ca_file = certificates.ca_file();

  const auto first = fetch(post("https://upstream.test/v1", "body"));
  const auto second = fetch(get("https://upstream.test:443/v1"));
  const auto wrong_name = fetch(get("https://other.test/"));

  ASSERT_TRUE(first) << first.error().message();
  ASSERT_TRUE(second);
  EXPECT_FALSE(wrong_name) << "the proxy does not vouch for anybody";
  ASSERT_EQ(proxy.heads().size(), 2U);
  const std::string head = proxy.heads()[0];
  EXPECT_TRUE(head.starts_with("CONNECT upstream.test:443 HTTP/1.1\r\n")) << head;
  EXPECT_NE(head.find("Proxy-Authorization: Basic dXNlcjpwYXNz\r\n"), std::string::npos);
  for (const auto& seen : upstream.requests()) {
    EXPECT_EQ(seen.header("proxy-authorization"), "") << "not for the upstream";
    EXPECT_EQ(seen.target, "/v1");
  }
}

TEST_F(ThroughProxy, HttpIsAskedForInTheAbsoluteForm) {
  ScriptedUpstream proxy;
  proxy.enqueue(Reply::whole(200, "", "forwarded"));
  use(proxy.port());

  const auto response = fetch(get("http://upstream.test:8080/a?b"));

  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->body, "forwarded");
  const auto seen = proxy.requests().at(0);
  EXPECT_EQ(seen.target, "http://upstream.test:8080/a?b");
  EXPECT_EQ(seen.header("host"), "upstream.test:8080");
  EXPECT_EQ(seen.header("proxy-authorization"), "Basic dXNlcjpwYXNz");
}

class TwoFacedResolver final : public Resolver {
 public:
  void resolve(std::string host, Done done) override {
    const bool inside = host == "inside.test";
    done(Addresses(1, boost::asio::ip::make_address(inside ? "10.0.0.1" : "192.0.2.1")));
  }
};

TEST_F(ThroughProxy, AnAddressPolicyIsNotPassedBy) {
  ScriptedUpstream proxy;  // plays both the proxy and what the tunnel leads to
  proxy.enqueue(Reply::raw("HTTP/1.1 200 OK\r\n\r\n"));
  proxy.otherwise([](const test::SeenRequest&) { return Reply::whole(200, "", "x"); });
  use(proxy.port());
  options_.resolver = std::make_shared<TwoFacedResolver>();
  const auto guarded = [this](const char* url) {
    ClientRequest request = get(url);
    request.address_policy = [](const boost::asio::ip::address& address,
                                std::uint16_t) -> Result<void> {
      if (address == boost::asio::ip::make_address("192.0.2.1")) return {};
      return Error(Errc::forbidden, "an inside address");
    };
    return request;
  };

  const auto inside = fetch(guarded("http://inside.test/"));
  ASSERT_FALSE(inside);
  EXPECT_EQ(inside.error().code(), Errc::forbidden);
  EXPECT_TRUE(proxy.requests().empty()) << "the proxy has not even heard of it";

  ASSERT_TRUE(fetch(guarded("http://outside.test/hook")));
  ASSERT_TRUE(fetch(guarded("http://outside.test/hook")));
  const auto seen = proxy.requests();
  ASSERT_EQ(seen.size(), 3U) << "one tunnel, used twice";
  EXPECT_EQ(seen[0].method, "CONNECT");
  EXPECT_EQ(seen[0].target, "192.0.2.1:80") << "the address that was judged, not the name";
  EXPECT_EQ(seen[1].target, "/hook");
  EXPECT_EQ(seen[1].header("host"), "outside.test");
}

TEST_F(ThroughProxy, ItsTroublesAreToldWithoutItsPassword) {
  const std::string flood(20'000, 'x');
  const std::vector<std::pair<Reply, const char*>> cases{
      {Reply::raw("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), "407"},
      {Reply::raw("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), "502"},
      {Reply::raw("SSH-2.0-OpenSSH\r\n\r\n"), "malformed"},
      {Reply::raw("HTTP/1.1 200 OK\r\n\r\nearly words"), "malformed"},
      {Reply::raw("HTTP/1.1 200 OK\r\nX: " + flood), "too large"},
      {Reply().close(), "closed"}};
  for (const auto& [reply, says] : cases) {
    SCOPED_TRACE(says);
    ScriptedUpstream proxy;
    proxy.enqueue(reply);
    client_.reset();
    use(proxy.port());

    const auto response = fetch(get("https://upstream.test/"));

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code(), Errc::upstream_unavailable);
    EXPECT_NE(response.error().message().find(says), std::string::npos)
        << response.error().message();
    EXPECT_EQ((response.error().message() + response.error().detail()).find("dXNlcj"),
              std::string::npos);
  }
}

TEST_F(ThroughProxy, ASilentProxyIsATimeout) {
  ScriptedUpstream proxy;
  proxy.enqueue(Reply().hang());
  use(proxy.port());
  timeouts_.connect = 100ms;

  const auto response = fetch(get("https://upstream.test/"));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Errc::timeout);
}

TEST_F(ThroughProxy, WhatNoProxyNamesIsReachedDirectly) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::whole(200, "", "x"));
  use(1);  // nobody listens there

  EXPECT_TRUE(fetch(get(upstream.url())));
}

}  // namespace
}  // namespace taskgate::net
