#pragma once
// Reading the arguments of a call with nothing lost: nlohmann/json alone keeps the last of two
// equal names and rounds large integers.

#include "taskgate/core/result.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace taskgate::tools {

/// `text` as a document in which integers beyond ±(2^53−1) are strings of U+0001 and their digits,
/// and strings that begin with U+0001 have one more. Errors: as canonical_arguments().
Result<nlohmann::json> read_exactly(std::string_view text);

/// A value that nlohmann/json read (of a schema), in the same form. What it has rounded stays
/// rounded.
nlohmann::json exact_form(const nlohmann::json& value);

}  // namespace taskgate::tools
