// After a violation the connection must end: a request hidden behind it is never answered.

#include "unit/net/server_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace taskgate::net {
namespace {

const std::string kSentinel = "GET /sentinel HTTP/1.1\r\nHost: a\r\n\r\n";

struct HostileCase {
  const char* name;
  std::string bytes;
  unsigned status;
};

std::string hostile_post(const std::string& rest) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + rest;
}

std::string hostile_chunks(const std::string& body) {
  return hostile_post("Transfer-Encoding: chunked\r\n\r\n" + body);
}

std::vector<HostileCase> hostile_heads() {
  return {
      {"no host", "GET /sentinel HTTP/1.1\r\n\r\n", 400},
      {"target !", "GET ! HTTP/1.1\r\n\r\n", 400},
      {"nbsp chunked",
       hostile_post("Transfer-Encoding: \xa0"
                    "chunked\xa0\r\n\r\n0\r\n\r\n"),
       400},
      {"0xff chunked",
       hostile_post("Transfer-Encoding: \xff"
                    "chunked\xff\r\n\r\n0\r\n\r\n"),
       400},
      {"blegh", hostile_post("Transfer-Encoding: blegh\r\n\r\n0\r\n\r\n"), 400},
      {"comma chunked", hostile_post("Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n"), 400},
      {"chunked, identity", hostile_post("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
       400},
      {"CL.TE", hostile_post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
       400},
      {"TE.CL", hostile_post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
       400},
      {"TE in 1.0",
       "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
       "0\r\n\r\n",
       400},
      {"two lengths", hostile_post("Content-Length: 0\r\nContent-Length: 5\r\n\r\nabcde"), 400},
      {"same length twice", hostile_post("Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde"),
       400},
      {"GET with a body", "GET /hello/x HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n", 400},
      {"folded framing", hostile_post("Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"), 400},
      {"space before colon", hostile_post("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), 400},
      {"0x85 in a value",
       hostile_post("X: a\x85"
                    "b\r\nContent-Length: 0\r\n\r\n"),
       400},
      {"compressed", hostile_post("Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"), 415},
      {"expectation", hostile_post("Expect: x\r\nContent-Length: 3\r\n\r\nabc"), 417},
      {"unknown method", "PURGE /echo HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"long target", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"large head", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n",
       431},
      {"not HTTP", "\x16\x03\x01\x02", 400},
      {"too large by length", hostile_post("Content-Length: 1001\r\n\r\n"), 413},
      {"body on a route without",
       "OPTIONS /sentinel HTTP/1.1\r\nHost: a\r\n"
       "Transfer-Encoding: chunked\r\n\r\n",
       405},
  };
}

std::vector<HostileCase> hostile_bodies() {
  return {
      {"size not hex", hostile_chunks("zz\r\nabc\r\n0\r\n\r\n"), 400},
      {"empty size", hostile_chunks("\r\nabc\r\n0\r\n\r\n"), 400},
      {"size with 0x", hostile_chunks("0x3\r\nabc\r\n0\r\n\r\n"), 400},
      {"negative size", hostile_chunks("-3\r\nabc\r\n0\r\n\r\n"), 400},
      {"overflowing size", hostile_chunks("10000000000000003\r\nabc\r\n0\r\n\r\n"), 400},
      {"huge size", hostile_chunks("ffffffffffffffff\r\nabc"), 413},
      {"bare LF after size", hostile_chunks("3\nabc\n0\n\n"), 400},
      {"bare CR in extension", hostile_chunks("3;a\rb\r\nabc\r\n0\r\n\r\n"), 400},
      {"LF in extension", hostile_chunks("3;a\nb\r\nabc\r\n0\r\n\r\n"), 400},
      {"no CRLF after data", hostile_chunks("3\r\nabcd\r\n0\r\n\r\n"), 400},
      {"extension flood", hostile_chunks("1;" + std::string(6'000'000, 'x') + "\r\na\r\n0\r\n\r\n"),
       400},
      {"trailer flood", hostile_chunks("0\r\n" + std::string(100'000, 'x') + ": y\r\n\r\n"), 400},
      {"more than the limit", hostile_chunks("3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n"),
       413},
  };
}

std::string many_small_chunks() {
  std::string body;
  for (int i = 0; i < 1000; ++i) body += "1;" + std::string(60, 'e') + "\r\nx\r\n";
  return hostile_chunks(body + "0\r\n\r\n");
}

using SmugglingTest = ServerTest;

TEST_F(SmugglingTest, NothingBehindAViolationIsAnswered) {
  start();
  auto cases = hostile_heads();
  const auto bodies = hostile_bodies();
  cases.insert(cases.end(), bodies.begin(), bodies.end());
  cases.push_back({"many small chunks", many_small_chunks(), 413});
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    test::RawClient client(port());
    client.send(c.bytes + kSentinel);

    const auto response = client.read_response();

    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, c.status);
    EXPECT_EQ(response->header("Connection"), "close");
    EXPECT_TRUE(response->complete);
    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(sentinels_, 0);
  }
}

TEST_F(SmugglingTest, JunkAfterAGoodRequestEndsTheConnection) {
  start();
  test::RawClient client(port());
  client.send(hostile_chunks("3\r\nabc\r\n0\r\n\r\n") + "junk\r\n\r\n" + kSentinel);

  EXPECT_EQ(client.read_response()->body, "abc");
  EXPECT_EQ(client.read_response()->status, 400U);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(sentinels_, 0);
}

TEST_F(SmugglingTest, TheBodyIsNeverReadAsARequest) {
  start();
  test::RawClient client(port());
  client.send(
      hostile_post("Content-Length: " + std::to_string(kSentinel.size()) + "\r\n\r\n" + kSentinel));
  client.send("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: " +
              std::to_string(kSentinel.size()) + "\r\n\r\n" + kSentinel);
  client.send("GET /hello/x HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_EQ(client.read_response()->body, kSentinel);
  EXPECT_EQ(client.read_response()->status, 404U);
  EXPECT_EQ(client.read_response()->body, "hello x");
  EXPECT_EQ(sentinels_, 0);
}

TEST_F(SmugglingTest, ARefusalDoesNotInheritTheMethodBefore) {
  start();
  test::RawClient client(port());
  client.send("HEAD /hello/x HTTP/1.1\r\nHost: a\r\n\r\n!bad\r\n\r\n");

  EXPECT_EQ(client.read_response(true)->status, 200U);
  const auto refused = client.read_response();
  EXPECT_EQ(refused->status, 400U);
  EXPECT_EQ(refused->body, "{\"code\":\"malformed_request\"}");
}

}  // namespace
}  // namespace taskgate::net
