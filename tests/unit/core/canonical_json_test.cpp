#include "taskgate/core/canonical_json.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <regex>

namespace taskgate {
namespace {

namespace fs = std::filesystem;

std::string canonical(std::string_view json) {
  const auto text = canonical_json(json);
  return text ? *text : "error: " + text.error().message();
}

std::string number_text(double value) {
  std::string text;
  append_ecmascript_number(text, value);
  return text;
}

std::string file_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(CanonicalJson, PassesThePublishedVectors) {
  const fs::path folder = fs::path(TASKGATE_SOURCE_DIR) / "../shared/corpora/jcs/testdata";
  if (!fs::exists(folder)) GTEST_SKIP() << "the RFC 8785 vectors are not there: ../shared/corpora";
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder / "input")) {
    const auto name = entry.path().filename();
    SCOPED_TRACE(name.string());
    EXPECT_EQ(canonical(file_bytes(entry.path())), file_bytes(folder / "output" / name));
    ++files;
  }
  EXPECT_EQ(files, 6);
}

TEST(CanonicalJson, OneSpellingForOneMeaning) {
  const std::string expected = R"({"a":[1,100,0.5,0,"é\n"],"b":{"c":null,"d":true}})";
  for (
      const auto* spelling :
      {R"({"a":[1,100,0.5,0,"é\n"],"b":{"c":null,"d":true}})",
       R"( { "b" : { "d" : true , "c" : null } , "a" : [ 1.0 , 1e2 , 5e-1 , -0 , "\u00e9\u000A" ] } )"})
    EXPECT_EQ(canonical(spelling), expected);
  EXPECT_NE(canonical(R"({"amount":10})"), canonical(R"({"amount":10.01})"));
}

TEST(CanonicalJson, SortsByUtf16CodeUnits) {
  // U+1F600 is D83D DE00 in UTF-16: before U+FB33, though its UTF-8 comes after.
  EXPECT_EQ(canonical("{\"\xEF\xAC\xB3\":1,\"\xF0\x9F\x98\x80\":2,\"\xED\x9F\xBF\":3,\"z\":4}"),
            "{\"z\":4,\"\xED\x9F\xBF\":3,\"\xF0\x9F\x98\x80\":2,\"\xEF\xAC\xB3\":1}");
  EXPECT_EQ(canonical(R"({"ab":1,"a":2,"":3})"), R"({"":3,"a":2,"ab":1})");
}

TEST(CanonicalJson, KeepsIntegersApartThatNoDoubleHolds) {
  EXPECT_EQ(canonical("9007199254740992"), "9007199254740992");
  EXPECT_EQ(canonical("9007199254740993"), "9007199254740993");
  EXPECT_EQ(canonical("-9007199254740993"), "-9007199254740993");
  EXPECT_EQ(canonical("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(canonical("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(canonical("1152921504606846976"), "1152921504606847000");
}

TEST(CanonicalJson, RefusesWhatHasNoCanonicalForm) {
  for (const auto* bad : {R"({"a":1,"a":1})", R"([{"b":{"x":1,"\u0078":2}}])", "", "{", "[1,]",
                          "nul", "1e400", "\"\xFF\"", "\"\\ud800\"", "{} {}"})
    EXPECT_FALSE(canonical_json(bad)) << bad;
  EXPECT_FALSE(canonical_json(std::string(200, '[') + std::string(200, ']')));
}

TEST(EcmascriptNumber, FollowsTheRulesAtTheirEdges) {
  const std::vector<std::pair<double, std::string>> cases{
      {0.0, "0"},
      {-0.0, "0"},
      {1e20, "100000000000000000000"},
      {1e21, "1e+21"},
      {123456789012345680000.0, "123456789012345680000"},
      {1.5e300, "1.5e+300"},
      {1e-6, "0.000001"},
      {1e-7, "1e-7"},
      {1.25e-7, "1.25e-7"},
      {-123.456, "-123.456"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {333333333.33333329, "333333333.3333333"},
      {std::nan(""), "null"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(number_text(value), text);
}

// 100,000 random bit patterns. The oracle is the library's shortest round trip: the same digits, in
// the one form of ECMAScript's grammar, and the same double when read back.
TEST(EcmascriptNumber, IsTheShortestFormThatReadsBack) {
  std::mt19937_64 random(8785);  // NOLINT: the same numbers in every run
  const std::regex form(R"(-?(0|[1-9]\d*)(\.\d*[1-9])?|-?[1-9](\.\d*[1-9])?e[+-][1-9]\d*)");
  for (int i = 0; i < 100'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;

    const auto text = number_text(value);

    double back = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), back);
    ASSERT_EQ(read.ptr, text.data() + text.size()) << text;
    ASSERT_EQ(back, value) << text;
    ASSERT_LE(text.size(), 25U) << text;
    if (i % 50 == 0) {
      ASSERT_TRUE(std::regex_match(text, form)) << text;
    }
    std::string digits;
    for (const char c : text.substr(0, text.find('e')))
      if (c >= '0' && c <= '9') digits += c;
    digits.erase(0, digits.find_first_not_of('0'));
    while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
    char shortest[32] = {};
    const auto end = std::to_chars(shortest, shortest + sizeof shortest, std::fabs(value),
                                   std::chars_format::scientific);
    std::string oracle;
    for (const char* c = shortest; c != end.ptr && *c != 'e'; ++c)
      if (*c != '.') oracle += *c;
    ASSERT_EQ(digits, oracle) << text;
  }
}

}  // namespace
}  // namespace taskgate
