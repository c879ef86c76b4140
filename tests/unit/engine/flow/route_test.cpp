#include "engine/flow/route.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

using providers::Failure;
using providers::FailureClass;
using Next = Route::Next;

Failure failed(FailureClass failure_class, int status = 0, std::string code = {}) {
  Failure failure;
  failure.failure_class = failure_class;
  failure.http_status = status;
  failure.code = std::move(code);
  return failure;
}

TEST(Route, StaysWithAModelUntilItsAttemptsAreUsedUp) {
  Route route("a/x", {"b/y"});

  EXPECT_EQ(route.after_failure(0, failed(FailureClass::overload), 3), Next::same_model);
  EXPECT_EQ(route.after_failure(0, failed(FailureClass::server), 3), Next::same_model);
  EXPECT_EQ(route.after_failure(0, failed(FailureClass::overload), 3), Next::next_model);

  EXPECT_EQ(route.current(), 1U);
  EXPECT_EQ(route.failures(1), 0) << "the next model has its own attempts";
  EXPECT_EQ(route.path(), R"([{"model":"a/x","attempts":3,"outcome":"overload"}])");
}

TEST(Route, MovesOnWhenTheUpstreamAsksForALongPause) {
  auto failure = failed(FailureClass::rate, 429);
  failure.retry_after = std::chrono::seconds{11};
  Route route("a/x", {"b/y"});

  EXPECT_EQ(route.after_failure(0, failure, 3), Next::next_model);
  EXPECT_EQ(route.after_failure(1, failure, 3), Next::same_model) << "there is nobody else";
}

TEST(Route, MovesOnAtOnceFromWhatNoRetryHelps) {
  for (const auto& failure : {failed(FailureClass::quota, 429), failed(FailureClass::caller, 401),
                              failed(FailureClass::caller, 403), failed(FailureClass::caller, 404),
                              failed(FailureClass::caller, 413),
                              failed(FailureClass::caller, 400, "context_length_exceeded")}) {
    Route route("a/x", {"b/y"});
    EXPECT_EQ(route.after_failure(0, failure, 3), Next::next_model) << failure.http_status;
  }
}

TEST(Route, AnthropicAndGeminiSayTooLongInWords) {
  auto failure = failed(FailureClass::caller, 400, "invalid_request_error");
  failure.message = "the upstream answered 400: prompt is too long: 210000 tokens > 200000 maximum";

  EXPECT_TRUE(may_fall_back(failure));
}

TEST(Route, EndsWhereTheRequestItselfIsWrong) {
  for (const auto& failure : {failed(FailureClass::caller, 400), failed(FailureClass::caller, 422),
                              failed(FailureClass::cancelled)}) {
    Route route("a/x", {"b/y"});
    EXPECT_EQ(route.after_failure(0, failure, 3), Next::end) << failure.http_status;
  }
}

TEST(Route, EndsAfterTheLastModel) {
  Route route("a/x", {"b/y", "c/z"});

  EXPECT_EQ(route.after_failure(0, failed(FailureClass::quota), 1), Next::next_model);
  EXPECT_EQ(route.after_failure(1, failed(FailureClass::timeout), 1), Next::next_model);
  EXPECT_EQ(route.after_failure(2, failed(FailureClass::server), 1), Next::end);

  EXPECT_EQ(route.path(), R"([{"model":"a/x","attempts":1,"outcome":"quota"},)"
                          R"({"model":"b/y","attempts":1,"outcome":"timeout"},)"
                          R"({"model":"c/z","attempts":1,"outcome":"server"}])");
}

TEST(Route, APassedOverModelIsNotBehindTheTask) {
  Route route("a/x", {"b/y"});
  route.note_passed_over(1);
  EXPECT_EQ(route.current(), 0U);

  route.note_answer(1);

  EXPECT_EQ(route.path(), R"([{"model":"a/x","attempts":0,"outcome":"passed_over"},)"
                          R"({"model":"b/y","attempts":1,"outcome":"answered"}])");
}

TEST(Route, GoesOnAfterAnAnswerThatCannotBeUsed) {
  Route route("a/x", {"b/y", "c/z"});
  EXPECT_EQ(route.behind(0), (std::vector<std::string>{"b/y", "c/z"}));

  EXPECT_TRUE(route.after_unusable(0));
  EXPECT_EQ(route.current(), 1U);
  EXPECT_TRUE(route.after_unusable(1));
  EXPECT_FALSE(route.after_unusable(2)) << "there is no model behind it";
  route.note_answer(2);

  EXPECT_EQ(route.path(), R"([{"model":"a/x","attempts":1,"outcome":"invalid_answer"},)"
                          R"({"model":"b/y","attempts":1,"outcome":"invalid_answer"},)"
                          R"({"model":"c/z","attempts":1,"outcome":"answered"}])");
}

TEST(Route, IsReadBackFromTheLog) {
  Route route("a/x", {"b/y", "c/z"});

  route.replay(R"("attempt":1,"delay_ms":5,"reason":"rate","message":"m","model":"a/x")");
  route.replay(R"("attempt":2,"reason":"quota","model":"a/x","next_model":"b/y")");
  route.replay(R"("attempt":3,"reason":"server","model":"b/y")");
  route.replay(R"("attempt":3,"reason":"shutdown")");
  route.replay("not json");

  EXPECT_EQ(route.current(), 1U);
  EXPECT_EQ(route.failures(1), 1);
  EXPECT_EQ(route.path(), R"([{"model":"a/x","attempts":2,"outcome":"quota"},)"
                          R"({"model":"b/y","attempts":1,"outcome":"server"}])");
}

}  // namespace
}  // namespace taskgate::engine
