#pragma once
// Arithmetic for demo.calculator.

#include "taskgate/core/result.hpp"

#include <string_view>

namespace taskgate::tools {

/// The value of an expression of numbers, + - * / and parentheses. Errors: Errc::invalid_argument
/// (malformed, nested deeper than 64, no finite value).
Result<double> calculate(std::string_view expression);

}  // namespace taskgate::tools
