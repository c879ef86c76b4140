#include "taskgate/core/json_guard.hpp"

#include <gtest/gtest.h>

namespace taskgate {
namespace {

std::string repeated(const std::string& text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

void expect_fault(const std::string& text, JsonFaultKind kind, std::size_t offset) {
  const auto fault = guard_json(text);
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(static_cast<int>(fault->kind), static_cast<int>(kind));
  EXPECT_EQ(fault->offset, offset);
}

TEST(JsonGuard, LetsOrdinaryDocumentsThrough) {
  for (const std::string text :
       {R"({"model":"sim/echo","input":"hello"})", "[]", "0", "\"\"", "", R"({"a":"\"[[[[{{{\\"})",
        "\"\u00e9\u20ac\U0001F600\uFFFF\U0010FFFF\"",
        "{\"long\":\"0123456789abcdef0123456789abcdef\"}"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(guard_json(text).has_value());
  }
}

TEST(JsonGuard, AllowsExactlyTheDepthOfTheLimit) {
  EXPECT_FALSE(guard_json(repeated("[", 128) + repeated("]", 128)).has_value());
  expect_fault(repeated("[", 129), JsonFaultKind::too_deep, 128);
  expect_fault(repeated("{\"a\":", 129), JsonFaultKind::too_deep, 640);
  EXPECT_FALSE(guard_json("[" + repeated("[],", 5000) + "1]").has_value());
}

TEST(JsonGuard, ClosingMoreThanWasOpenedGivesNoCredit) {
  expect_fault(repeated("]", 500) + repeated("[", 129), JsonFaultKind::too_deep, 628);
}

TEST(JsonGuard, BracketsInsideStringsDoNotCount) {
  EXPECT_FALSE(guard_json("\"" + repeated("[", 1000) + "\"").has_value());
  EXPECT_FALSE(guard_json("\"\\\"" + repeated("[", 1000) + "\"").has_value());
  expect_fault("\"\\\\\"" + repeated("[", 129), JsonFaultKind::too_deep, 132);
}

// The scan takes eight bytes at a time: an escape may lie across two such steps.
TEST(JsonGuard, SeesEscapesAtEveryOffset) {
  for (std::size_t at = 0; at < 24; ++at) {
    SCOPED_TRACE(at);
    const std::string plain(at, 'x');
    EXPECT_FALSE(guard_json("\"" + plain + "\\\"" + repeated("[", 200) + "\"").has_value());
    expect_fault("\"" + plain + "\\\\\"" + repeated("[", 129), JsonFaultKind::too_deep, at + 132);
  }
}

TEST(JsonGuard, RefusesNulWhereverItStands) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text = "\"" + std::string(40, 'x') + "\"";
    text[at] = '\0';
    SCOPED_TRACE(at);
    expect_fault(text, JsonFaultKind::nul_byte, at);
  }
  expect_fault(std::string("{\"a\":1}\0junk", 12), JsonFaultKind::nul_byte, 7);
  expect_fault(std::string("\"\\\0\"", 4), JsonFaultKind::nul_byte, 2);
}

TEST(JsonGuard, RefusesIllFormedUtf8AtItsFirstByte) {
  const std::string bad[] = {"\x80",
                             "\xBF",
                             "\xC0\x80",
                             "\xC1\xBF",
                             "\xC2",
                             "\xC2\x41",
                             "\xE0\x80\x80",
                             "\xE0\x9F\xBF",
                             "\xED\xA0\x80",
                             "\xED\xBF\xBF",
                             "\xEF\xBF",
                             "\xE2\x82",
                             "\xF0\x80\x80\x80",
                             "\xF0\x8F\xBF\xBF",
                             "\xF4\x90\x80\x80",
                             "\xF5\x80\x80\x80",
                             "\xF0\x9F\x98",
                             "\xFE",
                             "\xFF",
                             "\xC3\xA9\xA9"};
  for (const auto& bytes : bad) {
    const std::size_t good = bytes == "\xC3\xA9\xA9" ? 2 : 0;
    for (const std::string& prefix : {std::string("\""), "\"" + std::string(23, 'a')}) {
      SCOPED_TRACE(testing::PrintToString(prefix + bytes));
      expect_fault(prefix + bytes + "\"", JsonFaultKind::invalid_utf8, prefix.size() + good);
      expect_fault(prefix + bytes, JsonFaultKind::invalid_utf8, prefix.size() + good);
    }
  }
}

TEST(JsonGuard, RefusesMoreBytesThanTheLimit) {
  const JsonLimits limits{.max_bytes = 10, .max_depth = 3};
  EXPECT_FALSE(guard_json("\"12345678\"", limits).has_value());
  const auto fault = guard_json("\"123456789\"", limits);
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(to_string(*fault), "larger than 10 bytes");
}

TEST(JsonGuard, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(to_string(*guard_json(repeated("[", 200))), "nested deeper than allowed at byte 128");
  EXPECT_EQ(to_string(*guard_json("\"\xFF\"")), "is not valid UTF-8 at byte 1");
  EXPECT_EQ(to_string(*guard_json(std::string(1, '\0'))), "holds a NUL at byte 0");
}

}  // namespace
}  // namespace taskgate
