#include "checks/grounding.hpp"

#include "checks/facts.hpp"
#include "checks/number_forms.hpp"

#include <gtest/gtest.h>

namespace taskgate::checks {
namespace {

Findings grounding_of(const CheckInput& input) {
  Findings findings;
  check_grounding(Answer(input), "", findings);
  return findings;
}

CheckInput about(const char* context, const char* text) {
  CheckInput input;
  input.asked.grounded = true;
  input.asked.context = {context};
  input.answered.text = text;
  return input;
}

TEST(Grounding, FindsEachKindOfInventedFact) {
  const struct {
    const char* text;
    const char* evidence;
  } kCases[] = {
      {"It costs 99.95 euros.", "99.95"},
      {"On 3 May 2025 it was signed.", "3 May 2025"},
      {"See https://example.com/b.", "https://example.com/b"},
      {"Write to b@example.com.", "b@example.com"},
      {"Order INV-2025-0099 is late.", "INV-2025-0099"},
      {"He said \"this was never part of the deal\".", "this was never part of the deal"},
      {"As shown in [2].", "[2]"},
  };
  const char* context =
      "It costs 89.95 euros since 4 May 2025, see https://example.com/a or a@example.com about "
      "INV-2025-0042. He said \"this was always part of the deal\".";
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.text);
    const auto findings = grounding_of(about(context, c.text));
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].type, FindingType::hallucination);
    EXPECT_EQ(findings[0].severity, Severity::warning);
    EXPECT_EQ(findings[0].evidence, c.evidence);
  }
}

TEST(Grounding, LetsRestatementsPass) {
  const char* context = "Revenue was 1,234.50 in 2023 and 2,000 in 2024, up to 04.03.2025.";
  for (const char* text :
       {"Revenue was 1234.5.", "Together 3234.5.", "About 1,235.", "Until March 4, 2025.",
        "Until 4 March 2025, it grew.", "Until 2025-03-04, in 3 steps.", "It grew by 765.5."}) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(grounding_of(about(context, text)).empty());
  }
}

TEST(Grounding, AShareIsOnlyPerCentWhereItSaysSo) {
  const struct {
    const char* context;
    const char* text;
    bool is_given;
  } kCases[] = {
      {"A share of 0.45.", "A share of 45 %.", true},
      {"A share of 0.45.", "A share of 45%.", true},
      {"A share of 0.45.", "A share of 45 percent.", true},
      {"A share of 0.45.", "A share of 45 Per cent.", true},
      {"A share of 0.453.", "A share of 45 %.", true},
      {"A share of 45 %.", "A share of 0.45.", true},
      {"A share of 45 per cent.", "A share of 0.45.", true},
      {"A share of 0.45.", "A share of 45.", false},
      {"A share of 45.", "A share of 0.45.", false},
      {"It costs 1,234.50 EUR.", "It costs 123450 EUR.", false},
      {"It costs 123450 EUR.", "It costs 1,234.50 EUR.", false},
      {"A share of 45 percentages.", "A share of 0.45.", false},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(std::string(c.context) + " | " + c.text);
    EXPECT_EQ(grounding_of(about(c.context, c.text)).empty(), c.is_given);
  }
}

TEST(Grounding, AFieldMaySayThatItIsPerCent) {
  for (const char* text : {R"({"margin_percent":45})", R"({"margin":{"marginPct":45}})"}) {
    SCOPED_TRACE(text);
    auto input = about("A margin of 0.45", text);
    input.asked.output_schema = "{}";
    EXPECT_TRUE(grounding_of(input).empty());
  }
}

TEST(Grounding, SpeaksEnglish) {
  const auto findings = grounding_of(about("nothing", "Order INV-2025-0099, 4711 pieces."));
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_TRUE(findings[0].message.starts_with("the answer has an identifier that"));
  EXPECT_TRUE(findings[1].message.starts_with("the answer has a number that"));
}

TEST(Grounding, NothingIsSaidWithoutContext) {
  CheckInput input;
  input.answered.text = "It costs 99.95 euros.";
  EXPECT_TRUE(grounding_of(input).empty());
}

TEST(Grounding, OfJsonNamesTheField) {
  auto input = about("Total: 120 EUR", R"({"items":[{"total":130}],"note":"120 EUR"})");
  input.asked.output_schema = "{}";

  const auto findings = grounding_of(input);

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].path, "/items/0/total");
}

TEST(Grounding, ToolsAndArgumentsMustExist) {
  CheckInput input;
  input.asked.tools.push_back({"search", {"query"}, true, ToolSpec::Effect::read});
  input.answered.tool_calls = {
      {"search", R"({"query":"x"})"}, {"search", R"({"q":{"a":1}})"}, {"find", "{}"}};

  const auto findings = grounding_of(input);

  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].evidence, "q");
  EXPECT_EQ(findings[1].evidence, "find");
  EXPECT_EQ(findings[1].severity, Severity::error);
}

TEST(Grounding, CatalogueValues) {
  CheckInput input;
  input.asked.output_schema = "{}";
  input.asked.catalogues.push_back({"/lines/*/sku", {"A1", "B2"}});
  input.answered.text = R"({"lines":[{"sku":"A1"},{"sku":"C3"},{"sku":null}],"sku":"D4"})";

  const auto findings = grounding_of(input);

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].path, "/lines/1/sku");
  EXPECT_EQ(findings[0].evidence, "C3");
}

TEST(Grounding, ReportsAtMostTwenty) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += std::to_string(1'000 + i * 7) + " ";
  EXPECT_EQ(grounding_of(about("nothing", text.c_str())).size(), 20U);
}

TEST(NumberForms, SpellingsOfOneNumber) {
  using Forms = std::vector<std::string>;
  EXPECT_EQ(number_forms("1,234.50"), Forms{"1234.5"});
  EXPECT_EQ(number_forms("1.234,50"), Forms{"1234.5"});
  EXPECT_EQ(number_forms("1,234"), (Forms{"1234", "1.234"}));
  EXPECT_EQ(number_forms("0012"), Forms{"12"});
  EXPECT_EQ(number_forms("3.10"), Forms{"3.1"});
  EXPECT_TRUE(number_forms("1.2.3").empty());
  EXPECT_TRUE(number_forms("").empty());
  EXPECT_EQ(date_forms("03/04/2025"), (Forms{"2025-04-03", "2025-03-04"}));
  EXPECT_EQ(date_forms("2025-13-04"), Forms{});
  EXPECT_EQ(date_forms("31.12.2024"), Forms{"2024-12-31"});
}

TEST(Facts, ADateIsNotAlsoANumber) {
  std::vector<std::string> seen;
  for_each_fact("March 4, 2025; 4 March 2025; version 4.2.17 at 17:05, 5:05 pm, 128/84", 100,
                [&](const Fact& fact) { seen.push_back(fact.forms.front()); });
  const std::vector<std::string> expected = {"2025-03-04", "2025-03-04", "4.2.17", "17:05",
                                             "128/84"};
  EXPECT_EQ(seen, expected);
}

TEST(Facts, AreReadFromAnyText) {
  std::vector<std::string> seen;
  for_each_fact("On 1st of May 2024 (2024-05-01T10:00Z) 5km, 3rd, CVE-2024-1, www.example.com/x).",
                100, [&](const Fact& fact) {
                  seen.push_back(std::string(to_string(fact.kind)) + " " + fact.forms.front());
                });
  const std::vector<std::string> expected = {
      "date 2024-05-01", "date 2024-05-01",       "number 5",
      "number 3",        "identifier cve-2024-1", "URL example.com/x"};
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace taskgate::checks
