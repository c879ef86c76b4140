#include "taskgate/core/suggest.hpp"

#include <gtest/gtest.h>

#include <array>

namespace taskgate {
namespace {

TEST(EditDistance, CountsEditsAndSwaps) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("serve", "sevre"), 1U);
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);
}

TEST(DidYouMean, NamesTheNearestOnlyWhenItIsNear) {
  constexpr std::array<std::string_view, 5> kKeys{"api_key", "base_url", "protocol", "headers",
                                                  "ip"};
  EXPECT_EQ(closest("api_keyy", kKeys), "api_key");
  EXPECT_EQ(closest("apikey", kKeys), "api_key");
  EXPECT_EQ(closest("BASE_URL", kKeys), "base_url");
  EXPECT_EQ(closest("portocol", kKeys), "protocol");
  EXPECT_EQ(closest("temperature", kKeys), std::nullopt);
  EXPECT_EQ(closest("", kKeys), std::nullopt);
  EXPECT_EQ(closest("xy", kKeys), std::nullopt);
  EXPECT_EQ(closest(std::string(100'000, 'a'), kKeys), std::nullopt);
  EXPECT_EQ(did_you_mean("api_keyy", kKeys), " — did you mean \"api_key\"?");
  EXPECT_EQ(did_you_mean("zzz", kKeys), "");
}

}  // namespace
}  // namespace taskgate
