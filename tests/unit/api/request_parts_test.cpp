#include "api/request_parts.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace taskgate::api {
namespace {

net::Request with_header(const std::string& name, const std::vector<std::string>& values) {
  net::Request request;
  for (const auto& value : values) request.headers.add(name, value);
  return request;
}

TEST(PreferredWait, ReadsRfc7240) {
  const std::vector<std::pair<std::vector<std::string>, std::optional<int>>> cases{
      {{}, std::nullopt},
      {{"wait=10"}, 10},
      {{"respond-async, wait=5"}, 5},
      {{"respond-async", "Wait=7"}, 7},
      {{"wait = 3"}, 3},
      {{"wait=\"8\""}, 8},
      {{"wait=4; note=x"}, 4},
      {{"foo=\"a, wait=9\", wait=2"}, 2},
      {{"wait=1, wait=30"}, 1},
      {{"wait=61"}, 60},
      {{"wait=99999999999999999999"}, 60},
      {{"wait=0"}, std::nullopt},
      {{"wait=-5"}, std::nullopt},
      {{"wait=ten"}, std::nullopt},
      {{"wait=10s"}, std::nullopt},
      {{"wait"}, std::nullopt},
      {{"respond-async"}, std::nullopt},
  };
  for (const auto& [values, expected] : cases) {
    SCOPED_TRACE(values.empty() ? "" : values[0]);
    const auto wait = preferred_wait(with_header("Prefer", values));

    EXPECT_EQ(wait.has_value(), expected.has_value());
    EXPECT_EQ(wait ? wait->count() : -1, expected.value_or(-1));
  }
}

TEST(IdempotencyKey, TakesQuotedAndBareKeys) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"\"8e03978e-40d5\"", "8e03978e-40d5"},
      {"8e03978e-40d5", "8e03978e-40d5"},
      {"  spaced-out ", "spaced-out"},
      {R"("a\"b\\c")", R"(a"b\c)"},
      {"x", "x"},
      {std::string(255, 'k'), std::string(255, 'k')},
  };
  for (const auto& [value, key] : cases) {
    const auto read = read_idempotency_key(with_header("Idempotency-Key", {value}));

    EXPECT_FALSE(read.problem) << value;
    EXPECT_EQ(read.key, key);
  }
  EXPECT_FALSE(read_idempotency_key(net::Request()).key);
  EXPECT_FALSE(read_idempotency_key(net::Request()).problem);
}

TEST(IdempotencyKey, RefusesWhatIsMalformed) {
  const std::vector<std::vector<std::string>> cases{
      {""},       {"\"\""},    {"\"open"},   {"\"a\"b"},  {"\"a\";p=1"}, {"a b"},
      {"a,b"},    {"a\"b"},    {R"("a\x")"}, {"\"a b\""}, {"\xC3\xA9"},  {std::string(256, 'k')},
      {"a", "a"}, {R"("a\")"},
  };
  for (const auto& values : cases) {
    const auto read = read_idempotency_key(with_header("Idempotency-Key", values));

    ASSERT_TRUE(read.problem) << values[0];
    EXPECT_EQ(read.problem->code, ProblemCode::invalid_idempotency_key);
  }
}

TEST(Accept, ExcludesOnlyWhatItExcludes) {
  const std::vector<std::pair<std::vector<std::string>, bool>> cases{
      {{}, true},
      {{""}, true},
      {{"*/*"}, true},
      {{"application/*"}, true},
      {{"text/html, Application/JSON;q=0.5"}, true},
      {{"text/html", "application/json"}, true},
      {{"application/json; charset=utf-8"}, true},
      {{"text/html"}, false},
      {{"application/json;q=0"}, false},
      {{"application/json; q=0.000"}, false},
      {{"application/xml, text/*"}, false},
      {{"garbage"}, false},
  };
  for (const auto& [values, fits] : cases) {
    SCOPED_TRACE(values.empty() ? "" : values[0]);
    EXPECT_EQ(!check_accept(with_header("Accept", values), "application", "json"), fits);
  }
}

TEST(ContentType, MustBeJson) {
  for (const auto* good :
       {"application/json", "Application/JSON; charset=utf-8", "application/json ;x",
        "application/json;charset=\"UTF-8\"", "application/json; x=y; charset=us-ascii"})
    EXPECT_FALSE(check_json_content(with_header("Content-Type", {good}))) << good;
  for (const auto* bad : {"", "text/plain", "application/jsonx",
                          "application/x-www-form-urlencoded", "application/json; charset=utf-16",
                          "application/json; x=y;Charset=\"latin1\"", "application/json; charset"})
    EXPECT_TRUE(check_json_content(with_header("Content-Type", {bad}))) << bad;
  EXPECT_TRUE(check_json_content(net::Request()));
}

TEST(EntityTag, MatchesWeakly) {
  const std::string etag = "\"a-3\"";
  for (const auto* value : {"\"a-3\"", "W/\"a-3\"", "\"x\", \"a-3\"", "*"})
    EXPECT_TRUE(matches_etag(with_header("If-None-Match", {value}), etag)) << value;
  for (const auto* value : {"\"a-4\"", "a-3", "\"a-33\"", "", "W/*", "\"x, \\\"a-3\\\"\""})
    EXPECT_FALSE(matches_etag(with_header("If-None-Match", {value}), etag)) << value;
}

TEST(NoFields, TakesNothingOrAnEmptyObject) {
  for (const auto* body : {"", "{}", " { } \r\n", "\t"}) {
    net::Request request;
    request.body = body;
    EXPECT_FALSE(check_no_fields(request)) << body;
  }
  for (const auto* body : {"[]", "{\"a\":1}", "null", "{}{}"}) {
    net::Request request;
    request.body = body;
    EXPECT_TRUE(check_no_fields(request)) << body;
  }
}

}  // namespace
}  // namespace taskgate::api
