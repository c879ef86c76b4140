#include "engine/finished_cache.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

FinishedTask finished_task(std::uint8_t number, std::size_t bytes) {
  FinishedTask finished;
  finished.task.ref.tenant = "t";
  finished.task.ref.id.bytes[15] = number;
  finished.object = std::make_shared<const std::string>(bytes, 'x');
  return finished;
}

TaskRef ref_of(std::uint8_t number) {
  return finished_task(number, 0).task.ref;
}

TEST(FinishedCache, LeastRecentlyUsedGoesFirst) {
  FinishedCache cache(40'000);
  for (std::uint8_t i = 1; i <= 18; ++i) cache.put(finished_task(i, 1'600));
  ASSERT_TRUE(cache.find(ref_of(1)));  // touched: now the newest

  cache.put(finished_task(100, 1'600));
  cache.put(finished_task(101, 1'600));

  EXPECT_TRUE(cache.find(ref_of(1)));
  EXPECT_FALSE(cache.find(ref_of(2)));
  EXPECT_TRUE(cache.find(ref_of(101)));
}

TEST(FinishedCache, AGiantDoesNotEmptyIt) {
  FinishedCache cache(40'000);
  cache.put(finished_task(1, 1'000));

  cache.put(finished_task(2, 39'000));

  EXPECT_TRUE(cache.find(ref_of(1)));
  EXPECT_FALSE(cache.find(ref_of(2)));
}

TEST(FinishedCache, ErasedIsGone) {
  FinishedCache cache(40'000);
  cache.put(finished_task(1, 10));

  cache.erase(ref_of(1));

  EXPECT_FALSE(cache.find(ref_of(1)));
}

TEST(FinishedCache, TenantIsPartOfTheKey) {
  FinishedCache cache(40'000);
  cache.put(finished_task(1, 10));
  auto other = ref_of(1);
  other.tenant = "other";

  EXPECT_FALSE(cache.find(other));
}

}  // namespace
}  // namespace taskgate::engine
