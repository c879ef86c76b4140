// What a violation says: where, by which keyword, what was expected and what was there.
#include "unit/checks/schema_support.hpp"

#include <algorithm>

namespace taskgate::checks {
namespace {

struct ViolationCase {
  const char* schema;
  const char* document;
  const char* instance_path;
  const char* schema_path;
  const char* keyword;
  const char* expected;
  const char* got;
};

const ViolationCase kViolationCases[] = {
    {R"({"type":["integer","null"]})", R"("12")", "", "/type", "type", "null or integer",
     R"(string "12")"},
    {R"({"type":"integer"})", "1.5", "", "/type", "type", "integer", "number 1.5"},
    {R"({"type":"object"})", "[1,2]", "", "/type", "type", "object", "an array of 2 items"},
    {R"({"const":{"a":[1]}})", "{}", "", "/const", "const", R"({"a":[1]})",
     "an object of 0 properties"},
    {R"({"enum":["red","blue"]})", R"("green")", "", "/enum", "enum", R"(one of ["red","blue"])",
     R"("green")"},
    {R"({"properties":{"price":{"minimum":0}}})", R"({"price":-1})", "/price",
     "/properties/price/minimum", "minimum", "a number that is at least 0", "-1"},
    {R"({"maximum":10})", "11", "", "/maximum", "maximum", "a number that is at most 10", "11"},
    {R"({"exclusiveMinimum":0})", "0", "", "/exclusiveMinimum", "exclusiveMinimum",
     "a number above 0", "0"},
    {R"({"exclusiveMaximum":1})", "1", "", "/exclusiveMaximum", "exclusiveMaximum",
     "a number below 1", "1"},
    {R"({"multipleOf":0.01})", "0.005", "", "/multipleOf", "multipleOf",
     "a number that is a multiple of 0.01", "0.005"},
    {R"({"minLength":3})", R"("ab")", "", "/minLength", "minLength", "at least 3 characters",
     "2 characters"},
    {R"({"maxLength":1})", R"("äö")", "", "/maxLength", "maxLength", "at most 1 character",
     "2 characters"},
    {R"({"pattern":"^a"})", R"("b")", "", "/pattern", "pattern", "text that matches ^a", R"("b")"},
    {R"({"items":{"type":"string"}})", R"(["a",1])", "/1", "/items/type", "type", "string",
     "number 1"},
    {R"({"prefixItems":[{"type":"string"}]})", "[1]", "/0", "/prefixItems/0/type", "type", "string",
     "number 1"},
    {R"({"minItems":1})", "[]", "", "/minItems", "minItems", "at least 1 item", "0 items"},
    {R"({"maxItems":1})", "[1,2]", "", "/maxItems", "maxItems", "at most 1 item", "2 items"},
    {R"({"uniqueItems":true})", "[1,2,1.0]", "", "/uniqueItems", "uniqueItems",
     "items that are all different", "items 0 and 2 are the same"},
    {R"({"contains":{"type":"string"}})", "[1]", "", "/contains", "contains",
     "at least 1 item that match", "0 such items"},
    {R"({"contains":{"type":"string"},"minContains":2})", R"(["a"])", "", "/minContains",
     "minContains", "at least 2 items that match", "1 such item"},
    {R"({"contains":{"type":"string"},"maxContains":1})", R"(["a","b"])", "", "/maxContains",
     "maxContains", "at most 1 item that match", "more"},
    {R"({"required":["a/b"]})", "{}", "", "/required", "required", R"(property "a/b")",
     "no such property"},
    {R"({"additionalProperties":false})", R"({"x~y":1})", "/x~0y", "/additionalProperties",
     "additionalProperties", "nothing here", "number 1"},
    {R"({"properties":{"a":false}})", R"({"a":1})", "/a", "/properties/a", "properties",
     "nothing here", "number 1"},
    {R"({"patternProperties":{"^n":{"type":"number"}}})", R"({"n1":"x"})", "/n1",
     "/patternProperties/^n/type", "type", "number", R"(string "x")"},
    {R"({"propertyNames":{"maxLength":2}})", R"({"abc":1})", "/abc", "/propertyNames/maxLength",
     "maxLength", "at most 2 characters", "3 characters"},
    {R"({"minProperties":1})", "{}", "", "/minProperties", "minProperties", "at least 1 property",
     "0 properties"},
    {R"({"maxProperties":0})", R"({"a":1})", "", "/maxProperties", "maxProperties",
     "at most 0 properties", "1 property"},
    {R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})", "", "/dependentRequired",
     "dependentRequired", R"(property "b" beside "a")", "no such property"},
    {R"({"dependentSchemas":{"a":{"minProperties":2}}})", R"({"a":1})", "",
     "/dependentSchemas/a/minProperties", "minProperties", "at least 2 properties", "1 property"},
    {R"({"not":{"type":"null"}})", "null", "", "/not", "not", "not to match the schema", "null"},
    {R"({"if":true,"then":{"type":"null"}})", "1", "", "/then/type", "type", "null", "number 1"},
    {R"({"if":false,"else":{"type":"null"}})", "1", "", "/else/type", "type", "null", "number 1"},
    {R"({"oneOf":[{"type":"integer"},{"minimum":0}]})", "1", "", "/oneOf", "oneOf",
     "to match exactly one of 2 schemas", "a value that matches 2"},
    {R"({"properties":{"a":{}},"unevaluatedProperties":false})", R"({"a":1,"b":2})", "/b",
     "/unevaluatedProperties", "unevaluatedProperties", "nothing here", "number 2"},
    {R"({"prefixItems":[true],"unevaluatedItems":false})", "[1,2]", "/1", "/unevaluatedItems",
     "unevaluatedItems", "nothing here", "number 2"},
    {R"({"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"null"}}})", "1", "", "/$defs/a~1b/type",
     "type", "null", "number 1"},
};

TEST(SchemaViolation, SaysWhereAndWhatForEveryKeyword) {
  for (const ViolationCase& c : kViolationCases) {
    SCOPED_TRACE(std::string(c.schema) + " with " + c.document);

    const Violation violation = only_violation(c.schema, c.document);

    EXPECT_EQ(violation.instance_path, c.instance_path);
    EXPECT_EQ(violation.schema_path, c.schema_path);
    EXPECT_EQ(violation.keyword, c.keyword);
    EXPECT_EQ(violation.expected, c.expected);
    EXPECT_EQ(violation.got, c.got);
  }
}

TEST(SchemaViolation, NamesThePropertyThatIsMissingOrTooMany) {
  EXPECT_EQ(only_violation(R"({"required":["a"]})", "{}").property, "a");
  EXPECT_EQ(only_violation(R"({"additionalProperties":false})", R"({"b":1})").property, "b");
  EXPECT_EQ(only_violation(R"({"type":"null"})", "1").property, "");
}

TEST(SchemaViolation, EveryOneIsReportedInOrderOfTheDocument) {
  const ValidationOutcome outcome = outcome_of(
      R"({"required":["a","z"],"properties":{"b":{"type":"string","minLength":2},"c":{"type":"null"}},
          "additionalProperties":false})",
      R"({"b":"x","c":1,"d":2})");

  std::vector<std::string> keywords;
  for (const Violation& violation : outcome.violations) keywords.push_back(violation.keyword);
  EXPECT_EQ(keywords, (std::vector<std::string>{"required", "minLength", "type",
                                                "additionalProperties", "required"}));
}

TEST(SchemaViolation, OfAnyOfThereFollowsTheBranchThatWasMeant) {
  const ValidationOutcome outcome = outcome_of(
      R"({"anyOf":[{"properties":{"kind":{"const":"a"},"n":{"type":"string"}},"required":["kind"]},
                   {"properties":{"kind":{"const":"b"},"n":{"type":"integer"},"m":{"type":"integer"}},
                    "required":["kind"]},
                   {"type":"string"}]})",
      R"({"kind":"b","n":"x","m":"y"})");

  ASSERT_EQ(outcome.violations.size(), 3U);
  EXPECT_EQ(outcome.violations[0].schema_path, "/anyOf");
  EXPECT_EQ(outcome.violations[1].schema_path, "/anyOf/1/properties/m/type");
  EXPECT_EQ(outcome.violations[2].schema_path, "/anyOf/1/properties/n/type");
}

TEST(SchemaViolation, OfABranchThatFailedIsForgottenWhenAnotherFits) {
  const ValidationOutcome outcome = outcome_of(
      R"({"properties":{"a":{"anyOf":[{"type":"string"},{"type":"integer"}]},"b":{"type":"null"}}})",
      R"({"a":1,"b":1})");

  ASSERT_EQ(outcome.violations.size(), 1U);
  EXPECT_EQ(outcome.violations[0].instance_path, "/b");
}

TEST(SchemaViolation, ListIsCutAtTheBound) {
  nlohmann::json document = nlohmann::json::array();
  for (int i = 0; i < 200; ++i) document.push_back(i);
  const CompiledSchema schema = compiled(R"({"items":{"type":"string"}})");

  const ValidationOutcome fifty = schema.validate(document);
  ValidationOptions first;
  first.max_violations = 1;
  const ValidationOutcome one = schema.validate(document, first);
  ValidationOptions verdict;
  verdict.max_violations = 0;
  const ValidationOutcome none = schema.validate(document, verdict);

  EXPECT_EQ(fifty.violations.size(), 50U);
  EXPECT_TRUE(fifty.has_more);
  EXPECT_EQ(one.violations.size(), 1U);
  EXPECT_TRUE(none.violations.empty());
  EXPECT_EQ(none.verdict, ValidationVerdict::invalid);
}

TEST(SchemaViolation, FirstAloneIsFoundBehindBranchesThatFail) {
  ValidationOptions first;
  first.max_violations = 1;

  const ValidationOutcome outcome =
      outcome_of(R"({"anyOf":[{"type":"null"},{"type":"integer"}],"maximum":3})", "5", first);

  ASSERT_EQ(outcome.violations.size(), 1U);
  EXPECT_EQ(outcome.violations[0].keyword, "maximum");
}

TEST(SchemaViolation, LongValuesAreCut) {
  const std::string document = nlohmann::json(std::string(10'000, 'x')).dump();

  const Violation violation = only_violation(R"({"const":1})", document);

  EXPECT_LE(violation.got.size(), 130U);
  EXPECT_TRUE(violation.got.ends_with("…"));
}

TEST(SchemaViolation, MessageReadsAsASentence) {
  EXPECT_EQ(only_violation(R"({"properties":{"a":{"minimum":0}}})", R"({"a":-1})").message(),
            "/a: expected a number that is at least 0, got -1");
  EXPECT_EQ(only_violation(R"({"type":"null"})", "1").message(),
            "the document: expected null, got number 1");
}

}  // namespace
}  // namespace taskgate::checks
