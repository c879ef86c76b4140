#pragma once
// Whether a JSON Schema stays within the part of the language that a protocol's own JSON mode
// takes. Pure.

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string_view>

namespace taskgate::providers {

struct SchemaSubset {
  std::span<const std::string_view> keywords;  ///< every other one is outside
  bool closed_objects = false;                 ///< objects must say "additionalProperties": false
};

/// Looks into every subschema; a boolean schema is outside of every subset.
bool is_within(const nlohmann::json& schema, const SchemaSubset& subset);

}  // namespace taskgate::providers
