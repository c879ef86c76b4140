#pragma once
// Equality of JSON values as JSON Schema means it (numbers by value: 1 is 1.0, but 2^53+1 is not
// 2^53), and a hash that agrees with it. nlohmann's own == rounds integers to double.

#include <nlohmann/json_fwd.hpp>

#include <cstdint>

namespace taskgate::checks::schema {

/// Takes a step from `steps` for each value looked at, and one for each 64 bytes of text; false
/// once none is left. Recurses as deep as the shallower of the two is nested.
bool equal(const nlohmann::json& a, const nlohmann::json& b, std::int64_t& steps);

/// Equal values have equal hashes. Costs steps as equal() does; recurses as deep as the value
/// nests.
std::uint64_t hash_of(const nlohmann::json& value, std::int64_t& steps);

}  // namespace taskgate::checks::schema
