// Schemas and documents made to crash, hang or exhaust a validator: each must end in a refusal or a
// verdict. What is measured is steps, not time.
#include "unit/checks/schema_support.hpp"

namespace taskgate::checks {
namespace {

using nlohmann::json;

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

json nested_array(std::size_t depth) {
  json value = json::array();
  for (std::size_t i = 1; i < depth; ++i) value = json::array({std::move(value)});
  return value;
}

ValidationVerdict verdict_of(const CompiledSchema& schema, const json& document) {
  return schema.validate(document).verdict;
}

TEST(HostileSchema, NestedTenThousandDeepIsRefused) {
  const std::string deep =
      repeated(R"({"properties":{"a":)", 10'000) + "{}" + repeated("}}", 10'000);

  EXPECT_EQ(refused(deep).kind, SchemaErrorKind::too_large);
  EXPECT_EQ(refused(repeated("[", 100'000)).kind, SchemaErrorKind::too_large);
}

TEST(HostileSchema, WithTooManyBranchesOrBytesIsRefused) {
  const std::string branches = R"({"anyOf":[)" + repeated("false,", 20'000) + "false]}";
  const std::string large = R"({"enum":[")" + std::string(300'000, 'x') + R"("]})";
  const std::string references =
      R"({"$defs":{"a":{}},"allOf":[)" + repeated(R"({"$ref":"#/$defs/a"},)", 11'000) + "{}]}";

  EXPECT_EQ(refused(branches).kind, SchemaErrorKind::too_large);
  EXPECT_EQ(refused(large).kind, SchemaErrorKind::too_large);
  EXPECT_EQ(refused(references).kind, SchemaErrorKind::too_large);
}

TEST(HostileSchema, WithManyPatternsIsRefused) {
  json schema;
  for (int i = 0; i < 501; ++i) schema["patternProperties"]["^a" + std::to_string(i)] = true;

  EXPECT_EQ(refused(schema.dump()).kind, SchemaErrorKind::too_large);
}

// a0 asks twice for a1, which asks twice for a2 …: 2^25 ways to the end.
std::string doubling(const char* keyword, const char* last) {
  json schema = {{"$ref", "#/$defs/a0"}};
  for (int i = 0; i < 25; ++i) {
    const json next = {{"$ref", "#/$defs/a" + std::to_string(i + 1)}};
    schema["$defs"]["a" + std::to_string(i)][keyword] = {next, next};
  }
  schema["$defs"]["a25"] = json::parse(last);
  return schema.dump();
}

TEST(HostileSchema, WithTwoToThe25WaysRunsOutOfSteps) {
  EXPECT_EQ(verdict_of(compiled(doubling("anyOf", "false")), 1), ValidationVerdict::too_expensive);
  EXPECT_EQ(verdict_of(compiled(doubling("oneOf", "false")), 1), ValidationVerdict::too_expensive);
  EXPECT_EQ(verdict_of(compiled(doubling("allOf", "true")), 1), ValidationVerdict::too_expensive);
}

TEST(HostileSchema, BudgetIsKeptAndNamed) {
  const ValidationOutcome outcome = compiled(doubling("allOf", "true")).validate(1);

  EXPECT_LE(outcome.steps, 1'000'100);
  EXPECT_STREQ(to_string(outcome.verdict), "schema_too_expensive");
  EXPECT_TRUE(outcome.violations.empty());
}

TEST(HostileSchema, DynamicReferenceThatLeadsBackEnds) {
  const CompiledSchema schema = compiled(
      R"({"$dynamicAnchor":"a","$defs":{"x":{"$dynamicRef":"#a"}},"allOf":[{"$dynamicRef":"#a"}]})");

  EXPECT_EQ(verdict_of(schema, 1), ValidationVerdict::too_expensive);
}

TEST(HostileSchema, LongChainOfReferencesIsNoProblem) {
  json schema = {{"$ref", "#/$defs/a0"}};
  for (int i = 0; i < 3000; ++i)
    schema["$defs"]["a" + std::to_string(i)] = {{"$ref", "#/$defs/a" + std::to_string(i + 1)}};
  schema["$defs"]["a3000"] = {{"type", "null"}};

  const CompiledSchema chain = compiled(schema.dump());

  EXPECT_EQ(verdict_of(chain, nullptr), ValidationVerdict::valid);
  EXPECT_EQ(verdict_of(chain, 1), ValidationVerdict::invalid);
}

TEST(HostileSchema, LongChainThatCannotBeShortenedEnds) {
  json schema = {{"$ref", "#/$defs/a0"}};
  for (int i = 0; i < 3000; ++i)
    schema["$defs"]["a" + std::to_string(i)] = {
        {"allOf", {{{"$ref", "#/$defs/a" + std::to_string(i + 1)}}}}};
  schema["$defs"]["a3000"] = {{"type", "null"}};

  EXPECT_EQ(verdict_of(compiled(schema.dump()), nullptr), ValidationVerdict::too_expensive);
}

TEST(HostileSchema, RecursionGoesAsDeepAsTheDocumentMay) {
  const CompiledSchema schema = compiled(
      R"({"allOf":[{"anyOf":[{"$ref":"#/$defs/list"},{"type":"null"}]}],"$defs":{"list":{"type":"array","items":{"$ref":"#"}}}})");

  EXPECT_EQ(verdict_of(schema, nested_array(128)), ValidationVerdict::valid);
  EXPECT_EQ(verdict_of(schema, nested_array(129)), ValidationVerdict::too_deep);
  EXPECT_EQ(verdict_of(schema, nested_array(5'000)), ValidationVerdict::too_deep);
}

TEST(HostileSchema, DeepDocumentsAreNeverWalkedByEqualityOrHash) {
  const CompiledSchema unique = compiled(R"({"uniqueItems":true})");

  EXPECT_EQ(verdict_of(unique, json::array({nested_array(127), nested_array(127)})),
            ValidationVerdict::invalid);
  EXPECT_EQ(verdict_of(unique, json::array({nested_array(5'000), nested_array(5'000)})),
            ValidationVerdict::too_deep);
}

TEST(HostileSchema, UniqueItemsOfAHundredThousandObjectsIsLinear) {
  json items = json::array();
  for (int i = 0; i < 100'000; ++i) items.push_back({{"id", i}});
  const CompiledSchema schema = compiled(R"({"uniqueItems":true})");

  EXPECT_EQ(verdict_of(schema, items), ValidationVerdict::valid);
  items.push_back({{"id", 77}});
  EXPECT_EQ(verdict_of(schema, items), ValidationVerdict::invalid);
}

TEST(HostileSchema, PatternsOnAMegabyteEnd) {
  const std::string text(1U << 20, 'a');
  for (const char* pattern : {"^(a+)+$", "^(a|a)*b", "(a|aa)+$", "(.*a){20}b", "a.{0,900}b"}) {
    SCOPED_TRACE(pattern);
    const CompiledSchema schema = compiled(json{{"pattern", pattern}}.dump());
    EXPECT_NO_FATAL_FAILURE((void)verdict_of(schema, text));
  }
  EXPECT_EQ(verdict_of(compiled(R"x({"pattern":"^(a+)+$"})x"), text), ValidationVerdict::valid);
}

TEST(HostileSchema, PatternTooLargeForItsTextRunsOutOfSteps) {
  const CompiledSchema schema = compiled(R"x({"pattern":"(x+x+)+(.{900}y|.{901}z)"})x");

  EXPECT_EQ(verdict_of(schema, std::string(1U << 20, 'x')), ValidationVerdict::too_expensive);
}

TEST(HostileSchema, LargeConstantsAreComparedWithinTheBudget) {
  const std::string constant(200'000, 'x');
  json schema = {{"items", {{"const", constant}}}};
  json items = json::array();
  for (int i = 0; i < 20; ++i) items.push_back(constant);

  EXPECT_EQ(verdict_of(compiled(schema.dump()), items), ValidationVerdict::valid);
}

TEST(HostileSchema, OddNamesAreNames) {
  const json names = {"", "/", "~", "~1", "%25", "a\nb", "\u00e9", "$ref", "\"", "\\"};
  json schema;
  for (const json& name : names) schema["properties"][name.get<std::string>()] = {{"type", "null"}};
  const CompiledSchema odd = compiled(schema.dump());

  for (const json& name : names) {
    SCOPED_TRACE(name.dump());
    json document;
    document[name.get<std::string>()] = 1;
    const ValidationOutcome outcome = odd.validate(document);
    ASSERT_EQ(outcome.violations.size(), 1U);
    EXPECT_EQ(document.at(json::json_pointer(outcome.violations[0].instance_path)), 1);
    EXPECT_EQ(schema.at(json::json_pointer(outcome.violations[0].schema_path)), "null");
  }
}

TEST(HostileSchema, BooleanSchemasAreTakenEverywhere) {
  const CompiledSchema schema = compiled(
      R"({"allOf":[true],"anyOf":[true,false],"oneOf":[true,false],"not":false,"if":true,"then":true,
          "else":false,"items":true,"prefixItems":[true],"contains":true,"properties":{"a":true},
          "additionalProperties":true,"patternProperties":{"b":false},"propertyNames":true,
          "dependentSchemas":{"c":false},"unevaluatedItems":false,"unevaluatedProperties":false})");

  EXPECT_EQ(verdict_of(schema, {{"a", 1}}), ValidationVerdict::valid);
  EXPECT_EQ(verdict_of(schema, {{"b", 1}}), ValidationVerdict::invalid);
  EXPECT_EQ(verdict_of(schema, {{"c", 1}}), ValidationVerdict::invalid);
  EXPECT_EQ(verdict_of(schema, {1, 2}), ValidationVerdict::valid);
}

TEST(HostileSchema, ReportOfManyBranchesStaysWithinItsBudget) {
  // Every level reports the branches of the one below: 3^12 of them.
  json schema = {{"$ref", "#/$defs/a0"}};
  for (int i = 0; i < 12; ++i) {
    const json next = {{"$ref", "#/$defs/a" + std::to_string(i + 1)}};
    schema["$defs"]["a" + std::to_string(i)]["anyOf"] = {next, next, next};
  }
  schema["$defs"]["a12"] = {{"type", "null"}};

  const ValidationOutcome outcome = compiled(schema.dump()).validate(1);

  EXPECT_EQ(outcome.verdict, ValidationVerdict::invalid);
  EXPECT_FALSE(outcome.violations.empty());
  EXPECT_LE(outcome.violations.size(), 50U);
}

}  // namespace
}  // namespace taskgate::checks
