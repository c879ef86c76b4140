#include "taskgate/core/result.hpp"

#include <gtest/gtest.h>

#include <set>

namespace taskgate {
namespace {

TEST(Error, EveryCodeHasItsOwnName) {
  std::set<std::string> names;
  for (int code = static_cast<int>(Errc::invalid_argument);
       code <= static_cast<int>(Errc::internal); ++code)
    names.insert(to_string(static_cast<Errc>(code)));
  EXPECT_EQ(names.size(), 16U);
}

TEST(Error, KeepsWhatTheClientMaySeeApartFromTheLog) {
  Error error(Errc::overloaded, "too many tasks are waiting");
  error.with_detail("queue 100000").with_retry_after(std::chrono::seconds(3));

  const Result<int> result = error;

  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().message(), "too many tasks are waiting");
  EXPECT_EQ(result.error().detail(), "queue 100000");
  EXPECT_EQ(result.error().retry_after(), std::chrono::milliseconds(3000));
}

TEST(Result, AskingAnErrorForItsValueThrowsItsMessage) {
  const Result<int> result = Error(Errc::not_found, "no such task");
  try {
    (void)result.value();
    FAIL() << "value() must throw";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "not_found: no such task");
  }
}

}  // namespace
}  // namespace taskgate
