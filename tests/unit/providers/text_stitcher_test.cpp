#include "providers/text_stitcher.hpp"

#include "providers/json_cursor.hpp"
#include "support/recording_sink.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace taskgate::providers {
namespace {

std::string stitch_all(const std::vector<std::string>& pieces) {
  TextStitcher stitcher;
  std::string all;
  for (const std::string& piece : pieces) {
    const std::string_view out = stitcher.push(piece);
    EXPECT_TRUE(test::is_valid_utf8(out)) << "a cut character came out";
    all.append(out);
  }
  all.append(stitcher.finish());
  EXPECT_TRUE(test::is_valid_utf8(all));
  return all;
}

TEST(TextStitcher, JoinsTextCutAtEveryByte) {
  const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";
  for (std::size_t i = 0; i <= text.size(); ++i) {
    for (std::size_t j = i; j <= text.size(); ++j) {
      EXPECT_EQ(stitch_all({text.substr(0, i), text.substr(i, j - i), text.substr(j)}), text);
    }
  }
}

TEST(TextStitcher, JoinsSurrogateHalvesCutAnywhere) {
  const std::string halves = unescape(R"(x\ud83d\ude00y)");  // three bytes each
  for (std::size_t i = 0; i <= halves.size(); ++i) {
    EXPECT_EQ(stitch_all({halves.substr(0, i), halves.substr(i)}), "x\xF0\x9F\x98\x80y") << i;
  }
}

TEST(TextStitcher, ReplacesWhatCanNeverBecomeACharacter) {
  const std::string mark = "\xEF\xBF\xBD";

  EXPECT_EQ(stitch_all({"\x80"}), mark);
  EXPECT_EQ(stitch_all({"\xC0\xAF"}), mark + mark);
  EXPECT_EQ(stitch_all({"\xF5x"}), mark + "x");
  EXPECT_EQ(stitch_all({"\xE2\x82", "x"}), mark + "x");
  EXPECT_EQ(stitch_all({"\xE2\x82"}), mark);
  EXPECT_EQ(stitch_all({unescape(R"(\ud83d)"), "x"}), mark + "x");
  EXPECT_EQ(stitch_all({unescape(R"(\ude00\ud83d)")}), mark + mark);
  EXPECT_EQ(stitch_all({unescape(R"(\ud83d\ud83d\ude00)")}), mark + "\xF0\x9F\x98\x80");
}

TEST(TextStitcher, NeverLetsInvalidTextOut) {
  // Every pair of pieces from a set of awkward bytes.
  const std::vector<std::string> awkward{
      "",     "a",        "\x80",     "\xC3",         "\xE0\x80",
      "\xED", "\xED\xA0", "\xED\xB0", "\xED\xA0\xBD", "\xED\xB8\x80",
      "\xF0", "\xF0\x9F", "\xF4\x90", "\xFF",         "\xC3\xA9"};
  for (const auto& a : awkward) {
    for (const auto& b : awkward) {
      for (const auto& c : awkward) stitch_all({a, b, c});
    }
  }
}

}  // namespace
}  // namespace taskgate::providers
