// The cache of compiled schemas.
#include "taskgate/checks/schema_cache.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <thread>
#include <vector>

namespace taskgate::checks {
namespace {

std::string maximum(int bound) {
  return "{\"maximum\":" + std::to_string(bound) + "}";
}

TEST(SchemaCache, GivesTheSameSchemaTwice) {
  SchemaCache cache({}, {});

  const auto first = cache.get(maximum(1));
  const auto second = cache.get(maximum(1));

  ASSERT_TRUE(first && second);
  EXPECT_EQ(cache.entries(), 1U);
  EXPECT_EQ(first->schemas_at("").at(0).schema, second->schemas_at("").at(0).schema);
}

TEST(SchemaCache, LetsTheLeastRecentlyUsedGo) {
  SchemaCache cache({}, {.max_entries = 2, .max_bytes = 1U << 20});
  const auto* const one = cache.get(maximum(1))->schemas_at("").at(0).schema;
  const auto kept = *cache.get(maximum(2));
  const auto* const two = kept.schemas_at("").at(0).schema;

  (void)cache.get(maximum(1));  // only to make it the more recent one
  (void)cache.get(maximum(3));  // only to push one out

  EXPECT_EQ(cache.entries(), 2U);
  EXPECT_EQ(cache.get(maximum(1))->schemas_at("").at(0).schema, one);
  EXPECT_NE(cache.get(maximum(2))->schemas_at("").at(0).schema, two);
}

TEST(SchemaCache, IsBoundedInBytes) {
  const std::size_t each = compile_schema(maximum(1))->bytes();
  SchemaCache cache({}, {.max_entries = 100, .max_bytes = each * 3});

  for (int i = 0; i < 9; ++i) ASSERT_TRUE(cache.get(maximum(i)));

  EXPECT_LE(cache.bytes(), each * 3);
  EXPECT_EQ(cache.entries(), 3U);
}

TEST(SchemaCache, DoesNotKeepRefusals) {
  SchemaCache cache({}, {});

  EXPECT_FALSE(cache.get("{"));
  EXPECT_EQ(cache.entries(), 0U);
}

TEST(SchemaCache, ServesManyThreads) {
  SchemaCache cache({}, {.max_entries = 4, .max_bytes = 1U << 20});
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;

  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&cache, &failures = wrong[t]] {
      for (int i = 0; i < 300; ++i) {
        const auto schema = cache.get(maximum(i % 8));
        if (!schema || !schema->validate(i % 8).is_valid() || schema->validate(9).is_valid())
          ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(wrong, std::vector<int>(4, 0));
  EXPECT_LE(cache.entries(), 4U);
}

}  // namespace
}  // namespace taskgate::checks
