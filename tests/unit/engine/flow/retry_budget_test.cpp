#include "engine/flow/retry_budget.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

using namespace std::chrono_literals;
using runtime::SteadyTime;

const SteadyTime kBudgetStart{std::chrono::hours{1}};

int take_all(RetryBudget& budget, SteadyTime now) {
  int taken = 0;
  while (budget.may_retry(now) && taken < 10'000) {
    budget.note_retry(now);
    ++taken;
  }
  return taken;
}

RetryBudgetPolicy of(int percent, int floor) {
  RetryBudgetPolicy policy;
  policy.percent = percent;
  policy.floor = floor;
  return policy;
}

TEST(RetryBudget, ALoneTaskMayRetry) {
  RetryBudget budget(of(10, 3));
  budget.note_request(kBudgetStart);

  EXPECT_EQ(take_all(budget, kBudgetStart), 3);
}

TEST(RetryBudget, IsAShareOfTheRequests) {
  RetryBudget budget(of(10, 3));
  for (int i = 0; i < 1000; ++i) budget.note_request(kBudgetStart);

  EXPECT_EQ(take_all(budget, kBudgetStart), 103);
}

TEST(RetryBudget, WhatIsUsedComesBackWithTheWindow) {
  RetryBudget budget(of(10, 3));
  for (int i = 0; i < 100; ++i) budget.note_request(kBudgetStart);
  EXPECT_EQ(take_all(budget, kBudgetStart), 13);
  EXPECT_EQ(take_all(budget, kBudgetStart + 9s), 0);

  EXPECT_EQ(take_all(budget, kBudgetStart + 10s), 3) << "the requests have left the window too";
}

TEST(RetryBudget, HoldsOverAnyWindowOfALongRun) {
  RetryBudget budget(of(10, 2));
  int retries = 0;
  for (int second = 0; second < 100; ++second) {
    const auto now = kBudgetStart + std::chrono::seconds{second};
    for (int i = 0; i < 50; ++i) budget.note_request(now);
    retries += take_all(budget, now);
  }

  EXPECT_LE(retries, 5000 / 10 + 10 * 2);
  EXPECT_GE(retries, 5000 / 10 - 50);
}

TEST(RetryBudget, NothingIsAllowedWhenNothingIsGranted) {
  RetryBudget budget(of(0, 0));
  budget.note_request(kBudgetStart);

  EXPECT_EQ(take_all(budget, kBudgetStart), 0);
}

}  // namespace
}  // namespace taskgate::engine
