#include "engine/admission.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

TEST(Admission, TenantLimitIsRateLimitedAndOthersGoOn) {
  Admission door({.max_live_tasks = 10, .max_live_bytes = 1'000, .max_live_tasks_per_tenant = 2});
  ASSERT_TRUE(door.enter("a", 1));
  ASSERT_TRUE(door.enter("a", 1));

  const auto third = door.enter("a", 1);

  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code(), Errc::rate_limited);
  EXPECT_TRUE(third.error().retry_after());
  EXPECT_TRUE(door.enter("b", 1));
}

TEST(Admission, ServerLimitIsOverloaded) {
  Admission door({.max_live_tasks = 1, .max_live_bytes = 1'000, .max_live_tasks_per_tenant = 5});
  ASSERT_TRUE(door.enter("a", 1));

  const auto second = door.enter("b", 1);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::overloaded);
}

TEST(Admission, BytesCount) {
  Admission door({.max_live_tasks = 10, .max_live_bytes = 100, .max_live_tasks_per_tenant = 10});
  ASSERT_TRUE(door.enter("a", 60));

  EXPECT_FALSE(door.enter("a", 60));
  door.withdraw("a", 60);
  EXPECT_TRUE(door.enter("a", 60));
}

TEST(Admission, RetryAfterFollowsTheDrainRate) {
  Admission door(
      {.max_live_tasks = 1'000, .max_live_bytes = 1U << 20, .max_live_tasks_per_tenant = 1'000});
  auto now = Steady::now();
  door.restore("a", 0);
  door.leave("a", 0, now);  // opens the first window
  for (int second = 1; second <= 30; ++second) {
    now += seconds{1};
    for (int i = 0; i < 10; ++i) {
      door.restore("a", 0);
      door.leave("a", 0, now);
    }
  }
  for (int i = 0; i < 1'000; ++i) door.restore("b", 0);

  const auto refused = door.enter("c", 0);

  ASSERT_FALSE(refused);  // 5 % of 1,000 places at about 10 a second
  EXPECT_GE(*refused.error().retry_after(), seconds{4});
  EXPECT_LE(*refused.error().retry_after(), seconds{8});
}

}  // namespace
}  // namespace taskgate::engine
