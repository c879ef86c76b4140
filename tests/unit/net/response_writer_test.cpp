#include "net/response_writer.hpp"

#include <gtest/gtest.h>

namespace taskgate::net {
namespace {

TEST(DateCache, FormatsAsTheStandardShowsIt) {
  DateCache cache;

  EXPECT_EQ(cache.at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 §5.6.7
  EXPECT_EQ(cache.at(784111777 + 3600), "Sun, 06 Nov 1994 09:49:37 GMT");
}

TEST(AppendHead, WritesFieldsOnce) {
  std::string out;
  HeadOptions options;
  options.request_id = "req_1";
  options.date = "D";

  append_head(out, Response::json(202, "{}"), options);

  EXPECT_EQ(out,
            "HTTP/1.1 202 Accepted\r\nDate: D\r\nServer: taskgate\r\nX-Request-Id: req_1\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n");
}

TEST(AppendHead, UnknownStatusHasAnEmptyPhrase) {
  std::string out;

  append_head(out, Response(599), HeadOptions());

  EXPECT_TRUE(out.starts_with("HTTP/1.1 599 \r\n"));
}

}  // namespace
}  // namespace taskgate::net
