#include "taskgate/tools/call_key.hpp"

#include "unit/tools/contract.hpp"

#include <gtest/gtest.h>

#include <set>

namespace taskgate::tools {
namespace {

constexpr const char* kInvoice = R"({
  "type": "object",
  "properties": {
    "customer": {"type": "string"},
    "amount": {"type": "number"},
    "currency": {"type": "string", "default": "EUR"},
    "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
    "request_id": {"type": "string"},
    "options": {"type": "object", "default": {}, "properties": {"copies": {"default": 1}}}
  },
  "$defs": {"line": {"type": "object", "properties": {"count": {"default": 1}}}}
})";

std::string canonical(const ToolDefinition& definition, std::string_view arguments) {
  const auto contract = contract_of(definition);
  auto text = canonical_arguments(contract->definition, arguments, contract->arguments);
  return text ? *text : "error: " + text.error().message();
}

std::string key_of(std::string_view arguments) {
  auto definition = definition_of("send_invoice", kInvoice);
  definition.ignore_args = {"/request_id"};
  const auto site =
      call_site("send_invoice", definition.version, canonical(definition, arguments), 0);
  return call_key("acme", "task_1", site);
}

TEST(CallKey, IsTheSameForWhateverMeansTheSame) {
  const auto key = key_of(R"({"customer":"C-7","amount":100})");

  for (const char* other : {
           R"({"amount":100,"customer":"C-7"})",
           "{ \"amount\" :\t100.0 ,\n \"customer\": \"C-7\" }",
           R"({"amount":1e2,"customer":"C-7"})",
           R"({"amount":100,"customer":"\u0043-7"})",
           R"({"amount":100,"customer":"C-7","currency":"EUR"})",
           R"({"amount":100,"customer":"C-7","options":{}})",
           R"({"amount":100,"customer":"C-7","options":{"copies":1.0}})",
           R"({"amount":100,"customer":"C-7","request_id":"8e03978e"})",
       }) {
    EXPECT_EQ(key_of(other), key) << other;
  }
}

TEST(CallKey, IsAnotherForWhateverMeansSomethingElse) {
  std::set<std::string> keys;
  const char* different[] = {
      R"({"customer":"C-7","amount":100})",
      R"({"customer":"C-7","amount":100.01})",
      R"({"customer":"C-7","amount":-100})",
      R"({"customer":"C-7","amount":"100"})",
      R"({"customer":"c-7","amount":100})",
      R"({"customer":"C-7","amount":100,"currency":"USD"})",
      R"({"customer":"C-7","amount":100,"options":{"copies":2}})",
      R"({"customer":"C-7","amount":100,"lines":[{"count":1}]})",
      R"({"customer":"C-7","amount":100,"lines":[{"count":1},{"count":1}]})",
      R"({"customer":"C-7"})",
  };

  for (const char* arguments : different) keys.insert(key_of(arguments));

  EXPECT_EQ(keys.size(), std::size(different));
}

TEST(CallKey, HasTheDocumentedFormAndDependsOnEveryPart) {
  const auto site = call_site("t", "v", "{}", 0);
  const auto key = call_key("tenant", "task", site);

  EXPECT_EQ(site.size(), 64U);
  EXPECT_EQ(key.size(), 43U);
  EXPECT_EQ(key.substr(0, 3), "tg_");
  EXPECT_EQ(key.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567", 3), std::string::npos);
  // Computed independently: python3 hashlib and base64.b32encode over the documented bytes.
  EXPECT_EQ(site, "a4ebcfa6c5337b9ba96f36f8e6bed9d0d9e931099a60b10e1adfd4cc8f7af271");
  EXPECT_EQ(key, "tg_kmhl3byleh6jaevmxidwzqp5ap6z7cnc7qg6ipt4");
  const std::set<std::string> keys{
      key,
      call_key("tenan", "ttask", site),
      call_key("tenant", "task2", site),
      call_key("tenant", "task", call_site("t", "v", "{}", 1)),
      call_key("tenant", "task", call_site("t", "w", "{}", 0)),
      call_key("tenant", "task", call_site("u", "v", "{}", 0)),
  };
  EXPECT_EQ(keys.size(), 6U);
}

TEST(CanonicalArguments, FillInNestedDefaultsAndThoseBehindReferences) {
  const auto definition = definition_of("t", kInvoice);

  EXPECT_EQ(canonical(definition, R"({"lines":[{},{"count":2}]})"),
            R"({"currency":"EUR","lines":[{"count":1},{"count":2}],"options":{"copies":1}})");
}

TEST(CanonicalArguments, LeaveOutDefaultsThatApplyOnlySometimes) {
  const auto definition = definition_of(
      "t", R"({"anyOf":[{"properties":{"a":{"default":1}}},{"properties":{"b":{"default":2}}}]})");

  EXPECT_EQ(canonical(definition, "{}"), "{}");
}

TEST(CanonicalArguments, KeepLargeIntegersApartHoweverTheyAreWritten) {
  const auto definition = definition_of("t", "{}");

  const auto one = canonical(definition, R"({"id":12345678901234567890123})");
  EXPECT_EQ(one, "{\"id\":\"\\u000112345678901234567890123\"}");
  EXPECT_EQ(canonical(definition, R"({"id":12345678901234567890123.0})"), one);
  EXPECT_EQ(canonical(definition, R"({"id":1234567890123456789012300e-2})"), one);
  EXPECT_NE(canonical(definition, R"({"id":12345678901234567890124})"), one);
  EXPECT_NE(canonical(definition, R"({"id":9007199254740993})"),
            canonical(definition, R"({"id":9007199254740992})"));
  EXPECT_EQ(canonical(definition, R"({"id":9007199254740991.0})"), R"({"id":9007199254740991})");
  EXPECT_EQ(canonical(definition, R"({"id":-18446744073709551616})"),
            canonical(definition, R"({"id":-18446744073709551616.00})"));
}

TEST(CanonicalArguments, NeverTakeATextForALargeInteger) {
  const auto definition = definition_of("t", "{}");

  EXPECT_NE(canonical(definition, "{\"id\":\"\\u000112345678901234567890123\"}"),
            canonical(definition, R"({"id":12345678901234567890123})"));
}

TEST(CanonicalArguments, TakeIgnoredArgumentsOutWhereverTheyStand) {
  auto definition = definition_of("t", "{}");
  definition.ignore_args = {"/meta/at", "/list/0", "/a~1b", "/not/there", "/list/x"};

  EXPECT_EQ(canonical(definition, R"({"meta":{"at":1,"by":2},"list":[1,2],"a/b":3})"),
            R"({"list":[2],"meta":{"by":2}})");
}

TEST(CanonicalArguments, RefuseWhatHasNoOneMeaning) {
  const auto definition = definition_of("t", "{}");

  EXPECT_NE(canonical(definition, R"({"a":1,"a":2})").find("twice"), std::string::npos);
  EXPECT_NE(canonical(definition, R"({"a":1e400})").find("out of range"), std::string::npos);
  EXPECT_NE(canonical(definition, R"({"a":1)").find("not JSON"), std::string::npos);
}

TEST(CanonicalArguments, BoundTheWorkThatDefaultsMake) {
  const auto definition =
      definition_of("t", R"({"properties":{"a":{"items":{"properties":{"b":{"default":1}}}}}})");
  std::string many = R"({"a":[{})";
  for (int i = 0; i < 40'000; ++i) many += ",{}";
  many += "]}";

  EXPECT_NE(canonical(definition, many).find("too many"), std::string::npos);
}

TEST(CanonicalArguments, EndWhereASchemaFillsItselfInForEver) {
  const auto definition = definition_of("t", R"({"$defs":{"n":{"type":"object",
    "properties":{"next":{"$ref":"#/$defs/n","default":{}}}}},"properties":{"t":{"$ref":"#/$defs/n"}}})");

  const auto filled = canonical(definition, R"({"t":{}})");

  EXPECT_EQ(filled, canonical(definition, R"({"t":{"next":{}}})"));
  EXPECT_LT(filled.size(), 1000U);
}

TEST(CanonicalArguments, RefuseDefaultsThatMultiply) {
  std::string properties;
  for (int i = 0; i < 20; ++i) {
    properties += (i > 0 ? ",\"p" : "\"p") + std::to_string(i);
    properties += R"(":{"$ref":"#/$defs/n","default":{}})";
  }
  const auto definition =
      definition_of("t", R"({"$defs":{"n":{"type":"object","properties":{)" + properties +
                             R"(}}},"properties":{"t":{"$ref":"#/$defs/n"}}})");

  EXPECT_NE(canonical(definition, R"({"t":{}})").find("too many"), std::string::npos);
}

}  // namespace
}  // namespace taskgate::tools
