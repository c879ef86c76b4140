#include "taskgate/net/url.hpp"

#include <gtest/gtest.h>

namespace taskgate::net {
namespace {

TEST(Url, TakesTheOrdinaryForms) {
  struct Case {
    const char* text;
    bool tls;
    const char* host;
    std::uint16_t port;
    const char* authority;
    const char* target;
  };
  const Case cases[] = {
      {"http://example.com", false, "example.com", 80, "example.com", "/"},
      {"HTTPS://API.Example.com/v1?a=b#f", true, "api.example.com", 443, "api.example.com",
       "/v1?a=b"},
      {"http://h:8080/x", false, "h", 8080, "h:8080", "/x"},
      {"https://h:443/", true, "h", 443, "h", "/"},
      {"http://h:/", false, "h", 80, "h", "/"},
      {"http://h?q", false, "h", 80, "h", "/?q"},
      {"http://h#f", false, "h", 80, "h", "/"},
      {"http://127.0.0.1:1/a%20b", false, "127.0.0.1", 1, "127.0.0.1:1", "/a%20b"},
      {"http://[::1]:9/", false, "::1", 9, "[::1]:9", "/"},
      {"http://[0:0::1]/", false, "::1", 80, "[::1]", "/"},
      {"http://under_score.local/", false, "under_score.local", 80, "under_score.local", "/"},
  };

  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const auto url = parse_url(c.text);
    ASSERT_TRUE(url);
    EXPECT_EQ(url->tls, c.tls);
    EXPECT_EQ(url->host, c.host);
    EXPECT_EQ(url->port, c.port);
    EXPECT_EQ(url->authority, c.authority);
    EXPECT_EQ(url->target, c.target);
  }
}

TEST(Url, RefusesWhatIsAmbiguousOrNotHttp) {
  for (const char* bad : {"",
                          "example.com",
                          "ftp://h/",
                          "http:/h",
                          "http://",
                          "http:///x",
                          "http://user@h/",
                          "http://user:pw@h/",
                          "http://h:0/",
                          "http://h:65536/",
                          "http://h:8x/",
                          "http://h h/",
                          "http://h/a b",
                          "http://h/\r\nX: y",
                          "http://h\\@evil/",
                          "http://h/a\\b",
                          "http://[::1",
                          "http://[h]/",
                          "http://[::1]x/",
                          "http://h%41/",
                          "http://h\xC3\xA9/",
                          "http://a,b/",
                          "file:///etc/passwd"}) {
    EXPECT_FALSE(parse_url(bad)) << bad;
  }
}

TEST(Url, OriginsDifferInSchemeHostAndPort) {
  EXPECT_EQ(parse_url("http://h/a")->origin(), parse_url("HTTP://H:80/b")->origin());
  EXPECT_NE(parse_url("http://h:443/")->origin(), parse_url("https://h/")->origin());
  EXPECT_NE(parse_url("http://h/")->origin(), parse_url("http://h:81/")->origin());
}

TEST(Url, ErrorsNeverRepeatTheUrl) {
  const auto url = parse_url("http://user:secret@h/");

  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().code(), Errc::invalid_argument);
  EXPECT_EQ(url.error().message().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace taskgate::net
