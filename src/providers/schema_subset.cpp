#include "providers/schema_subset.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace taskgate::providers {
namespace {

using nlohmann::json;

constexpr int kMaxSchemaDepth = 64;

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool all_within(const json& schemas, const SchemaSubset& subset, int depth);

bool schema_within(const json& schema, const SchemaSubset& subset, int depth) {
  constexpr std::array<std::string_view, 3> kOfSchemas{"properties", "$defs", "definitions"};
  constexpr std::array<std::string_view, 4> kLists{"anyOf", "allOf", "oneOf", "prefixItems"};
  if (!schema.is_object() || depth > kMaxSchemaDepth) return false;
  for (const auto& [name, value] : schema.items()) {
    const auto known = std::find(subset.keywords.begin(), subset.keywords.end(), name);
    if (known == subset.keywords.end()) return false;
    if (is_one_of(name, kOfSchemas) || is_one_of(name, kLists)) {
      if (!all_within(value, subset, depth + 1)) return false;
    } else if (name == "items" || (name == "additionalProperties" && value.is_object())) {
      if (!schema_within(value, subset, depth + 1)) return false;
    }
  }
  const bool object = schema.contains("properties") || schema.value("type", json()) == "object";
  const auto more = schema.find("additionalProperties");
  return !subset.closed_objects || !object || (more != schema.end() && *more == false);
}

bool all_within(const json& schemas, const SchemaSubset& subset, int depth) {
  if (!schemas.is_structured()) return false;
  return std::all_of(schemas.begin(), schemas.end(),
                     [&](const json& schema) { return schema_within(schema, subset, depth); });
}

}  // namespace

bool is_within(const json& schema, const SchemaSubset& subset) {
  return schema_within(schema, subset, 0);
}

}  // namespace taskgate::providers
