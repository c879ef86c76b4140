#include "providers/json_cursor.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace taskgate::providers {
namespace {

std::vector<std::string> members(const std::string& text, bool& whole) {
  std::vector<std::string> found;
  JsonCursor cursor(text);
  whole = cursor.object([&](std::string_view key) {
    std::string entry(key);
    entry.append("=").append(cursor.value());
    found.push_back(std::move(entry));
  });
  whole = whole && cursor.at_end();
  return found;
}

TEST(JsonCursor, WalksAnObject) {
  bool whole = false;

  const auto found = members(
      " { \"a\" : 1 , \"b\":\"x\\\"}\" ,\"c\":{\"d\":[1,{\"e\":\"]\"}]}, "
      "\"f\":null,\"g\":-1.5e3}\n",
      whole);

  EXPECT_TRUE(whole);
  EXPECT_EQ(found, (std::vector<std::string>{"a=1", "b=\"x\\\"}\"", "c={\"d\":[1,{\"e\":\"]\"}]}",
                                             "f=null", "g=-1.5e3"}));
}

TEST(JsonCursor, RefusesEveryTruncationOfADocument) {
  const std::string text = R"({"a":[1,{"b":"c\\\"d"},null],"e":true,"f":{}})";
  bool whole = false;

  for (std::size_t length = 0; length < text.size(); ++length) {
    members(text.substr(0, length), whole);
    EXPECT_FALSE(whole) << text.substr(0, length);
  }
  members(text, whole);
  EXPECT_TRUE(whole);
}

TEST(JsonCursor, RefusesBrokenStructure) {
  for (const char* bad : {"", "1", "[]", "{", "{}x", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
                          "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{a:1}", "{\"a\":[}", "{\"a\":[}]}",
                          "{\"a\":nul}", "{\"a\":\"x}", "{\"a\":\"\\\"}"}) {
    bool whole = true;
    members(bad, whole);
    EXPECT_FALSE(whole) << bad;
  }
}

TEST(JsonCursor, BoundsItsNesting) {
  bool whole = true;
  members("{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}", whole);
  EXPECT_FALSE(whole);
}

TEST(JsonCursor, StaysLinearOnManyEscapes) {
  std::string text = "{\"a\":\"";
  for (int i = 0; i < 2'000'000; ++i) text += "\\n";
  text += "\"}";
  bool whole = false;

  const auto start = std::chrono::steady_clock::now();
  members(text, whole);

  EXPECT_TRUE(whole);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(JsonCursor, UnescapesAsTheLibraryDoes) {
  for (const char* text :
       {R"("")", R"("plain")", R"("\n\t\r\b\f\"\\\/")", R"("\u0041\u00e9\u20ac")", R"("é😀")"}) {
    const auto expected = nlohmann::json::parse(text).get<std::string>();

    EXPECT_EQ(unescape(*raw_string(text)), expected) << text;
  }
}

TEST(JsonCursor, ReadsIntegers) {
  EXPECT_EQ(raw_integer("12"), 12);
  EXPECT_EQ(raw_integer("-3"), -3);
  EXPECT_EQ(raw_integer("12.0"), 12);
  for (const char* bad : {"", "null", "\"12\"", "1e3", "99999999999999999999", "{}"}) {
    EXPECT_EQ(raw_integer(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace taskgate::providers
