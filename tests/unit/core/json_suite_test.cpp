// The public corpus of JSON texts (JSONTestSuite) through the guard and the parser together: every
// y_ file is taken, every n_ file refused. The parser alone takes one n_ file, for its NUL.

#include "taskgate/core/json_guard.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace taskgate {
namespace {

namespace fs = std::filesystem;

fs::path json_suite_folder() {
  return fs::path(TASKGATE_SOURCE_DIR) / "../shared/corpora/json-test-suite/test_parsing";
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_taken(const std::string& text) {
  return !guard_json(text) && !nlohmann::json::parse(text, nullptr, false).is_discarded();
}

TEST(JsonTestSuite, TakesEveryValidTextAndRefusesEveryOther) {
  if (!fs::exists(json_suite_folder()))
    GTEST_SKIP() << "the JSON corpus is not there: "
                 << "../shared/corpora/json-test-suite";
  std::size_t valid = 0;
  std::size_t invalid = 0;
  for (const auto& entry : fs::directory_iterator(json_suite_folder())) {
    const std::string name = entry.path().filename().string();
    SCOPED_TRACE(name);
    if (name.starts_with("y_")) {
      EXPECT_TRUE(is_taken(bytes_of(entry.path())));
      ++valid;
    } else if (name.starts_with("n_")) {
      EXPECT_FALSE(is_taken(bytes_of(entry.path())));
      ++invalid;
    }
  }
  EXPECT_GE(valid, 90U);
  EXPECT_GE(invalid, 180U);
}

TEST(JsonTestSuite, BytesAfterANulAreRefusedThoughTheParserDoesNotSeeThem) {
  const std::string text("{\"a\":1}\0{\"b\":2}", 15);
  ASSERT_FALSE(nlohmann::json::parse(text, nullptr, false).is_discarded());
  EXPECT_FALSE(is_taken(text));
}

}  // namespace
}  // namespace taskgate
