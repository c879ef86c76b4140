#include "taskgate/delivery/schedule.hpp"

#include <gtest/gtest.h>

namespace taskgate::delivery {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using store::DeliveryState;

// RFC 9110 §5.6.7's example date, 1994-11-06T08:49:37Z.
const TimePoint kRfcExample{std::chrono::seconds(784'111'777)};
constexpr double kMiddle = 0.5;  // no jitter

AttemptOutcome answered(int status) {
  AttemptOutcome outcome;
  outcome.http_status = status;
  return outcome;
}

AttemptOutcome answered_with_wait(int status, std::string retry_after) {
  auto outcome = answered(status);
  outcome.retry_after = std::move(retry_after);
  return outcome;
}

Judgement judge_attempt(const AttemptOutcome& outcome, int attempts_made) {
  return judge(outcome, RetrySchedule{}, attempts_made, kRfcExample, kMiddle);
}

TEST(RetrySchedule, FollowsTheContractThenEnds) {
  const RetrySchedule schedule;
  const std::optional<milliseconds> expected[] = {5s, 5min, 30min, 2h, 5h, 10h, 10h, std::nullopt};

  for (int made = 1; made <= 8; ++made) {
    EXPECT_EQ(next_delay(schedule, made, kMiddle), expected[made - 1]) << made;
  }
  EXPECT_EQ(next_delay(schedule, 100, kMiddle), std::nullopt);
}

TEST(RetrySchedule, JitterStaysWithinAFifth) {
  const RetrySchedule schedule;

  EXPECT_EQ(next_delay(schedule, 1, 0.0), 4s);
  EXPECT_EQ(next_delay(schedule, 1, 0.75), 5500ms);
  EXPECT_LE(next_delay(schedule, 1, 0.999999), milliseconds(6s));
  EXPECT_EQ(next_delay(schedule, 6, 0.0), 8h);
}

TEST(RetryAfter, ReadsSecondsAndTheThreeDateForms) {
  const auto now = kRfcExample - 90s;

  EXPECT_EQ(parse_retry_after("0", now), 0ms);
  EXPECT_EQ(parse_retry_after("120", now), 120s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), 90s);
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now), 90s);
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:49:37 1994", now), 90s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kRfcExample + 1s), 0ms);
  EXPECT_GT(parse_retry_after("99999999999999999999999999", now), milliseconds(24h));
}

TEST(RetryAfter, IgnoresWhatIsNeither) {
  for (const char* odd : {"", "-5", "+5", "1.5", "5s", " 5", "soon", "Sun, 06 Nov 1994",
                          "Sun, 31 Feb 2026 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT x",
                          "Sun, 06 Nov 1994 25:49:37 GMT"}) {
    EXPECT_EQ(parse_retry_after(odd, kRfcExample), std::nullopt) << odd;
  }
}

TEST(Judge, OnlyTwoHundredsAreSuccess) {
  for (const int status : {200, 201, 202, 204, 226, 299}) {
    EXPECT_EQ(judge_attempt(answered(status), 1).state, DeliveryState::delivered) << status;
  }
  for (const int status : {100, 199, 300, 301, 302, 307, 400, 401, 404, 429, 500, 503, 599}) {
    const auto judged = judge_attempt(answered(status), 1);
    EXPECT_EQ(judged.state, DeliveryState::pending) << status;
    EXPECT_EQ(judged.next_attempt_at, kRfcExample + 5s) << status;
    EXPECT_NE(judged.error.find(std::to_string(status)), std::string::npos) << judged.error;
    EXPECT_FALSE(judged.endpoint_gone);
  }
}

TEST(Judge, SaysThatARedirectWasNotFollowed) {
  EXPECT_EQ(judge_attempt(answered(302), 1).error, "answered 302: redirects are not followed");
}

TEST(Judge, GoneEndsTheEndpointAtOnce) {
  const auto judged = judge_attempt(answered(410), 1);

  EXPECT_EQ(judged.state, DeliveryState::exhausted);
  EXPECT_EQ(judged.error, "410 gone: endpoint disabled");
  EXPECT_TRUE(judged.endpoint_gone);
}

TEST(Judge, RetryAfterLengthensTheWaitOf429And503Alone) {
  EXPECT_EQ(judge_attempt(answered_with_wait(429, "60"), 1).next_attempt_at, kRfcExample + 60s);
  EXPECT_EQ(judge_attempt(answered_with_wait(503, "60"), 1).next_attempt_at, kRfcExample + 60s);
  EXPECT_EQ(judge_attempt(answered_with_wait(500, "60"), 1).next_attempt_at, kRfcExample + 5s);
  EXPECT_EQ(judge_attempt(answered_with_wait(302, "60"), 1).next_attempt_at, kRfcExample + 5s);
}

TEST(Judge, RetryAfterIsHeldBetweenTheScheduleAndADay) {
  EXPECT_EQ(judge_attempt(answered_with_wait(429, "1"), 1).next_attempt_at, kRfcExample + 5s);
  EXPECT_EQ(judge_attempt(answered_with_wait(429, "1"), 2).next_attempt_at, kRfcExample + 5min);
  EXPECT_EQ(judge_attempt(answered_with_wait(429, "999999999"), 1).next_attempt_at,
            kRfcExample + 24h);
  EXPECT_EQ(judge_attempt(answered_with_wait(429, "9999999999999999999"), 1).next_attempt_at,
            kRfcExample + 24h);
  EXPECT_EQ(judge_attempt(answered_with_wait(429, "nonsense"), 1).next_attempt_at,
            kRfcExample + 5s);
}

TEST(Judge, ExhaustedAfterTheLastAttemptWhateverRetryAfterSays) {
  EXPECT_EQ(judge_attempt(answered(500), 7).state, DeliveryState::pending);
  EXPECT_EQ(judge_attempt(answered(500), 8).state, DeliveryState::exhausted);
  EXPECT_EQ(judge_attempt(answered_with_wait(429, "60"), 8).state, DeliveryState::exhausted);
  EXPECT_EQ(judge_attempt(answered(200), 8).state, DeliveryState::delivered);
}

TEST(Judge, NoAnswerIsRetriedUnlessNothingCanBeBetter) {
  AttemptOutcome outcome;
  outcome.error = "the connection was refused";

  EXPECT_EQ(judge_attempt(outcome, 1).state, DeliveryState::pending);
  EXPECT_EQ(judge_attempt(outcome, 1).error, "the connection was refused");
  outcome.permanent = true;
  EXPECT_EQ(judge_attempt(outcome, 1).state, DeliveryState::exhausted);
}

}  // namespace
}  // namespace taskgate::delivery
