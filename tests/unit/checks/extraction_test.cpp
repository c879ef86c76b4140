#include "checks/extraction.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace taskgate::checks {
namespace {

TEST(Extraction, FindsTheOneDocumentOfAnAnswer) {
  const struct {
    const char* text;
    ScanState state;
    Wrapping wrapping;
    const char* json;
  } kCases[] = {
      {" {\"a\":1}\n", ScanState::complete, Wrapping::bare, "{\"a\":1}"},
      {"```json\n{\"a\":1}\n```", ScanState::complete, Wrapping::fence, "{\"a\":1}"},
      {"Here:\n```\n[1,2]\n```\nBye", ScanState::complete, Wrapping::fence, "[1,2]"},
      {"Here is it: {\"a\":1}. Bye", ScanState::complete, Wrapping::prose, "{\"a\":1}"},
      {"As said in [1], {\"a\":[1]}", ScanState::complete, Wrapping::prose, "{\"a\":[1]}"},
      {"See [here] {\"a\":1}", ScanState::complete, Wrapping::prose, "{\"a\":1}"},
      {"Sure: {\"a\":[1,", ScanState::open, Wrapping::prose, "{\"a\":[1,"},
      {"```json\n{\"a\":\"``` is a fence", ScanState::open, Wrapping::fence,
       "{\"a\":\"``` is a fence"},
      {"{\"code\":\"```x```\"}", ScanState::complete, Wrapping::bare, "{\"code\":\"```x```\"}"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.text);
    const auto found = extract_json(c.text);
    EXPECT_EQ(found.state, c.state);
    EXPECT_EQ(found.wrapping, c.wrapping);
    EXPECT_EQ(found.json, c.json);
    EXPECT_EQ(std::string_view(c.text).substr(found.begin, found.json.size()), found.json);
  }
}

TEST(Extraction, TakesNoneWhenTwoCouldBeMeant) {
  for (const char* text : {"{\"a\":1}{\"a\":2}", "Either {\"a\":1} or {\"a\":2}",
                           "```\n{\"a\":1}\n```\nor\n```\n{\"a\":2}\n```", "{x: {\"a\":1}}"}) {
    SCOPED_TRACE(text);
    const auto found = extract_json(text);
    EXPECT_EQ(found.state, ScanState::invalid);
    EXPECT_TRUE(found.ambiguous);
  }
}

TEST(Extraction, APartOfWhatIsNestedTooDeeplyIsNotTheAnswer) {
  const auto found = extract_json(std::string(5'000, '[') + std::string(5'000, ']'));
  EXPECT_EQ(found.state, ScanState::invalid);
}

TEST(Extraction, ProseIsNoJson) {
  EXPECT_EQ(extract_json("Sure, I can do that.").state, ScanState::invalid);
  EXPECT_EQ(extract_json("").state, ScanState::empty);
}

TEST(Extraction, StaysLinearOnHostileText) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "{[```";
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(extract_json(text).state, ScanState::invalid);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
}

}  // namespace
}  // namespace taskgate::checks
