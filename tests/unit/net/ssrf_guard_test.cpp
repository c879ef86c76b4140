// Hostile URLs, by the trick they try. Sources of the tricks: PayloadsAllTheThings (MIT), the
// literals that Svix's client is tested with, WHATWG URL's IPv4 parser, RFC 3986.

#include "taskgate/net/ssrf_guard.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace taskgate::net {
namespace {

using namespace std::string_view_literals;

struct UrlCase {
  std::string_view url;
  std::string_view rule;  // a part of the refusal's message
};

constexpr UrlCase kHostile[] = {
    // schemes
    {"", "empty"},
    {"https", "https://"},
    {"hooks.example.com/x", "https://"},
    {"//hooks.example.com/x", "https://"},
    {"://hooks.example.com/x", "https://"},
    {"http://hooks.example.com/x", "http is not allowed"},
    {"HTTP://hooks.example.com/x", "http is not allowed"},
    {"ftp://hooks.example.com/x", "https://"},
    {"file:///etc/passwd", "https://"},
    {"gopher://127.0.0.1:6379/_INFO", "https://"},
    {"dict://127.0.0.1:11211/stat", "https://"},
    {"ldap://127.0.0.1/x", "https://"},
    {"jar:https://hooks.example.com!/x", "https://"},
    {"javascript:alert(1)", "https://"},
    {"data:text/plain,x", "https://"},
    {"unix:/var/run/docker.sock", "https://"},
    {"httpss://hooks.example.com/", "https://"},
    {"wss://hooks.example.com/", "https://"},
    {"https:/hooks.example.com/x", "//"},
    {"https:hooks.example.com/x", "//"},
    {"https:///x", "no host"},
    {"https://", "no host"},
    {"https:///", "no host"},
    {"https://?x", "no host"},
    {"https://#x", "no host"},
    {"https://:443/", "no host"},
    {" https://hooks.example.com/", "spaces"},
    // user names
    {"https://user@hooks.example.com/", "user name"},
    {"https://user:pass@hooks.example.com/", "user name"},
    {"https://@hooks.example.com/", "user name"},
    {"https://:@hooks.example.com/", "user name"},
    {"https://hooks.example.com@127.0.0.1/", "user name"},
    {"https://hooks.example.com:443@127.0.0.1/", "user name"},
    {"https://1:2@[::1]:9876", "user name"},
    {"https://127.0.0.1:80@hooks.example.com:443@10.0.0.1/", "user name"},
    {"https://hooks.example.com%40@127.0.0.1/", "user name"},
    // ports
    {"https://hooks.example.com:/", "port"},
    {"https://hooks.example.com:0/", "port"},
    {"https://hooks.example.com:-1/", "port"},
    {"https://hooks.example.com:+443/", "port"},
    {"https://hooks.example.com:0443/", "port"},
    {"https://hooks.example.com:0x1bb/", "port"},
    {"https://hooks.example.com:65536/", "port"},
    {"https://hooks.example.com:4294967739/", "port"},
    {"https://hooks.example.com:99999999999999999999/", "port"},
    {"https://hooks.example.com:443:443/", "port"},
    {"https://hooks.example.com:https/", "port"},
    {"https://hooks.example.com:22/", "not allowed"},
    {"https://hooks.example.com:25/", "not allowed"},
    {"https://hooks.example.com:80/", "not allowed"},
    {"https://hooks.example.com:6379/", "not allowed"},
    {"https://hooks.example.com:8080/", "not allowed"},
    {"https://hooks.example.com:65535/", "not allowed"},
    // IPv4 in other spellings
    {"https://127.0.0.1/", "loopback"},
    {"https://127.0.0.1:443/", "loopback"},
    {"https://127.1/", "four plain decimal"},
    {"https://127.0.1/", "four plain decimal"},
    {"https://0/", "four plain decimal"},
    {"https://0.0.0.0/", "this network"},
    {"https://2130706433/", "four plain decimal"},
    {"https://3232235521/", "four plain decimal"},
    {"https://2852039166/", "four plain decimal"},
    {"https://017700000001/", "four plain decimal"},
    {"https://0177.0.0.1/", "four plain decimal"},
    {"https://0177.0000.0000.0001/", "four plain decimal"},
    {"https://127.0.0.01/", "four plain decimal"},
    {"https://00127.0.0.1/", "four plain decimal"},
    {"https://0x7f000001/", "four plain decimal"},
    {"https://0X7F000001/", "four plain decimal"},
    {"https://0x7f.0.0.1/", "four plain decimal"},
    {"https://0x7f.0x0.0x0.0x1/", "four plain decimal"},
    {"https://0x7f.1/", "four plain decimal"},
    {"https://0x/", "four plain decimal"},
    {"https://127.0.0.0x1/", "four plain decimal"},
    {"https://0xa9fea9fe/", "four plain decimal"},
    {"https://0xa9.0xfe.0xa9.0xfe/", "four plain decimal"},
    {"https://0251.0376.0251.0376/", "four plain decimal"},
    {"https://425.510.425.510/", "four plain decimal"},
    {"https://256.0.0.1/", "four plain decimal"},
    {"https://1.2.3.4.5/", "four plain decimal"},
    {"https://1.2.3/", "four plain decimal"},
    {"https://1..2.3/", "four plain decimal"},
    {"https://.1.2.3/", "four plain decimal"},
    {"https://1.2.3.4294967296/", "four plain decimal"},
    {"https://127.0.0.1./", "empty label"},
    {"https://127.0.0.1../", "empty label"},
    {"https://8.8.8.8./", "empty label"},
    {"https://010.8.8.8/", "four plain decimal"},
    {"https://134744072/", "four plain decimal"},
    {"https://hooks.example.1/", "four plain decimal"},
    {"https://hooks.example.0x7f/", "four plain decimal"},
    {"https://1e3.1.1.0x/", "four plain decimal"},
    {"https://127.0.0.1%2f/", "letters, digits"},
    {"https://127%2e0%2e0%2e1/", "letters, digits"},
    {"https://%31%32%37.0.0.1/", "four plain decimal"},
    {"https://①②⑦.0.0.1/", "ASCII"},
    {"https://１２７.0.0.1/", "ASCII"},
    {"https://127。0。0。1/", "ASCII"},
    {"https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "ASCII"},
    // inside addresses, plainly
    {"https://10.0.0.1/", "private"},
    {"https://10.255.255.255:8443/", "private"},
    {"https://172.16.0.1/", "private"},
    {"https://172.31.255.254/", "private"},
    {"https://192.168.0.1/", "private"},
    {"https://169.254.169.254/latest/meta-data/", "link-local"},
    {"https://169.254.170.2/v2/credentials", "link-local"},
    {"https://100.100.100.200/latest/meta-data/", "shared"},
    {"https://192.0.0.192/latest/", "IETF"},
    {"https://168.63.129.16/machine", "Azure"},
    {"https://198.18.0.1/", "benchmarking"},
    {"https://224.0.0.1/", "multicast"},
    {"https://255.255.255.255/", "broadcast"},
    // IPv6
    {"https://[::1]/", "loopback"},
    {"https://[::1]:443/", "loopback"},
    {"https://[::]/", "unspecified"},
    {"https://[0:0:0:0:0:0:0:1]/", "loopback"},
    {"https://[0000:0000:0000:0000:0000:0000:0000:0001]/", "loopback"},
    {"https://[0000:0000:0000:0000:0000:ffff:7f00:0001]/", "loopback"},
    {"https://[::ffff:127.0.0.1]/", "loopback"},
    {"https://[::ffff:7f00:1]/", "loopback"},
    {"https://[::FFFF:7F00:1]/", "loopback"},
    {"https://[::ffff:a9fe:a9fe]/", "link-local"},
    {"https://[::ffff:10.0.0.1]/", "private"},
    {"https://[::127.0.0.1]/", "IPv4-compatible"},
    {"https://[::ffff:0:127.0.0.1]/", "IPv4-translated"},
    {"https://[64:ff9b::7f00:1]/", "NAT64"},
    {"https://[64:ff9b:1::a00:1]/", "NAT64"},
    {"https://[2002:7f00:1::]/", "6to4"},
    {"https://[2001::1]/", "Teredo"},
    {"https://[2001:db8::1]/", "documentation"},
    {"https://[fc00::1]/", "unique local"},
    {"https://[fd00:ec2::254]/latest/", "unique local"},
    {"https://[fe80::1]/", "link-local"},
    {"https://[fec0::1]/", "site-local"},
    {"https://[ff02::1]/", "multicast"},
    {"https://[5f00::1]/", "segment routing"},
    {"https://[fe80::1%25eth0]/", "zone id"},
    {"https://[fe80::1%eth0]/", "zone id"},
    {"https://[::1%25]/", "zone id"},
    {"https://[2606:4700::1%251]/", "zone id"},
    {"https://[::1/", "unclosed"},
    {"https://[/", "unclosed"},
    {"https://[]/", "no host"},
    {"https://[::1]x/", "after ]"},
    {"https://[::1].example.com/", "after ]"},
    {"https://[::1]]/", "after ]"},
    {"https://[::g]/", "malformed IPv6"},
    {"https://[1.2.3.4]/", "malformed IPv6"},
    {"https://[hooks.example.com]/", "malformed IPv6"},
    {"https://[v1.fe80::1]/", "malformed IPv6"},
    {"https://[::ffff:127.1]/", "malformed IPv6"},
    {"https://[::ffff:0177.0.0.1]/", "malformed IPv6"},
    {"https://[1:2:3:4:5:6:7:8:9]/", "malformed IPv6"},
    {"https://[::1::]/", "malformed IPv6"},
    {"https://[00000::1]/", "malformed IPv6"},
    {"https://[[::1]]/", "after ]"},
    {"https://[ ::1]/", "spaces"},
    {"https://::1/", "no host"},
    {"https://fe80::1/", "fully qualified"},
    // names that lead inside
    {"https://localhost/", "localhost"},
    {"https://LOCALHOST/", "localhost"},
    {"https://LocalHost:443/", "localhost"},
    {"https://a.localhost/", "localhost"},
    {"https://printer.local/", "local"},
    {"https://local/", "local"},
    {"https://metadata.google.internal/", "internal"},
    {"https://metadata.google.INTERNAL/", "internal"},
    {"https://router.home.arpa/", "home.arpa"},
    {"https://abc.onion/", "onion"},
    {"https://metadata/", "fully qualified"},
    {"https://intranet/", "fully qualified"},
    {"https://localhost./", "empty label"},
    {"https://hooks.example.com./", "empty label"},
    {"https://hooks.example.com../", "empty label"},
    {"https://hooks..example.com/", "empty label"},
    {"https://.example.com/", "empty label"},
    {"https://./", "empty label"},
    {"https://../", "empty label"},
    // malformed names
    {"https://-hooks.example.com/", "hyphen"},
    {"https://hooks-.example.com/", "hyphen"},
    {"https://hooks_a.example.com/", "letters, digits"},
    {"https://hooks,example.com/", "letters, digits"},
    {"https://hooks;example.com/", "letters, digits"},
    {"https://*.example.com/", "letters, digits"},
    {"https://hooks.example.com%00.evil.com/", "letters, digits"},
    {"https://hooks.example.com%0a/", "letters, digits"},
    {"https://hooks%2eexample.com/", "letters, digits"},
    {"https://hooks.example.com&@127.0.0.1/", "user name"},
    {"https://hooks.example.com<x>/", "letters, digits"},
    {"https://$(id).example.com/", "letters, digits"},
    {"https://xn--.example.com/", "hyphen"},
    {"https://bücher.example.com/", "ASCII"},
    {"https://еxample.com/", "ASCII"},  // Cyrillic е
    {"https://ex\xADmple.com/", "ASCII"},
    // control characters, backslashes, spaces
    {"https://hooks.example.com\\@127.0.0.1/", "backslashes"},
    {"https:\\\\127.0.0.1\\", "backslashes"},
    {"https://hooks.example.com\\x", "backslashes"},
    {"https://hooks.example.com/a\\b", "backslashes"},
    {"https://hooks.example.com/\r\nHost: evil", "control"},
    {"https://hooks.example.com/\n", "control"},
    {"https://hooks.\texample.com/", "control"},
    {"https://hooks.example.com/\x7f", "control"},
    {"https://hooks.example.com/\0x"sv, "control"},
    {"https://hooks.example.com\0.evil.com/"sv, "control"},
    {"\thttps://hooks.example.com/", "control"},
    {"https://hooks.example.com/ HTTP/1.1", "spaces"},
    {"https://hooks.example.com /", "spaces"},
    {"https://1.1.1.1 &@2.2.2.2# @3.3.3.3/", "spaces"},
    {"https://hooks.example.com/caf\xC3\xA9", "ASCII"},
    // fragments, and what follows the host
    {"https://hooks.example.com/#x", "fragment"},
    {"https://hooks.example.com#@127.0.0.1/", "fragment"},
    {"https://hooks.example.com/?a#", "fragment"},
    {"https://127.0.0.1#@hooks.example.com/", "fragment"},
    {"https://hooks.example.com/%", "hexadecimal"},
    {"https://hooks.example.com/%2", "hexadecimal"},
    {"https://hooks.example.com/%zz", "hexadecimal"},
    {"https://hooks.example.com/?q=%u0041", "hexadecimal"},
    {"https://hooks.example.com/<script>", "percent-encode"},
    {"https://hooks.example.com/\"", "percent-encode"},
    {"https://hooks.example.com/{x}", "percent-encode"},
    {"https://hooks.example.com/?a[]=1", "percent-encode"},
    {"https://hooks.example.com/a|b", "percent-encode"},
    {"https://hooks.example.com/^", "percent-encode"},
    {"https://hooks.example.com/`id`", "percent-encode"},
    {"https://127.0.0.1?@hooks.example.com/", "loopback"},
    {"https://127.0.0.1/@hooks.example.com", "loopback"},
};
static_assert(std::size(kHostile) >= 200);

TEST(SsrfGuard, RefusesHostileUrlsAndNamesTheRule) {
  for (const auto& c : kHostile) {
    SCOPED_TRACE(c.url);
    const auto judged = check_webhook_url(c.url, SsrfPolicy{});
    ASSERT_FALSE(judged);
    EXPECT_NE(judged.error().message().find(c.rule), std::string::npos) << judged.error().message();
  }
}

TEST(SsrfGuard, TestFlagLetsNoHostileUrlPassButLoopback) {
  SsrfPolicy policy;
  policy.allow_loopback_for_tests = true;

  for (const auto& c : kHostile) {
    SCOPED_TRACE(c.url);
    const auto judged = check_webhook_url(c.url, policy);
    if (!judged) continue;
    const bool loopback = judged->literal ? judged->literal->is_loopback() ||
                                                judged->literal->to_string() == "::ffff:127.0.0.1"
                                          : judged->host == "localhost";
    EXPECT_TRUE(loopback) << judged->url();
  }
}

TEST(SsrfGuard, AcceptsHonestUrlsAndRebuildsThem) {
  struct Case {
    std::string_view url;
    std::string_view rebuilt;
    std::string_view authority;
  };
  constexpr Case kHonest[] = {
      {"https://hooks.example.com", "https://hooks.example.com/", "hooks.example.com:443"},
      {"https://hooks.example.com/", "https://hooks.example.com/", "hooks.example.com:443"},
      {"https://hooks.example.com:443/a", "https://hooks.example.com/a", "hooks.example.com:443"},
      {"https://hooks.example.com:8443/a", "https://hooks.example.com:8443/a",
       "hooks.example.com:8443"},
      {"HTTPS://Hooks.Example.COM/A?b=C", "https://hooks.example.com/A?b=C",
       "hooks.example.com:443"},
      {"https://hooks.example.com?x=1", "https://hooks.example.com/?x=1", "hooks.example.com:443"},
      {"https://xn--bcher-kva.example.com/x", "https://xn--bcher-kva.example.com/x",
       "xn--bcher-kva.example.com:443"},
      {"https://r4---sn-a.example.com/x", "https://r4---sn-a.example.com/x",
       "r4---sn-a.example.com:443"},
      {"https://127.0.0.1.example.com/", "https://127.0.0.1.example.com/",
       "127.0.0.1.example.com:443"},
      {"https://8.8.8.8/x", "https://8.8.8.8/x", "8.8.8.8:443"},
      {"https://[2606:4700:4700:0:0::1111]/x", "https://[2606:4700:4700::1111]/x",
       "[2606:4700:4700::1111]:443"},
      {"https://[2606:4700:4700::1111]:8443/", "https://[2606:4700:4700::1111]:8443/",
       "[2606:4700:4700::1111]:8443"},
      {"https://hooks.example.com/a/../b/%2e%2e/@x:y;z,w?u=http://127.0.0.1/&v=a@b",
       "https://hooks.example.com/a/../b/%2e%2e/@x:y;z,w?u=http://127.0.0.1/&v=a@b",
       "hooks.example.com:443"},
  };
  for (const auto& c : kHonest) {
    SCOPED_TRACE(c.url);
    const auto judged = check_webhook_url(c.url, SsrfPolicy{});
    ASSERT_TRUE(judged) << judged.error().message();
    EXPECT_EQ(judged->url(), c.rebuilt);
    EXPECT_EQ(judged->authority(), c.authority);
  }
}

TEST(SsrfGuard, ARebuiltUrlIsJudgedTheSame) {
  for (const auto url :
       {"https://Hooks.example.com:443/a?b"sv, "https://[2606:4700::0:1]:8443"sv}) {
    const auto first = check_webhook_url(url, SsrfPolicy{});
    ASSERT_TRUE(first);
    const auto again = check_webhook_url(first->url(), SsrfPolicy{});
    ASSERT_TRUE(again);
    EXPECT_EQ(first->url(), again->url());
  }
}

TEST(SsrfGuard, BoundsTheLengthOfUrlHostAndLabel) {
  const std::string prefix = "https://hooks.example.com/";
  const auto padded = [&](std::size_t size) {
    return prefix + std::string(size - prefix.size(), 'a');
  };
  const auto named = [](std::size_t label) {
    return "https://" + std::string(label, 'a') + ".example.com/";
  };
  std::string long_host = "https://";
  for (int i = 0; i < 50; ++i) long_host += "abcde.";
  long_host += "com/";

  EXPECT_TRUE(check_webhook_url(padded(2000), SsrfPolicy{}));
  EXPECT_FALSE(check_webhook_url(padded(2001), SsrfPolicy{}));
  EXPECT_TRUE(check_webhook_url(named(63), SsrfPolicy{}));
  EXPECT_FALSE(check_webhook_url(named(64), SsrfPolicy{}));
  EXPECT_FALSE(check_webhook_url(long_host, SsrfPolicy{}));
}

TEST(SsrfGuard, HttpAndPort80PassOnlyWhenAllowed) {
  SsrfPolicy policy;
  policy.allow_http = true;

  EXPECT_TRUE(check_webhook_url("http://hooks.example.com/", policy));
  EXPECT_TRUE(check_webhook_url("http://hooks.example.com:443/", policy));
  EXPECT_FALSE(check_webhook_url("http://hooks.example.com:8080/", policy));
  EXPECT_FALSE(check_webhook_url("http://10.0.0.1/", policy));
  EXPECT_FALSE(check_webhook_url("http://localhost/", policy));
}

TEST(SsrfGuard, TestFlagOpensLoopbackWithHttpOnAnyPort) {
  SsrfPolicy policy;
  policy.allow_loopback_for_tests = true;

  EXPECT_TRUE(check_webhook_url("http://127.0.0.1:31337/x", policy));
  EXPECT_TRUE(check_webhook_url("http://[::1]:31337/x", policy));
  EXPECT_TRUE(check_webhook_url("http://localhost:31337/x", policy));
  EXPECT_FALSE(check_webhook_url("http://hooks.example.com/x", policy));
  EXPECT_FALSE(check_webhook_url("http://10.0.0.1:31337/x", policy));
}

TEST(SsrfGuard, AllowPrivateOpensInsideNamesHttpAndPorts) {
  SsrfPolicy policy;
  policy.allow_private = true;

  for (const char* url : {"http://erp/invoices", "https://erp.internal/invoices",
                          "http://10.1.2.3:9000/", "http://localhost:8080/x"}) {
    EXPECT_TRUE(check_webhook_url(url, policy)) << url;
    EXPECT_FALSE(check_webhook_url(url, {})) << url;
  }
  for (const char* url :
       {"http://169.254.169.254/latest", "ftp://erp/", "http://user@erp/", "http://0x7f.1/"}) {
    EXPECT_FALSE(check_webhook_url(url, policy)) << url;
  }
}

TEST(SsrfGuard, RefusesOwnListener) {
  SsrfPolicy policy;
  policy.own_listeners.push_back({boost::asio::ip::make_address("8.8.4.4"), 443});

  EXPECT_FALSE(check_webhook_url("https://8.8.4.4/tasks", policy));
}

}  // namespace
}  // namespace taskgate::net
