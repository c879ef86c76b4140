#pragma once
// Arithmetic on JSON numbers as nlohmann/json holds them (int64, uint64, double), without rounding:
// comparison across the kinds is exact, and a double counts as the shortest decimal that reads back
// as it, which is what its author wrote (up to 15 digits always, 17 mostly): 0.0075 is a multiple
// of 0.0001.
//
// The limit: an integer beyond 64 bits and a decimal beyond 17 digits have lost digits when they
// arrive here, because the parser made doubles of them.

#include <nlohmann/json_fwd.hpp>

namespace taskgate::checks::schema {

/// Negative, zero or positive as a < b, a == b, a > b. Both must be numbers.
int compare_numbers(const nlohmann::json& a, const nlohmann::json& b);

/// Whether the number has no fractional part: 1, 1.0 and 1e300.
bool is_integral(const nlohmann::json& number);

/// Whether `value` is an integer times `divisor`; divisor > 0.
bool is_multiple_of(const nlohmann::json& value, const nlohmann::json& divisor);

}  // namespace taskgate::checks::schema
