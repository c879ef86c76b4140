#include "net/header_guard.hpp"

#include "net/head_parser.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace taskgate::net {
namespace {

/// The verdict on raw bytes: 0 when they pass parser and guard, else the status of the refusal; -1
/// while more is needed.
int verdict(const std::string& raw) {
  const GuardLimits limits;
  HeadParser parser(limits);
  switch (parser.parse(raw)) {
    case HeadStatus::need_more:
      return -1;
    case HeadStatus::malformed:
      return 400;
    case HeadStatus::too_large:
      return HeadParser::is_target_too_long(raw, limits) ? 414 : 431;
    case HeadStatus::done:
      break;
  }
  const auto refused = check_head(parser.head(), limits);
  return refused ? static_cast<int>(refused->status) : 0;
}

struct HeadCase {
  const char* name;
  std::string raw;
  int status;
};

std::string posted_head(const std::string& fields) {
  return "POST /t HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

TEST(HeaderGuard, RefusesWhatCouldBeReadInTwoWays) {
  const std::vector<HeadCase> cases{
      // Accepted by Beast 1.81 alone (HTTP Garden, llhttp and our own probes).
      {"target without slash, no host", "GET ! HTTP/1.1\r\n\r\n", 400},
      {"nbsp around chunked",
       posted_head("Transfer-Encoding: \xa0"
                   "chunked\xa0\r\n"),
       400},
      {"0xff around chunked",
       posted_head("Transfer-Encoding: \xff"
                   "chunked\xff\r\n"),
       400},
      {"unknown coding", posted_head("Transfer-Encoding: blegh\r\n"), 400},
      {"pigeons", posted_head("Transfer-Encoding: pigeons\r\n"), 400},
      {"leading comma", posted_head("Transfer-Encoding: ,chunked\r\n"), 400},
      {"gzip, chunked", posted_head("Transfer-Encoding: gzip, chunked\r\n"), 400},
      {"chunked, identity", posted_head("Transfer-Encoding: chunked, identity\r\n"), 400},
      {"chunked twice", posted_head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
       400},
      {"identity with length", posted_head("Transfer-Encoding: identity\r\nContent-Length: 3\r\n"),
       400},
      {"vertical tab",
       posted_head("Transfer-Encoding:\x0b"
                   "chunked\r\n"),
       400},
      {"length then chunked", posted_head("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
       400},
      {"chunked then length", posted_head("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
       400},
      {"chunked in 1.0", "POST /t HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"length twice, same", posted_head("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
      {"length list", posted_head("Content-Length: 5, 5\r\n"), 400},
      {"length with plus", posted_head("Content-Length: +5\r\n"), 400},
      {"length negative", posted_head("Content-Length: -5\r\n"), 400},
      {"length hex", posted_head("Content-Length: 0x5\r\n"), 400},
      {"length empty", posted_head("Content-Length: \r\n"), 400},
      {"length of 13 digits", posted_head("Content-Length: 1000000000000\r\n"), 400},
      {"length overflowing", posted_head("Content-Length: 18446744073709551617\r\n"), 400},
      {"length with underscore", posted_head("Content-Length: 1_0\r\n"), 400},
      {"0x85 in a value",
       posted_head("X-A: a\x85"
                   "b\r\n"),
       400},
      {"nul in a value", posted_head(std::string("X-A: a\0b\r\n", 10)), 400},
      {"utf-8 in the target", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"fragment in the target", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"absolute form", "GET http://a/t HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"authority form", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"asterisk with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no host", "GET /t HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET /t HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"host list", "GET /t HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"host with user", "GET /t HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      {"host with path", "GET /t HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"folded line", posted_head("X-A: a\r\n b\r\n"), 400},
      {"folded framing", posted_head("Transfer-Encoding:\r\n chunked\r\n"), 400},
      {"space before colon", posted_head("Content-Length : 3\r\n"), 400},
      {"space in a name", posted_head("Content Length: 3\r\n"), 400},
      {"name with nul", posted_head(std::string("X\0A: a\r\n", 8)), 400},
      {"no colon", posted_head("Transfer-Encoding\r\n"), 400},
      {"bare LF", "POST /t HTTP/1.1\nHost: a\n\n", 400},
      {"bare CR in a value", posted_head("X-A: a\rContent-Length: 3\r\n"), 400},
      {"GET with a body", "GET /t HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", 400},
      {"HEAD with a body", "HEAD /t HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", 400},
      {"DELETE, chunked", "DELETE /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"upgrade elsewhere", "GET /t HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", 400},
      {"two upgrades", "GET /t HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nUpgrade: x\r\n\r\n", 400},
      {"HTTP/2.0 in text", "GET /t HTTP/2.0\r\nHost: a\r\n\r\n", 400},
      {"HTTP/1.2", "GET /t HTTP/1.2\r\nHost: a\r\n\r\n", 400},
      {"HTTP/0.9", "GET /t\r\n", 400},
      {"two spaces", "GET  /t HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"TLS hello", std::string("\x16\x03\x01\x02\x00\x01", 6), 400},
      {"leading space", " GET /t HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      // Other statuses.
      {"unknown method", "MKCOLA /t HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"TRACE", "TRACE /t HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"lower-case method", "get /t HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"expectation", posted_head("Expect: the-unexpected\r\n"), 417},
      {"compressed body", posted_head("Content-Encoding: gzip\r\nContent-Length: 3\r\n"), 415},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(verdict(c.raw), c.status);
  }
}

TEST(HeaderGuard, LetsOrdinaryRequestsPass) {
  const std::vector<HeadCase> cases{
      {"get", "GET /t?a=b&c=%20 HTTP/1.1\r\nHost: example.org:8080\r\n\r\n", 0},
      {"ipv6 host", "GET /t HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 0},
      {"empty host", "GET /t HTTP/1.1\r\nHost:\r\n\r\n", 0},
      {"1.0 without host", "GET /t HTTP/1.0\r\n\r\n", 0},
      {"post with length", posted_head("content-length: 3\r\n"), 0},
      {"post chunked", posted_head("TRANSFER-ENCODING: Chunked\r\n"), 0},
      {"empty post", posted_head("Content-Length: 0\r\n"), 0},
      {"get with length 0", "GET /t HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 0},
      {"expect", posted_head("Expect: 100-Continue\r\nContent-Length: 3\r\n"), 0},
      {"expect in 1.0", "POST /t HTTP/1.0\r\nExpect: x\r\n\r\n", 0},
      {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {"tab in a value", posted_head("X-A: a\tb\r\n"), 0},
      {"the JDK's offer of h2c",
       "GET /t HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nHost: a\r\n"
       "HTTP2-Settings: AAEAAEAA\r\nUpgrade: h2c\r\n\r\n",
       0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(verdict(c.raw), c.status);
  }
}

TEST(HeaderGuard, BoundsTargetFieldsAndBytes) {
  const auto get = [](const std::string& target, const std::string& fields) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  };
  std::string many;
  for (int i = 0; i < 63; ++i) many += "X-A: b\r\n";

  EXPECT_EQ(verdict(get("/" + std::string(8191, 'a'), "")), 0);
  EXPECT_EQ(verdict(get("/" + std::string(8192, 'a'), "")), 414);
  EXPECT_EQ(verdict("GET /" + std::string(20'000, 'a')), 414);
  EXPECT_EQ(verdict(get("/", many)), 0);
  EXPECT_EQ(verdict(get("/", many + "X-A: b\r\n")), 431);
  EXPECT_EQ(verdict(get("/", "X-A: " + std::string(16'384, 'a') + "\r\n")), 431);
  EXPECT_EQ(verdict("GET / HTTP/1.1\r\nX-A: " + std::string(20'000, 'a')), 431);
}

TEST(HeadParser, ReadsTheSameHeadHoweverItIsSplit) {
  const std::string raw =
      "POST /a?b HTTP/1.1\r\nHost: example\r\nX-One: 1\r\nContent-Length: 12\r\n\r\nGET / not me";
  const std::size_t head_size = raw.size() - 12;
  const GuardLimits limits;
  HeadParser parser(limits);

  for (std::size_t i = 1; i < head_size; ++i) {
    ASSERT_EQ(parser.parse(std::string_view(raw).substr(0, i)), HeadStatus::need_more) << i;
  }
  ASSERT_EQ(parser.parse(raw), HeadStatus::done);

  EXPECT_EQ(parser.head().bytes, head_size);
  EXPECT_EQ(parser.head().method, "POST");
  EXPECT_EQ(parser.head().target, "/a?b");
  EXPECT_EQ(parser.head().headers.find("x-one"), "1");
  EXPECT_EQ(parser.head().headers.all().size(), 3U);
  EXPECT_TRUE(parser.wants_keep_alive());
}

TEST(HeadParser, KeepAliveFollowsVersionAndConnection) {
  const auto keeps = [](const std::string& raw) {
    const GuardLimits limits;
    HeadParser parser(limits);
    EXPECT_EQ(parser.parse(raw), HeadStatus::done);
    return parser.wants_keep_alive();
  };

  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

}  // namespace
}  // namespace taskgate::net
