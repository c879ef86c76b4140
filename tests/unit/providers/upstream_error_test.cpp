#include "providers/upstream_error.hpp"

#include "providers/anthropic/errors.hpp"
#include "providers/gemini/errors.hpp"
#include "providers/openai_errors.hpp"
#include "support/recording_sink.hpp"

#include <gtest/gtest.h>

namespace taskgate::providers {
namespace {

using namespace std::chrono_literals;

FailureClass class_of(int status, const char* body = "") {
  return classify(read_openai_error(status, body), openai_errors());
}

TEST(UpstreamError, IsClassifiedByWhatMayBeDoneAboutIt) {
  struct Case {
    int status;
    const char* body;
    FailureClass expected;
  };
  const Case cases[] = {
      {400, R"({"error":{"code":"context_length_exceeded","message":"m"}})", FailureClass::caller},
      {401, "", FailureClass::caller},
      {402, "", FailureClass::quota},
      {403, "", FailureClass::caller},
      {404, R"({"detail":"Not Found"})", FailureClass::caller},
      {408, "", FailureClass::timeout},
      {409, "", FailureClass::server},
      {413, "", FailureClass::caller},
      {422, R"({"detail":[{"msg":"x"}]})", FailureClass::caller},
      {429, R"({"error":{"code":"rate_limit_exceeded"}})", FailureClass::rate},
      {429, "<html>slow down</html>", FailureClass::rate},
      {429, R"({"error":{"code":"insufficient_quota","type":"insufficient_quota"}})",
       FailureClass::quota},
      {429, R"({"error":{"type":"insufficient_quota"}})", FailureClass::quota},
      {500, "", FailureClass::server},
      {502, "<html>Bad Gateway</html>", FailureClass::server},
      {503, R"({"error":{"code":"slow_down"}})", FailureClass::overload},
      {504, "", FailureClass::server},
      {529, "", FailureClass::overload},
      {302, "", FailureClass::caller},
      {0, R"({"error":{"code":"rate_limit_exceeded"}})", FailureClass::rate},
      {0, R"({"error":{"type":"insufficient_quota"}})", FailureClass::quota},
      {0, R"({"error":{"type":"overloaded_error"}})", FailureClass::overload},
      {0, R"({"error":{"code":502,"message":"provider"}})", FailureClass::server},
      {0, R"({"error":{"code":429}})", FailureClass::rate},
      {0, R"({"object":"error","message":"bad","type":"BadRequestError","code":400})",
       FailureClass::caller},
      {0, R"({"error":"something"})", FailureClass::server},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(class_of(c.status, c.body), c.expected) << c.status << ' ' << c.body;
  }
}

TEST(UpstreamError, ReadsEveryShapeOfMessage) {
  EXPECT_EQ(read_openai_error(400, R"({"error":{"message":"m","type":"t","code":"c"}})").message,
            "m");
  EXPECT_EQ(read_openai_error(400, R"({"error":{"message":"m","code":null}})").code, "");
  EXPECT_EQ(read_openai_error(400, R"({"error":"text"})").message, "text");
  EXPECT_EQ(read_openai_error(400, R"({"message":"m"})").message, "m");
  EXPECT_EQ(read_openai_error(400, R"({"detail":"d"})").message, "d");
  for (const char* odd : {"", "null", "[]", "\"x\"", "<html>", "{\"error\":[]}", "{\"error\":"}) {
    EXPECT_EQ(read_openai_error(400, odd).message, "") << odd;
  }
}

std::optional<std::chrono::milliseconds> wait_of(
    std::initializer_list<std::pair<const char*, const char*>> fields,
    FailureClass failure_class = FailureClass::rate) {
  net::Headers headers;
  for (const auto& [name, value] : fields) headers.add(name, value);
  const TimePoint now = *parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  return retry_after(headers, failure_class, openai_rate_limits(headers, now), now);
}

/// Every protocol's table, the rows that RFC 9110 does not decide.
TEST(UpstreamError, EachProtocolHasItsTable) {
  struct Case {
    const ErrorTable& table;
    int status;
    const char* body;
    FailureClass expected;
  };
  const ErrorTable& claude = anthropic_errors();
  const ErrorTable& gemini = gemini_errors();
  const Case cases[] = {
      {claude, 400,
       R"({"error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API"}})",
       FailureClass::quota},
      {claude, 400,
       R"({"error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits."}})",
       FailureClass::quota},
      {claude, 400, R"({"error":{"type":"invalid_request_error","message":"prompt is too long"}})",
       FailureClass::caller},
      {claude, 402, R"({"error":{"type":"billing_error"}})", FailureClass::quota},
      {claude, 413, "<html>", FailureClass::caller},
      {claude, 429, R"({"error":{"type":"rate_limit_error"}})", FailureClass::rate},
      {claude, 429,
       R"({"error":{"type":"rate_limit_error","details":{"error_code":"enforced_spend_limit_reached"}}})",
       FailureClass::quota},
      {claude, 500, R"({"error":{"type":"api_error"}})", FailureClass::server},
      {claude, 529, R"({"error":{"type":"overloaded_error"}})", FailureClass::overload},
      {gemini, 400, R"({"error":{"code":400,"status":"INVALID_ARGUMENT"}})", FailureClass::caller},
      {gemini, 403, R"({"error":{"code":403,"details":[{"reason":"BILLING_DISABLED"}]}})",
       FailureClass::quota},
      {gemini, 429, R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}})", FailureClass::rate},
      {gemini, 429,
       R"([{"error":{"code":429,"details":[{"violations":[{"quotaId":"XPerDayY"}]}]}}])",
       FailureClass::quota},
      {gemini, 500, R"({"error":{"code":500,"status":"INTERNAL"}})", FailureClass::server},
      {gemini, 503, R"({"error":{"code":503,"status":"UNAVAILABLE"}})", FailureClass::overload},
      {gemini, 504, R"({"error":{"code":504,"status":"DEADLINE_EXCEEDED"}})", FailureClass::server},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(classify(c.table.read(c.status, c.body), c.table), c.expected)
        << c.status << ' ' << c.body;
  }
}

TEST(RateLimits, AreReadFromHeaderFields) {
  net::Headers openai;
  openai.add("x-ratelimit-limit-requests", "60");
  openai.add("x-ratelimit-remaining-requests", "59");
  openai.add("x-ratelimit-reset-requests", "1m26.4s");
  openai.add("x-ratelimit-remaining-tokens", "junk");
  net::Headers claude;
  claude.add("anthropic-ratelimit-input-tokens-limit", "1000");
  claude.add("anthropic-ratelimit-input-tokens-remaining", "0");
  claude.add("anthropic-ratelimit-input-tokens-reset", "1994-11-06T08:50:00Z");
  const TimePoint now = *parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");

  const auto ours = openai_rate_limits(openai, now);
  const auto theirs = anthropic_rate_limits(claude, now);

  ASSERT_EQ(ours.size(), 1U);
  EXPECT_EQ(ours[0].name, "requests");
  EXPECT_EQ(ours[0].limit, 60);
  EXPECT_EQ(ours[0].remaining, 59);
  EXPECT_EQ(ours[0].reset, 86'400ms);
  ASSERT_EQ(theirs.size(), 1U);
  EXPECT_EQ(theirs[0].name, "input-tokens");
  EXPECT_EQ(theirs[0].remaining, 0);
  EXPECT_EQ(theirs[0].reset, 23s);
}

TEST(RetryAfter, ReadsEveryForm) {
  EXPECT_EQ(wait_of({{"Retry-After", "3"}}), 3s);
  EXPECT_EQ(wait_of({{"Retry-After", "1.5"}}), 1500ms);
  EXPECT_EQ(wait_of({{"Retry-After", "0"}}), 0ms);
  EXPECT_EQ(wait_of({{"retry-after-ms", "250"}, {"retry-after", "9"}}), 250ms);
  EXPECT_EQ(wait_of({{"retry-after-ms", "junk"}, {"retry-after", "9"}}), 9s);
  EXPECT_EQ(wait_of({{"Retry-After", "Sun, 06 Nov 1994 08:50:00 GMT"}}), 23s);
  EXPECT_EQ(wait_of({{"Retry-After", "Sun, 06 Nov 1994 08:00:00 GMT"}}), 0ms);
  EXPECT_EQ(wait_of({{"Retry-After", "1000000000"}}), 24h);
  EXPECT_EQ(wait_of({}), std::nullopt);
  for (const char* bad : {"", "-5", "soon", "1e9", "5 s", "Sun, 99 Nov 1994 08:50:00 GMT"}) {
    EXPECT_EQ(wait_of({{"Retry-After", bad}}), std::nullopt) << bad;
  }
}

TEST(RetryAfter, TakesTheExhaustedRateLimit) {
  EXPECT_EQ(
      wait_of({{"x-ratelimit-reset-requests", "12ms"}, {"x-ratelimit-reset-tokens", "1m26.4s"}}),
      86'400ms);
  EXPECT_EQ(wait_of({{"x-ratelimit-remaining-requests", "0"},
                     {"x-ratelimit-reset-requests", "12ms"},
                     {"x-ratelimit-remaining-tokens", "10"},
                     {"x-ratelimit-reset-tokens", "1m"}}),
            12ms);
  EXPECT_EQ(wait_of({{"x-ratelimit-reset-tokens", "1m"}}, FailureClass::server), std::nullopt);
}

TEST(RetryAfter, ReadsResetDurations) {
  EXPECT_EQ(parse_reset_duration("6ms"), 6ms);
  EXPECT_EQ(parse_reset_duration("1s"), 1s);
  EXPECT_EQ(parse_reset_duration("1m26.4s"), 86'400ms);
  EXPECT_EQ(parse_reset_duration("1h2m3s"), 3723s);
  EXPECT_EQ(parse_reset_duration("0s"), 0ms);
  EXPECT_EQ(parse_reset_duration("12"), 12s);
  for (const char* bad : {"", "s", "1x", "1m26", "-1s", "1 s"}) {
    EXPECT_EQ(parse_reset_duration(bad), std::nullopt) << bad;
  }
}

TEST(Presentable, HidesCredentials) {
  const std::string key = "verysecretkey";

  EXPECT_EQ(presentable("the key verysecretkey is verysecretkey", key), "the key … is …");
  EXPECT_EQ(presentable("Incorrect API key provided: sk-proj-abcdefghijklmnop1234", "")
                .find("abcdefghijklmnop"),
            std::string::npos);
  EXPECT_EQ(presentable("Authorization: Bearer abcdefghijklmnopqrstuvw", "").find("abcdefghijk"),
            std::string::npos);
}

TEST(Presentable, IsOneBoundedLineOfUtf8) {
  const std::string long_text = presentable(std::string(10'000, 'x') + "\xC3\xA9", "");
  EXPECT_LT(long_text.size(), 600U);
  EXPECT_EQ(presentable("a\nb\x1b", ""), "a b ");
  EXPECT_TRUE(test::is_valid_utf8(presentable("\xFF\xC3", "")));
  std::string accents;
  for (int i = 0; i < 400; ++i) accents += "\xC3\xA9";
  EXPECT_TRUE(test::is_valid_utf8(presentable(accents, "")));
  EXPECT_TRUE(test::is_valid_utf8(presentable("x" + accents, "")));
}

}  // namespace
}  // namespace taskgate::providers
