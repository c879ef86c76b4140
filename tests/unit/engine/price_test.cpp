#include "taskgate/engine/price.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

providers::Usage usage(std::int64_t input, std::int64_t output) {
  providers::Usage used;
  used.input_tokens = input;
  used.output_tokens = output;
  used.reported = true;
  return used;
}

TEST(CostUsd, CountsEveryTokenOnceAtItsOwnPrice) {
  Price price;
  price.input_per_million = 2.0;
  price.output_per_million = 8.0;
  auto used = usage(1'000'000, 500'000);

  EXPECT_DOUBLE_EQ(cost_usd(used, price), 6.0);

  used.cached_input_tokens = 400'000;
  EXPECT_DOUBLE_EQ(cost_usd(used, price), 6.0) << "without a price of its own: as any input";
  price.cached_input_per_million = 0.5;
  EXPECT_DOUBLE_EQ(cost_usd(used, price), 5.4);
  price.cache_write_per_million = 3.0;
  used.cache_write_input_tokens = 100'000;
  EXPECT_DOUBLE_EQ(cost_usd(used, price), 5.5);
}

TEST(CostUsd, NeverBelievesMoreCachedTokensThanThereAre) {
  Price price;
  price.input_per_million = 2.0;
  price.cached_input_per_million = 1.0;
  auto used = usage(1'000'000, 0);
  used.cached_input_tokens = 5'000'000;
  used.cache_write_input_tokens = 5'000'000;

  EXPECT_DOUBLE_EQ(cost_usd(used, price), 1.0);
  EXPECT_DOUBLE_EQ(cost_usd(providers::Usage(), price), 0.0);
}

TEST(PriceTable, PrefersTheModelItselfThenTheLongestStar) {
  const auto priced = [](double input) {
    Price price;
    price.input_per_million = input;
    return price;
  };
  const PriceTable table({{"a/*", priced(1)}, {"a/big*", priced(2)}, {"a/big-1", priced(3)}});

  EXPECT_EQ(table.find("a/big-1")->input_per_million, 3);
  EXPECT_EQ(table.find("a/big-2")->input_per_million, 2);
  EXPECT_EQ(table.find("a/small")->input_per_million, 1);
  EXPECT_FALSE(table.find("b/big-1"));
  EXPECT_FALSE(PriceTable().find("a/x"));
}

}  // namespace
}  // namespace taskgate::engine
