#include "checks/drift.hpp"

#include "checks/drift_casts.hpp"

#include <gtest/gtest.h>

namespace taskgate::checks {
namespace {

using nlohmann::json;

CompiledSchema compiled_schema(const char* text) {
  auto result = compile_schema(text);
  EXPECT_TRUE(result) << text;
  return *std::move(result);
}

std::optional<DriftRepair> repair_of(const char* schema_text,
                                     const char* document_text,
                                     double least) {
  const auto schema = compiled_schema(schema_text);
  const auto document = json::parse(document_text);
  const auto outcome = schema.validate(document);
  EXPECT_EQ(outcome.verdict, ValidationVerdict::invalid);
  auto repair = repair_drift(schema, document, outcome.violations, least);
  if (repair) {
    EXPECT_TRUE(schema.validate(repair->document).is_valid());
    EXPECT_EQ(document.patch(json::parse(repair->patch())), repair->document);  // RFC 6902
  }
  return repair;
}

constexpr const char* kPrices =
    R"({"type":"object","properties":{"unit_price":{"type":"number"},"item_name":{"type":"string"},
        "tags":{"type":"array","items":{"type":"string"}},"paid":{"type":"boolean"},
        "state":{"enum":["in_progress","done"]},"note":{"type":"string"},
        "address":{"type":"object","properties":{"zip":{"type":"string"}},"required":["zip"]}},
        "required":["unit_price","item_name"],"additionalProperties":false})";

TEST(Drift, RepairsWhatIsCertain) {
  const struct {
    const char* name;
    const char* document;
    const char* repaired;
  } kCases[] = {
      {"camel case", R"({"unitPrice":1.5,"itemName":"x"})",
       R"({"unit_price":1.5,"item_name":"x"})"},
      {"title case", R"({"Unit Price":1.5,"item-name":"x"})",
       R"({"unit_price":1.5,"item_name":"x"})"},
      {"an optional name", R"({"unit_price":1,"item_name":"x","Note":"y"})",
       R"({"unit_price":1,"item_name":"x","note":"y"})"},
      {"number as string", R"({"unit_price":"12.50","item_name":"x"})",
       R"({"unit_price":12.5,"item_name":"x"})"},
      {"rename, then cast", R"({"unitPrice":"12","item_name":"x"})",
       R"({"unit_price":12,"item_name":"x"})"},
      {"boolean as string", R"({"unit_price":1,"item_name":"x","paid":"True"})",
       R"({"unit_price":1,"item_name":"x","paid":true})"},
      {"one for a list", R"({"unit_price":1,"item_name":"x","tags":"a"})",
       R"({"unit_price":1,"item_name":"x","tags":["a"]})"},
      {"object as string", R"({"unit_price":1,"item_name":"x","address":"{\"zip\":\"1\"}"})",
       R"({"unit_price":1,"item_name":"x","address":{"zip":"1"}})"},
      {"inside", R"({"unit_price":1,"item_name":"x","address":{"ZIP":75001}})",
       R"({"unit_price":1,"item_name":"x","address":{"zip":"75001"}})"},
      {"enum", R"({"unit_price":1,"item_name":"x","state":"In Progress"})",
       R"({"unit_price":1,"item_name":"x","state":"in_progress"})"},
      {"null for absent", R"({"unit_price":1,"item_name":"x","note":null})",
       R"({"unit_price":1,"item_name":"x"})"},
      {"list of one", R"({"unit_price":[1],"item_name":"x"})",
       R"({"unit_price":1,"item_name":"x"})"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto repair = repair_of(kPrices, c.document, 0.9);
    ASSERT_TRUE(repair);
    EXPECT_EQ(repair->document, json::parse(c.repaired));
    EXPECT_GE(repair->confidence, 0.9);
  }
}

TEST(Drift, OnlyProposesWhatIsGuessed) {
  const struct {
    const char* name;
    const char* document;
  } kCases[] = {
      {"misspelt", R"({"unit_pirce":1.5,"item_name":"x"})"},
      {"a list in a text", R"({"unit_price":1,"item_name":"x","tags":"a, b"})"},
      {"a fraction as text", R"({"unit_price":1,"item_name":2.5})"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_FALSE(repair_of(kPrices, c.document, 0.9));
    EXPECT_TRUE(repair_of(kPrices, c.document, 0.5));
  }
}

TEST(Drift, InventsNothing) {
  for (const char* document :
       {R"({"item_name":"x"})", R"({"unit_price":"about 12","item_name":"x"})",
        R"({"unit_price":"1,234","item_name":"x"})", R"({"unit_price":"007","item_name":"x"})",
        R"({"unit_price":null,"item_name":"x"})",
        R"({"unitPrice":1,"UnitPrice":2,"item_name":"x"})",
        R"({"unit_price":1,"item_name":"x","state":"paused"})"}) {
    SCOPED_TRACE(document);
    EXPECT_FALSE(repair_of(kPrices, document, 0.9));
  }
}

TEST(Drift, SeesThroughReferencesAndChoices) {
  const char* schema =
      R"({"type":"object","properties":{"lines":{"type":"array","items":{"$ref":"#/$defs/line"}},
          "delay":{"anyOf":[{"type":"integer"},{"type":"null"}]}},
          "$defs":{"line":{"type":"object","properties":{"unit_price":{"type":"number"}},
          "required":["unit_price"]}}})";
  const auto repair =
      repair_of(schema, R"({"lines":[{"unit_price":1},{"unitPrice":"2"}],"delay":"45"})", 0.9);
  ASSERT_TRUE(repair);
  EXPECT_EQ(repair->document,
            json::parse(R"({"lines":[{"unit_price":1},{"unit_price":2}],"delay":45})"));
}

TEST(Drift, IsBoundedOnHostileDocuments) {
  json document = json::object();
  for (int i = 0; i < 5'000; ++i) document["k" + std::to_string(i)] = "1";
  const auto schema = compiled_schema(kPrices);
  const auto outcome = schema.validate(document);
  EXPECT_FALSE(repair_drift(schema, document, outcome.violations, 0.5));
}

TEST(Drift, BareNames) {
  EXPECT_EQ(bare_name("unitPrice"), bare_name("UNIT_PRICE"));
  EXPECT_EQ(bare_name("Unit-Price"), bare_name("unit price"));
  EXPECT_NE(bare_name("unit"), bare_name("units"));
}

}  // namespace
}  // namespace taskgate::checks
