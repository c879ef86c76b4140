// Which subschemas and names the schema has for a place of a document.
#include "unit/checks/schema_support.hpp"

#include <algorithm>

namespace taskgate::checks {
namespace {

constexpr const char* kOrder = R"({
  "type": "object",
  "required": ["id"],
  "properties": {
    "id": {"type": "string"},
    "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
    "pair": {"prefixItems": [{"type": "integer"}], "items": {"type": "null"}}
  },
  "anyOf": [{"properties": {"note": {"type": "string"}}, "required": ["note"]}, true],
  "patternProperties": {"^x-": {"type": "boolean"}},
  "additionalProperties": {"type": "number"},
  "$defs": {"item": {"properties": {"sku": {}, "price": {}}, "required": ["sku", "count"]}}
})";

std::vector<std::string> paths_at(std::string_view place) {
  std::vector<std::string> paths;
  for (const AppliedSchema& applied : compiled(kOrder).schemas_at(place))
    paths.push_back((applied.conditional ? "?" : "") + applied.schema_path);
  std::sort(paths.begin(), paths.end());
  return paths;
}

using Paths = std::vector<std::string>;

TEST(SchemaLookup, FollowsReferencesAndBranches) {
  EXPECT_EQ(paths_at(""), (Paths{"", "?/anyOf/0", "?/anyOf/1"}));
  EXPECT_EQ(paths_at("/id"), (Paths{"/properties/id"}));
  EXPECT_EQ(paths_at("/items/7"), (Paths{"/$defs/item"}));
  EXPECT_EQ(paths_at("/items/7/sku"), (Paths{"/$defs/item/properties/sku"}));
  EXPECT_EQ(paths_at("/pair/0"), (Paths{"/properties/pair/prefixItems/0"}));
  EXPECT_EQ(paths_at("/pair/1"), (Paths{"/properties/pair/items"}));
  EXPECT_EQ(paths_at("/x-a"), (Paths{"/patternProperties/^x-"}));
  EXPECT_EQ(paths_at("/other"), (Paths{"/additionalProperties"}));
  EXPECT_EQ(paths_at("/note"), (Paths{"/additionalProperties", "?/anyOf/0/properties/note"}));
  EXPECT_EQ(paths_at("/id/deeper"), Paths{});
  EXPECT_EQ(paths_at("no pointer"), Paths{});
}

TEST(SchemaLookup, GivesTheSchemaItself) {
  const CompiledSchema schema = compiled(kOrder);

  const auto applied = schema.schemas_at("/items/0");

  ASSERT_EQ(applied.size(), 1U);
  EXPECT_EQ(applied[0].schema->at("required"), (nlohmann::json{"sku", "count"}));
}

TEST(SchemaLookup, ListsTheNamesThatAPlaceKnows) {
  const CompiledSchema schema = compiled(kOrder);
  const auto names = [&](std::string_view place) {
    std::string out;
    for (const KnownProperty& p : schema.properties_at(place))
      out += p.name + (p.required ? "! " : " ");
    return out;
  };

  EXPECT_EQ(names(""), "id! items note pair ");
  EXPECT_EQ(names("/items/0"), "count! price sku! ");
  EXPECT_EQ(names("/id"), "");
}

TEST(SchemaLookup, EndsInRecursiveSchemas) {
  const CompiledSchema schema = compiled(
      R"({"properties":{"next":{"$ref":"#"},"value":{}},"anyOf":[{"properties":{"next":{"$ref":"#"}}},true]})");
  std::string place;
  for (int i = 0; i < 50; ++i) place += "/next";

  EXPECT_EQ(schema.properties_at(place).size(), 2U);
}

}  // namespace
}  // namespace taskgate::checks
