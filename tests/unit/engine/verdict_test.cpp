#include "engine/verdict.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

TEST(Verdict, FailureClassesBecomeTypedErrors) {
  providers::Failure failure;
  failure.message = "m";
  failure.failure_class = providers::FailureClass::rate;
  EXPECT_EQ(describe(failure).type, "rate_limited");
  failure.failure_class = providers::FailureClass::timeout;
  EXPECT_EQ(describe(failure).type, "provider_timeout");
  failure.failure_class = providers::FailureClass::quota;
  EXPECT_EQ(describe(failure).recovery, "human_review");
  failure.failure_class = providers::FailureClass::caller;
  failure.http_status = 400;
  failure.code = "bad";
  EXPECT_EQ(describe(failure).recovery, "none");
  EXPECT_EQ(describe(failure).evidence, "HTTP 400, code bad");
}

}  // namespace
}  // namespace taskgate::engine
