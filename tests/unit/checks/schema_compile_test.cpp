// What is taken for a schema, and what is said of what is not.
#include "taskgate/core/result.hpp"
#include "unit/checks/schema_support.hpp"

namespace taskgate::checks {
namespace {

struct RefusedCase {
  const char* schema;
  SchemaErrorKind kind;
  const char* path;
};

constexpr auto kInvalid = SchemaErrorKind::invalid;

const RefusedCase kRefusedCases[] = {
    {"", kInvalid, ""},
    {"{", kInvalid, ""},
    {"5", kInvalid, ""},
    {"[]", kInvalid, ""},
    {R"({"type":5})", kInvalid, "/type"},
    {R"({"type":"strin"})", kInvalid, "/type"},
    {R"({"type":[]})", kInvalid, "/type"},
    {R"({"type":["string","string"]})", kInvalid, "/type"},
    {R"({"enum":"a"})", kInvalid, "/enum"},
    {R"({"multipleOf":0})", kInvalid, "/multipleOf"},
    {R"({"multipleOf":-0.0})", kInvalid, "/multipleOf"},
    {R"({"multipleOf":"1"})", kInvalid, "/multipleOf"},
    {R"({"minimum":"1"})", kInvalid, "/minimum"},
    {R"({"minLength":-1})", kInvalid, "/minLength"},
    {R"({"maxItems":1.5})", kInvalid, "/maxItems"},
    {R"({"minContains":null})", kInvalid, "/minContains"},
    {R"({"uniqueItems":1})", kInvalid, "/uniqueItems"},
    {R"({"required":"a"})", kInvalid, "/required"},
    {R"({"required":["a","a"]})", kInvalid, "/required"},
    {R"({"required":[1]})", kInvalid, "/required"},
    {R"({"dependentRequired":{"a":["b","b"]}})", kInvalid, "/dependentRequired/a"},
    {R"({"properties":[]})", kInvalid, "/properties"},
    {R"({"properties":{"a/b":5}})", kInvalid, "/properties/a~1b"},
    {R"({"items":[{}]})", kInvalid, "/items"},
    {R"({"prefixItems":[]})", kInvalid, "/prefixItems"},
    {R"({"allOf":[]})", kInvalid, "/allOf"},
    {R"({"anyOf":{}})", kInvalid, "/anyOf"},
    {R"({"oneOf":[1]})", kInvalid, "/oneOf/0"},
    {R"({"not":null})", kInvalid, "/not"},
    {R"({"$defs":{"a":{"minimum":"x"}}})", kInvalid, "/$defs/a/minimum"},
    {R"({"$ref":5})", kInvalid, "/$ref"},
    {R"({"$anchor":"1a"})", kInvalid, "/$anchor"},
    {R"({"$id":"http://a/b#c"})", kInvalid, "/$id"},
    {R"({"title":5})", kInvalid, "/title"},
    {R"({"pattern":"("})", kInvalid, ""},
    {R"({"pattern":5})", kInvalid, "/pattern"},
    {R"({"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}})", kInvalid, "/$defs/"},
    {R"({"$defs":{"a":{"$id":"x"},"b":{"$id":"x"}}})", kInvalid, "/$defs/"},
    {R"({"$ref":"#"})", kInvalid, ""},
    {R"({"allOf":[{"$ref":"#"}]})", kInvalid, ""},
    {R"({"not":{"$ref":"#"}})", kInvalid, ""},
    {R"({"$dynamicRef":"#"})", kInvalid, ""},
    {R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})",
     kInvalid, ""},
    {R"({"dependentSchemas":{"a":{"$ref":"#"}}})", kInvalid, ""},
    {R"({"$ref":"#/$defs/none"})", SchemaErrorKind::unresolved_reference, "/$ref"},
    {R"({"$ref":"#none"})", SchemaErrorKind::unresolved_reference, "/$ref"},
    {R"({"$ref":"http://127.0.0.1:1/x.json"})", SchemaErrorKind::unresolved_reference, "/$ref"},
    {R"({"$ref":"file:///etc/passwd"})", SchemaErrorKind::unresolved_reference, "/$ref"},
    {R"({"$schema":"https://example.com/own"})", SchemaErrorKind::unsupported_dialect, "/$schema"},
    {R"({"$schema":"http://json-schema.org/draft-04/schema#"})",
     SchemaErrorKind::unsupported_dialect, "/$schema"},
    {R"x({"pattern":"(?=a)"})x", SchemaErrorKind::unsupported_pattern, ""},
    {R"x({"patternProperties":{"(a)\\1":{}}})x", SchemaErrorKind::unsupported_pattern, ""},
};

TEST(SchemaCompile, RefusesWhatIsNoSchemaAndSaysWhere) {
  for (const RefusedCase& c : kRefusedCases) {
    SCOPED_TRACE(c.schema);

    const SchemaFault fault = refused(c.schema);

    EXPECT_EQ(to_string(fault.kind), std::string(to_string(c.kind)));
    EXPECT_TRUE(fault.path.starts_with(c.path)) << fault.path;
    EXPECT_FALSE(fault.message.empty());
  }
}

TEST(SchemaCompile, ListsEveryFault) {
  const auto schema = compile_schema(
      R"({"minimum":"a","properties":{"b":{"type":7}},"required":[1],"minLength":-1})");

  ASSERT_FALSE(schema);
  EXPECT_EQ(schema.error().faults().size(), 4U);
}

TEST(SchemaCompile, StopsListingAtTwenty) {
  nlohmann::json schema;
  for (int i = 0; i < 1000; ++i) schema["properties"]["p" + std::to_string(i)]["minimum"] = "x";

  const auto result = compile_schema(schema.dump());

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().faults().size(), 20U);
}

TEST(SchemaCompile, ErrorsBecomeErrorsOfTheProgram) {
  const auto schema = compile_schema(R"({"minimum":"a"})");

  ASSERT_FALSE(schema);
  const Error error = schema.error().to_error();
  EXPECT_EQ(error.code(), Errc::unprocessable);
  EXPECT_EQ(error.message(), "schema_invalid at /minimum: must be a number");
}

TEST(SchemaCompile, KnowsTheMetaschemasOfBothDrafts) {
  const CompiledSchema current =
      compiled(R"({"$ref":"https://json-schema.org/draft/2020-12/schema"})");
  const CompiledSchema seven = compiled(R"({"$ref":"http://json-schema.org/draft-07/schema#"})");

  EXPECT_TRUE(current.validate({{"type", "object"}}).is_valid());
  EXPECT_FALSE(current.validate({{"properties", {{"a", {{"type", "objekt"}}}}}}).is_valid());
  EXPECT_TRUE(seven.validate({{"items", {true, {{"type", "object"}}}}}).is_valid());
  EXPECT_FALSE(seven.validate({{"additionalItems", {{"minLength", -1}}}}).is_valid());
}

TEST(SchemaCompile, FindsKnownSchemasByTheirUriAndNeverParsesTheOthers) {
  SchemaOptions options;
  options.known = {{"https://example.com/name.json", R"({"type":"string"})"},
                   {"https://example.com/broken.json", "{"}};

  const CompiledSchema schema = compiled(R"({"$ref":"https://example.com/name.json"})", options);

  EXPECT_TRUE(schema.validate("x").is_valid());
  EXPECT_EQ(schema.validate(1).violations.at(0).schema_path, "https://example.com/name.json#/type");
  EXPECT_FALSE(compile_schema(R"({"$ref":"https://example.com/broken.json"})", options));
}

TEST(SchemaCompile, TakesTheDraftFromTheSchema) {
  constexpr const char* kSeven = R"({"$schema":"http://json-schema.org/draft-07/schema#",
    "items":[{"type":"integer"}],"additionalItems":false})";

  EXPECT_EQ(compiled(kSeven).draft(), SchemaDraft::draft_7);
  EXPECT_TRUE(fits(kSeven, "[1]"));
  EXPECT_FALSE(fits(kSeven, "[1,2]"));
  EXPECT_EQ(compiled("{}").draft(), SchemaDraft::draft_2020_12);
}

TEST(SchemaCompile, InDraft7AReferenceVoidsWhatStandsBeside) {
  EXPECT_TRUE(fits(R"({"$schema":"http://json-schema.org/draft-07/schema#",
    "properties":{"a":{"$ref":"#/definitions/s","maxLength":1}},"definitions":{"s":{"type":"string"}}})",
                   R"({"a":"long"})"));
}

TEST(SchemaCompile, UsesAMetaschemaThatTheSchemaBringsAlong) {
  constexpr const char* kSchema = R"({
    "$schema": "https://example.com/meta",
    "minimum": 10,
    "items": false,
    "$defs": {"meta": {
      "$id": "https://example.com/meta",
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": true,
                      "https://json-schema.org/draft/2020-12/vocab/applicator": true}}}})";

  EXPECT_TRUE(fits(kSchema, "1"));     // no validation vocabulary
  EXPECT_FALSE(fits(kSchema, "[1]"));  // but applicators
}

TEST(SchemaCompile, CanBeUsedFromManyPlacesAtOnce) {
  const CompiledSchema schema = compiled(R"({"type":"integer"})");
  const CompiledSchema copy = schema;

  EXPECT_TRUE(copy.validate(1).is_valid());
  EXPECT_GT(copy.bytes(), 0U);
}

}  // namespace
}  // namespace taskgate::checks
