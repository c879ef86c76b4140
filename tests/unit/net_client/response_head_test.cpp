#include "net/response_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace taskgate::net {
namespace {

using Kind = BodyFraming::Kind;

Result<BodyFraming> framing_of(const std::string& lines, Method method = Method::get) {
  auto head = parse_response_head(lines + "\r\n");
  if (!head) return head.error();
  return body_framing(*head, method);
}

TEST(ResponseHead, IsFoundAtEveryCut) {
  const std::string head = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  for (std::size_t at = 0; at < head.size(); ++at) {
    std::size_t searched = 0;
    EXPECT_FALSE(find_head_end(std::string_view(head).substr(0, at), searched));
    EXPECT_EQ(find_head_end(head + "body", searched), head.size()) << at;
  }
}

TEST(ResponseHead, ReadsStatusAndFields) {
  const auto head = parse_response_head(
      "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nX:\t a b \t\r\nEmpty:\r\nX: 2\r\n\r\n");

  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 429U);
  EXPECT_EQ(head->headers.find("retry-after"), "3");
  EXPECT_EQ(head->headers.find("x"), "a b");
  EXPECT_EQ(head->headers.find("empty"), "");
  EXPECT_EQ(head->headers.count("x"), 2U);
}

TEST(ResponseHead, TakesAMissingReason) {
  EXPECT_TRUE(parse_response_head("HTTP/1.1 204\r\n\r\n"));
  EXPECT_TRUE(parse_response_head("HTTP/1.0 200 \r\n\r\n"));
}

TEST(ResponseHead, RefusesWhatIsMalformed) {
  for (const char* bad :
       {"\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1\t200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n",
        "<html>\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : x\r\n\r\n", "HTTP/1.1 200 OK\r\nA: x\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: x\ny\r\n\r\n", "HTTP/1.1 200 OK\r\nA: x\ry\r\n\r\n"}) {
    EXPECT_FALSE(parse_response_head(bad)) << bad;
  }
  using namespace std::string_literals;
  EXPECT_FALSE(parse_response_head("HTTP/1.1 200 OK\r\nA: x\0y\r\n\r\n"s));
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 300; ++i) many += "A: b\r\n";
  EXPECT_FALSE(parse_response_head(many + "\r\n"));
}

TEST(BodyFraming, FollowsTheRfc) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";

  EXPECT_EQ(framing_of(ok + "Content-Length: 5\r\n")->kind, Kind::length);
  EXPECT_EQ(framing_of(ok + "Content-Length: 5\r\n")->length, 5U);
  EXPECT_EQ(framing_of(ok + "Content-Length: 0\r\n")->kind, Kind::none);
  EXPECT_EQ(framing_of(ok + "Content-Length: 5\r\nContent-Length: 5\r\n")->length, 5U);
  EXPECT_EQ(framing_of(ok + "Transfer-Encoding: Chunked\r\n")->kind, Kind::chunked);
  EXPECT_EQ(framing_of(ok)->kind, Kind::until_close);
  EXPECT_EQ(framing_of(ok + "Content-Length: 5\r\n", Method::head)->kind, Kind::none);
  EXPECT_EQ(framing_of("HTTP/1.1 204 X\r\nContent-Length: 5\r\n")->kind, Kind::none);
  EXPECT_EQ(framing_of("HTTP/1.1 304 X\r\nContent-Length: 5\r\n")->kind, Kind::none);
}

TEST(BodyFraming, SaysWhenTheConnectionMayServeAgain) {
  const std::string sized = "Content-Length: 5\r\n";

  EXPECT_TRUE(framing_of("HTTP/1.1 200 OK\r\n" + sized)->may_reuse);
  EXPECT_FALSE(framing_of("HTTP/1.1 200 OK\r\nConnection: foo, Close\r\n" + sized)->may_reuse);
  EXPECT_FALSE(framing_of("HTTP/1.0 200 OK\r\n" + sized)->may_reuse);
  EXPECT_FALSE(framing_of("HTTP/1.1 200 OK\r\n")->may_reuse);
}

TEST(BodyFraming, RefusesWhatTwoReadersWouldReadDifferently) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const char* bad :
       {"Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 5\r\n",
        "Content-Length: -1\r\n", "Content-Length: +1\r\n", "Content-Length: 1e3\r\n",
        "Content-Length:\r\n", "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "Content-Encoding: gzip\r\n"}) {
    EXPECT_FALSE(framing_of(ok + bad)) << bad;
  }
  EXPECT_FALSE(framing_of("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(framing_of(ok + "Content-Encoding: identity\r\n"));
  EXPECT_TRUE(framing_of("HTTP/1.1 429 Slow down\r\nContent-Encoding: gzip\r\n"))
      << "a refusal counts by its status";
}

}  // namespace
}  // namespace taskgate::net
