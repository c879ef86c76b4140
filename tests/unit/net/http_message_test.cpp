#include "taskgate/net/http.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace taskgate::net {
namespace {

TEST(Headers, NamesCompareWithoutCase) {
  Headers headers;
  headers.add("X-One", "1");
  headers.add("x-one", "2");

  EXPECT_EQ(headers.find("X-ONE"), "1");
  EXPECT_EQ(headers.count("x-One"), 2U);
  EXPECT_FALSE(headers.find("X-On").has_value());
}

TEST(RequestQuery, DecodesTheFirstValue) {
  Request request;
  request.query = "a=1&b=x%26y+z&a=2&flag&=nameless&%62=second";

  EXPECT_EQ(request.query_value("a"), "1");
  EXPECT_EQ(request.query_value("b"), "x&y z");
  EXPECT_EQ(request.query_value("flag"), "");
  EXPECT_FALSE(request.query_value("c").has_value());
  const auto all = request.query_values();
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->size(), 6U);
  EXPECT_EQ((*all)[5].first, "b");
}

TEST(RequestQuery, MalformedEncodingIsToldAndNeverRead) {
  for (const char* query : {"a=%", "a=%1", "a=%zz", "a=%00", "%=1"}) {
    SCOPED_TRACE(query);
    Request request;
    request.query = query;
    EXPECT_FALSE(request.query_values().has_value());
    EXPECT_FALSE(request.query_value("a").has_value());
  }
}

TEST(Response, SetRefusesWhatWouldBreakTheHead) {
  Response response;

  EXPECT_THROW(response.set("X-A", "a\r\nSet-Cookie: b"), std::invalid_argument);
  EXPECT_THROW(response.set("X-A", "a\nb"), std::invalid_argument);
  EXPECT_THROW(response.set("X-A", std::string_view("a\0b", 3)), std::invalid_argument);
  EXPECT_THROW(response.set("X A", "b"), std::invalid_argument);
  EXPECT_THROW(response.set("X-A:", "b"), std::invalid_argument);
  EXPECT_THROW(response.set("", "b"), std::invalid_argument);
  EXPECT_EQ(response.header_lines(), "");
}

}  // namespace
}  // namespace taskgate::net
