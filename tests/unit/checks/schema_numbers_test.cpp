// Numbers at and beyond the edges of int64, uint64 and double.
#include "unit/checks/schema_support.hpp"

namespace taskgate::checks {
namespace {

struct NumberCase {
  const char* schema;
  const char* document;
  bool fits;
};

const NumberCase kNumberCases[] = {
    {R"({"type":"integer"})", "1.0", true},
    {R"({"type":"integer"})", "1e300", true},
    {R"({"type":"integer"})", "-0", true},
    {R"({"type":"integer"})", "-0.0", true},
    {R"({"type":"integer"})", "0.5", false},
    {R"({"const":0})", "-0.0", true},
    {R"({"const":1})", "1.0", true},
    {R"({"const":1})", "true", false},
    {R"({"const":9007199254740993})", "9007199254740992", false},
    {R"({"const":9007199254740993})", "9007199254740992.0", false},
    {R"({"const":9007199254740992})", "9007199254740992.0", true},
    {R"({"maximum":9007199254740992})", "9007199254740993", false},
    {R"({"maximum":9007199254740992.0})", "9007199254740993", false},
    {R"({"exclusiveMinimum":9007199254740992.0})", "9007199254740993", true},
    {R"({"maximum":18446744073709551615})", "18446744073709551615", true},
    {R"({"maximum":18446744073709551614})", "18446744073709551615", false},
    {R"({"minimum":-9223372036854775808})", "-9223372036854775808", true},
    {R"({"minimum":-1})", "18446744073709551615", true},
    {R"({"maximum":-1})", "18446744073709551615", false},
    {R"({"maximum":1e400})", "1", false},  // no JSON that a double could hold: see below
    {R"({"minimum":0.5})", "1", true},
    {R"({"minimum":0.5})", "0", false},
    {R"({"minimum":-0.5})", "0", true},
    {R"({"minimum":-0.5})", "-1", false},
    {R"({"minimum":1e300})", "18446744073709551615", false},
    {R"({"maximum":1e300})", "-9223372036854775808", true},
    {R"({"multipleOf":0.01})", "19.99", true},
    {R"({"multipleOf":0.01})", "4.35", true},
    {R"({"multipleOf":0.01})", "4.351", false},
    {R"({"multipleOf":0.1})", "0.3", true},
    {R"({"multipleOf":0.0001})", "0.0075", true},
    {R"({"multipleOf":3})", "9007199254740993", true},
    {R"({"multipleOf":3})", "9007199254740992", false},
    {R"({"multipleOf":7})", "-14", true},
    {R"({"multipleOf":2.5})", "7.5", true},
    {R"({"multipleOf":10})", "15.0", false},
    {R"({"multipleOf":1e-320})", "1e308", true},
    {R"({"multipleOf":1e308})", "1e-320", false},
    {R"({"multipleOf":1e308})", "0", true},
    {R"({"multipleOf":0.123456789})", "1e308", false},
    {R"({"enum":[1,2,3,4,5,6,7,8,9,10]})", "7.0", true},
    {R"({"enum":[1,2,3,4,5,6,7,8,9,18446744073709551615]})", "18446744073709551615", true},
    {R"({"uniqueItems":true})", "[9007199254740993,9007199254740992]", true},
    {R"({"uniqueItems":true})", "[0,-0.0]", false},
    {R"({"uniqueItems":true})", "[1,true,\"1\",null,[1],{\"a\":1}]", true},
};

TEST(SchemaNumbers, AreComparedWithoutRounding) {
  for (const NumberCase& c : kNumberCases) {
    SCOPED_TRACE(std::string(c.schema) + " with " + c.document);
    const auto schema = compile_schema(c.schema);

    EXPECT_EQ(schema && schema->validate(nlohmann::json::parse(c.document)).is_valid(), c.fits);
  }
}

TEST(SchemaNumbers, BeyondDoubleAreNoJsonToTheParser) {
  EXPECT_EQ(refused(R"({"maximum":1e400})").kind, SchemaErrorKind::invalid);
}

TEST(SchemaNumbers, CountsMayBeWrittenWithADecimalPoint) {
  EXPECT_TRUE(fits(R"({"maxLength":2.0})", R"("ab")"));
  EXPECT_TRUE(fits(R"({"maxLength":1e30})", R"("ab")"));
  EXPECT_EQ(refused(R"({"maxLength":2.5})").path, "/maxLength");
  EXPECT_EQ(refused(R"({"minLength":-1})").path, "/minLength");
}

}  // namespace
}  // namespace taskgate::checks
