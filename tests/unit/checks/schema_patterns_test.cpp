// Regular expressions of ECMA-262 as RE2 sees them.
#include "checks/schema/pattern.hpp"

#include <gtest/gtest.h>

#include <string>

namespace taskgate::checks::schema {
namespace {

using Kind = RegexFault::Kind;

bool found(std::string_view pattern, std::string_view text) {
  const auto compiled = Pattern::compile(pattern, 8 << 20);
  EXPECT_TRUE(compiled) << pattern << ": " << (compiled ? "" : compiled.error().message);
  return compiled && compiled->found_in(text);
}

struct PatternCase {
  const char* pattern;
  std::string text;
  bool found;
};

const PatternCase kPatternCases[] = {
    {"", "anything", true},
    {"b", "abc", true},
    {"^b", "abc", false},
    {"^a$", "a\n", false},
    {"^.$", "\n", false},
    {"^.$", "\u2028", false},
    {"^.$", "é", true},
    {"^.$", "🐲", true},
    {"^\\d+$", "৪২", false},
    {"^\\w+$", "aZ_9", true},
    {"^\\w$", "é", false},
    {"^\\W$", "é", true},
    {"^\\s$", "\u00a0", true},
    {"^\\s$", "\ufeff", true},
    {"^\\S$", "\u3000", false},
    {"^[\\s\\S]*$", "a\n\u2029", true},
    {"^[^\\s]$", "\u00a0", false},
    {"^[\\d\\-x]$", "-", true},
    {"^[a-]$", "-", true},
    {"^[]$", "a", false},
    {"^[^]$", "\n", true},
    {"^[[:alpha:]]$", "a", false},
    {"^[[:alpha:]]$", ":]", true},
    {"^[\\b]$", "\b", true},
    {"\\bfoo\\b", "a foo b", true},
    {"^\\cJ$", "\n", true},
    {"^\\x41\\u0042\\u{43}$", "ABC", true},
    {"^\\ud83d\\udc32$", "🐲", true},
    {"^\\0$", std::string(1, '\0'), true},
    {"^\\p{L}+$", "éß", true},
    {"^\\p{Letter}$", "1", false},
    {"^\\P{Lu}$", "a", true},
    {"^\\p{Script=Greek}$", "λ", true},
    {"^\\p{ASCII}$", "é", false},
    {"^[\\p{Lu}\\p{digit}]+$", "A1", true},
    {"^(?<year>\\d{4})$", "2024", true},
    {"^(?:ab)+$", "abab", true},
    {"^a{2,3}$", "aaaa", false},
    {"^a{2,}$", "aaaaaaa", true},
    {"^a{,2}$", "a{,2}", true},
    {"^x{$", "x{", true},
    {"^a*?$", "aaa", true},
    {"^\\/\\.\\-$", "/.-", true},
    {"^a.{0,1500}b$", "a" + std::string(1500, 'x') + "b", true},
    {"^a.{0,1500}b$", "a" + std::string(1501, 'x') + "b", false},
    {"^a{2500}$", std::string(2500, 'a'), true},
    {"^a{2500}$", std::string(2499, 'a'), false},
    {"^a{2500,}$", std::string(4000, 'a'), true},
};

TEST(SchemaPattern, MatchesAsEcma262Says) {
  for (const PatternCase& c : kPatternCases) {
    SCOPED_TRACE(c.pattern);
    EXPECT_EQ(found(c.pattern, c.text), c.found) << c.text.substr(0, 40);
  }
}

struct BadPattern {
  const char* pattern;
  Kind kind;
};

const BadPattern kBadPatterns[] = {
    {"(", Kind::malformed},
    {")", Kind::malformed},
    {"[a", Kind::malformed},
    {"[", Kind::malformed},
    {"[z-a]", Kind::malformed},
    {"*a", Kind::malformed},
    {"a**", Kind::malformed},
    {"^*", Kind::malformed},
    {"a{3,2}", Kind::malformed},
    {"\\", Kind::malformed},
    {"\\Q", Kind::malformed},
    {"\\a", Kind::malformed},
    {"\\x4", Kind::malformed},
    {"\\u12", Kind::malformed},
    {"\\ud800", Kind::malformed},
    {"\\u{110000}", Kind::malformed},
    {"\\p", Kind::malformed},
    {"\\p{", Kind::malformed},
    {"\\c1", Kind::malformed},
    {"(?i)a", Kind::malformed},
    {"(?P<a>b)", Kind::malformed},
    {"(?=a)", Kind::unsupported},
    {"(?!a)", Kind::unsupported},
    {"(?<=a)", Kind::unsupported},
    {"(?<!a)", Kind::unsupported},
    {"(a)\\1", Kind::unsupported},
    {"(?<n>a)\\k<n>", Kind::unsupported},
    {"\\p{Emoji}", Kind::unsupported},
    {"\\p{Script=Klingon}", Kind::unsupported},
    {"a{10001}", Kind::unsupported},
    {"((a{1000}){1000}){1000}", Kind::unsupported},
};

TEST(SchemaPattern, RefusesWhatIsNoneOrCannotBeMatchedInLinearTime) {
  for (const BadPattern& c : kBadPatterns) {
    SCOPED_TRACE(c.pattern);
    const auto compiled = Pattern::compile(c.pattern, 8 << 20);

    ASSERT_FALSE(compiled);
    EXPECT_EQ(compiled.error().kind, c.kind) << compiled.error().message;
    EXPECT_FALSE(compiled.error().message.empty());
  }
}

}  // namespace
}  // namespace taskgate::checks::schema
