#pragma once
// Writing one JSON value in one of the many ways in which it can be written.

#include "providers/simulated_model.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace taskgate::providers {

/// `value` with its members in another order, integers as 1, 1.0 or 1e0, white space, and escapes
/// for characters that need none. It means the same (RFC 8785).
std::string rewritten_json(const nlohmann::ordered_json& value, SimRandom& random);

}  // namespace taskgate::providers
