// Formats: off unless asked for, and what each takes. The suite's optional tests have many more.
#include "unit/checks/schema_support.hpp"

namespace taskgate::checks {
namespace {

bool has_format(const std::string& format, const std::string& text) {
  SchemaOptions options;
  options.format = FormatMode::assertion;
  const CompiledSchema schema = compiled(nlohmann::json{{"format", format}}.dump(), options);
  return schema.validate(text).is_valid();
}

struct FormatCase {
  const char* format;
  const char* good;
  const char* bad;
};

const FormatCase kFormatCases[] = {
    {"date-time", "2024-02-29T23:59:60Z", "2023-02-29T00:00:00Z"},
    {"date", "2024-12-31", "2024-13-01"},
    {"time", "23:59:59.5+01:00", "24:00:00Z"},
    {"duration", "P1Y2M3DT4H5M6S", "P1Y2D"},
    {"duration", "P2W", "P1W2D"},
    {"email", "a.b@example.com", "a..b@example.com"},
    {"idn-email", "実例@例.jp", "no address"},
    {"hostname", "a-b.example", "a_b.example"},
    {"ipv4", "192.0.2.1", "192.0.2.01"},
    {"ipv6", "::ffff:192.0.2.1", "1::2::3"},
    {"ipv6", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9"},
    {"uri", "https://user@[::1]:80/a?b#c", "/relative"},
    {"uri-reference", "../a?b", "a b"},
    {"iri", "https://bücher.example/ä", "ä"},
    {"iri-reference", "#ä", "\\"},
    {"uri-template", "/a/{b}{?c*,d:3}", "/a/{b"},
    {"uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08aa9811eab4aa73b441d16380"},
    {"json-pointer", "/a~1b/0", "/a~2"},
    {"relative-json-pointer", "1/a", "01/a"},
    {"regex", "^(?=a)$", "("},
};

TEST(SchemaFormat, IsCheckedWhenAskedFor) {
  for (const FormatCase& c : kFormatCases) {
    SCOPED_TRACE(c.format);
    EXPECT_TRUE(has_format(c.format, c.good)) << c.good;
    EXPECT_FALSE(has_format(c.format, c.bad)) << c.bad;
  }
}

TEST(SchemaFormat, IsAnAnnotationOtherwise) {
  EXPECT_TRUE(fits(R"({"format":"date"})", R"("no date")"));
  EXPECT_TRUE(has_format("unheard-of", "anything"));
}

TEST(SchemaFormat, SaysWhichOneIsMissed) {
  SchemaOptions options;
  options.format = FormatMode::assertion;

  const auto outcome = compiled(R"({"format":"ipv4"})", options).validate("x");

  ASSERT_EQ(outcome.violations.size(), 1U);
  EXPECT_EQ(outcome.violations[0].keyword, "format");
  EXPECT_EQ(outcome.violations[0].expected, "format ipv4");
}

}  // namespace
}  // namespace taskgate::checks
