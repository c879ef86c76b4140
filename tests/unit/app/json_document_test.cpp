#include "app/json_document.hpp"

#include "taskgate/core/json_guard.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace taskgate::app {
namespace {

using nlohmann::json;

std::string place(const std::string& text, const Span& span) {
  const auto at = locate(text, span.begin);
  return std::to_string(at.line) + ":" + std::to_string(at.column);
}

TEST(JsonDocument, ReadsWhatTheLibraryReads) {
  for (const std::string text :
       {R"({"a":[1,-2,3.5,1e3,0,-0.5E-2],"b":{"c":null,"d":true,"e":false}})",
        R"("\"\\\/\b\f\n\r\t")", R"(["A\u00e9\u20AC\ud83d\ude00","€😀"])", "[]", "{}", " [ 1 , 2 ] ",
        "9223372036854775807", "1e308", R"({"":{"":1}})"}) {
    SCOPED_TRACE(text);
    const auto document = parse_json_document(text);
    ASSERT_TRUE(document.complete);
    EXPECT_TRUE(document.faults.empty());
    EXPECT_EQ(document.root, json::parse(text));
  }
}

TEST(JsonDocument, SkipsComments) {
  const auto document = parse_json_document(
      "\xEF\xBB\xBF// head\n{ /* a */ \"a\" /**/ : // b\n 1, \"url\": \"http://x/*y*/\" /* ** / */ "
      "}\n// end");
  ASSERT_TRUE(document.complete);
  EXPECT_TRUE(document.faults.empty());
  EXPECT_EQ(document.root, json::parse(R"({"a":1,"url":"http://x/*y*/"})"));
}

TEST(JsonDocument, KnowsWhereEveryValueAndKeyStands) {
  const std::string text = "{\n  \"ä\": {\"b/c\": [10,\n    \"x\"]}\n}";
  const auto document = parse_json_document(text);
  ASSERT_TRUE(document.complete);
  EXPECT_EQ(place(text, document.keys.at("/ä")), "2:3");
  EXPECT_EQ(place(text, document.values.at("/ä")), "2:8");
  EXPECT_EQ(place(text, document.keys.at("/ä/b~1c")), "2:9");
  EXPECT_EQ(place(text, document.values.at("/ä/b~1c/0")), "2:17");
  EXPECT_EQ(place(text, document.values.at("/ä/b~1c/1")), "3:5");
  const Span last = document.values.at("/ä/b~1c/1");
  EXPECT_EQ(text.substr(last.begin, last.end - last.begin), "\"x\"");
}

struct FaultCase {
  const char* text;
  const char* place;
  const char* message;
  bool complete;
};

const FaultCase kFaults[] = {
    {"", "1:1", "expected a value, got the end of the file", false},
    {"{\"a\":1,}", "1:7", "a comma before the end", true},
    {"[1,2,]", "1:5", "a comma before the end", true},
    {"{\"a\":1,\n\"a\":2}", "2:1", "\"a\" is given twice", true},
    {"{\"a\":1 \"b\":2}", "1:6", "a comma is missing after this", true},
    {"[\"\\q\"]", "1:3", "this escape does not exist in JSON", true},
    {"[\"\\ud800\"]", "1:3", "this escape does not exist in JSON", true},
    {"[\"\\ude00\"]", "1:3", "this escape does not exist in JSON", true},
    {"[\"\\u12\"]", "1:3", "this escape does not exist in JSON", true},
    {"[\"a\tb\"]", "1:4", "a control character must be escaped", true},
    {"{a:1}", "1:2", "expected a key in double quotes, got a bare word", false},
    {"{\"a\" 1}", "1:6", "expected `:` after \"a\", got a bare word", false},
    {"{'a':1}", "1:2", "expected a key in double quotes, got `'`", false},
    {"[1 2]", "1:4", "expected `,` or `]`, got a bare word", false},
    {"[tru]", "1:2", "expected a value, got a bare word", false},
    {"{\"a\":}", "1:6", "expected a value, got `}`", false},
    {"[,1]", "1:2", "expected a value, got `,`", false},
    {"{\"a\":\"x\n\"}", "1:6", "this text is not closed", false},
    {"{\"a\":[1", "1:6", "this is not closed", false},
    {"{\"a\":1", "1:1", "this is not closed", false},
    {"{} x", "1:4", "unexpected text after the end", false},
    {"/* never", "1:1", "this comment is not closed", false},
    {"[01]", "1:2", "this is not a number", false},
    {"[1.]", "1:2", "this is not a number", false},
    {"[-]", "1:2", "this is not a number", false},
    {"[1e]", "1:2", "this is not a number", false},
    {"[1e999]", "1:2", "this is not a number", false},
};

TEST(JsonDocument, SaysWhatIsWrongAndWhere) {
  for (const auto& c : kFaults) {
    SCOPED_TRACE(c.text);
    const auto document = parse_json_document(c.text);
    EXPECT_EQ(document.complete, c.complete);
    ASSERT_EQ(document.faults.size(), 1U);
    EXPECT_EQ(document.faults[0].message, c.message);
    EXPECT_EQ(place(c.text, document.faults[0].span), c.place);
  }
}

TEST(JsonDocument, GoesOnAfterAFaultThatAllowsIt) {
  const auto document =
      parse_json_document("{\"a\":[1,],\n\"b\":{\"x\":1,\"x\":2}\n\"c\":\"\\z\",}");
  EXPECT_TRUE(document.complete);
  EXPECT_EQ(document.faults.size(), 5U);
  EXPECT_EQ(document.root["b"]["x"], 1);
}

TEST(JsonDocument, RefusesDeepNestingInsteadOfRunningOutOfStack) {
  const auto document = parse_json_document(std::string(1'000'000, '['));
  EXPECT_FALSE(document.complete);
  ASSERT_EQ(document.faults.size(), 1U);
  EXPECT_EQ(document.faults[0].message, "nested too deep");
}

// Every prefix of a good document is read to a clean end: whole, or with a fault inside the text.
TEST(JsonDocument, SurvivesEveryTruncation) {
  const std::string text = R"({"a":[1.5,"x\u00e9",{"b":null}],/*c*/"d":"\ud83d\ude00"} // e)";
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto document = parse_json_document(text.substr(0, length));
    if (!document.complete) {
      ASSERT_FALSE(document.faults.empty()) << length;
    }
    for (const auto& fault : document.faults) EXPECT_LE(fault.span.begin, length);
  }
}

TEST(JsonDocument, AgreesWithTheJsonCorpus) {
  const auto folder =
      std::filesystem::path(TASKGATE_SOURCE_DIR) / "../shared/corpora/json-test-suite/test_parsing";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "the JSON corpus is not there: ../shared/corpora/json-test-suite";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto document = parse_json_document(text);
    const bool is_taken = document.complete && document.faults.empty();
    SCOPED_TRACE(name);
    // Double keys are refused and comments taken on purpose; bytes are the guard's business.
    const auto names = [&name](const char* part) { return name.find(part) != std::string::npos; };
    if (name.starts_with("y_") && !names("duplicated_key")) {
      EXPECT_TRUE(is_taken);
    } else if (name.starts_with("n_") && !names("comment") && !guard_json(text)) {
      EXPECT_FALSE(is_taken);
    }
  }
}

}  // namespace
}  // namespace taskgate::app
