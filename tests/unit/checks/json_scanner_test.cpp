#include "taskgate/checks/json_scanner.hpp"

#include "checks/json_leaves.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>

namespace taskgate::checks {
namespace {

ScanState state_of(std::string_view text) {
  JsonScanner scanner;
  return scan_json(text, scanner);
}

TEST(JsonScanner, TellsWholeOpenAndInvalidApart) {
  const struct {
    const char* text;
    ScanState state;
  } kCases[] = {
      {"", ScanState::empty},
      {" \n", ScanState::empty},
      {"{}", ScanState::complete},
      {" [1, -2.5e+3, true, null] ", ScanState::complete},
      {"12", ScanState::complete},
      {"12 ", ScanState::complete},
      {"\"a\\u00e9\"", ScanState::complete},
      {"{", ScanState::open},
      {"{\"a", ScanState::open},
      {"{\"a\"", ScanState::open},
      {"{\"a\":", ScanState::open},
      {"{\"a\":1", ScanState::open},
      {"{\"a\":1,", ScanState::open},
      {"[1,", ScanState::open},
      {"[tru", ScanState::open},
      {"1.", ScanState::open},
      {"-", ScanState::open},
      {"\"\\u00", ScanState::open},
      {"{\"a\":1}}", ScanState::invalid},
      {"[1}", ScanState::invalid},
      {"{a:1}", ScanState::invalid},
      {"[1,]", ScanState::invalid},
      {"{\"a\":1,}", ScanState::invalid},
      {"01", ScanState::invalid},
      {"12\"", ScanState::invalid},
      {"+1", ScanState::invalid},
      {"\"\n\"", ScanState::invalid},
      {"\"\\x\"", ScanState::invalid},
      {"nul!", ScanState::invalid},
      {"[1 2]", ScanState::invalid},
      {"{\"a\" 1}", ScanState::invalid},
      {"hello", ScanState::invalid},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(state_of(c.text), c.state);
  }
}

TEST(JsonScanner, IsTheSameHoweverTheTextIsCutIntoPieces) {
  const std::string text = R"({"a":[1,2.5,"x\"yé\u00e9"],"b":{"c":null,"d":tr)";
  JsonScanner whole;
  whole.feed(text);

  for (std::size_t size = 1; size < 7; ++size) {
    JsonScanner pieces;
    for (std::size_t i = 0; i < text.size(); i += size) pieces.feed(text.substr(i, size));
    EXPECT_EQ(pieces.state(), whole.state());
    EXPECT_EQ(pieces.offset(), text.size());
    EXPECT_EQ(pieces.cut_pointer(), "/b/d");
    EXPECT_EQ(closed_repair(text, pieces), closed_repair(text, whole));
  }
}

TEST(JsonScanner, SaysWhereItWasCutAndClosesWhatIsWhole) {
  const struct {
    const char* text;
    const char* pointer;
    const char* closed;
  } kCases[] = {
      {R"({"items":[{"name":"a"},{"name":"b"},{"na)", "/items/2",
       R"({"items":[{"name":"a"},{"name":"b"},{}]})"},
      {R"({"items":[{"name":"a"},{"name":"par)", "/items/1/name", R"({"items":[{"name":"a"},{}]})"},
      {R"({"a":1,"b":2)", "/b", R"({"a":1})"},
      {R"({"a":1,)", "", R"({"a":1})"},
      {R"([1,2)", "/1", "[1]"},
      {R"([1,2,)", "/2", "[1,2]"},
      {R"({"a/b":{"c~d":[)", "/a~1b/c~0d/0", R"({"a/b":{"c~d":[]}})"},
      {"[", "/0", "[]"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.text);
    JsonScanner scanner;
    ASSERT_EQ(scan_json(c.text, scanner), ScanState::open);
    EXPECT_EQ(scanner.cut_pointer(), c.pointer);
    EXPECT_EQ(closed_repair(c.text, scanner), c.closed);
  }
}

TEST(JsonScanner, OffersNothingWhereNothingIsWhole) {
  for (const char* text : {"\"abc", "tru", "-"}) {
    JsonScanner scanner;
    ASSERT_EQ(scan_json(text, scanner), ScanState::open);
    EXPECT_FALSE(closed_repair(text, scanner));
  }
}

TEST(JsonScanner, RefusesDepthBeyondItsBound) {
  EXPECT_EQ(state_of(std::string(128, '[') + std::string(128, ']')), ScanState::complete);
  EXPECT_EQ(state_of(std::string(129, '[')), ScanState::invalid);
}

TEST(JsonScanner, StopsAtTheEndOfTheDocument) {
  JsonScanner scanner;
  EXPECT_EQ(scanner.feed("{\"a\":1} and more"), 8U);
  EXPECT_EQ(scanner.state(), ScanState::complete);
}

TEST(JsonLeaves, GivesEveryScalarItsPlace) {
  const std::string text = R"( {"a":[1,{"b\"":"x\u00e9"},[]],"":null, "c/d":true} )";
  std::map<std::string, std::string> leaves;

  for_each_leaf(text, 100, [&](const JsonLeaf& leaf) {
    leaves[std::string(leaf.pointer)] = leaf.text();
    EXPECT_EQ(text.substr(leaf.begin, leaf.raw.size()), leaf.raw);
  });

  const std::map<std::string, std::string> expected = {
      {"/a/0", "1"}, {"/a/1/b\"", "xé"}, {"/", "null"}, {"/c~1d", "true"}};
  EXPECT_EQ(leaves, expected);
}

}  // namespace
}  // namespace taskgate::checks
