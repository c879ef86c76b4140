#pragma once
// Percent-decoding (RFC 3986 §2.1). Private to net.

#include <optional>
#include <string>
#include <string_view>

namespace taskgate::net {

/// Whether '+' stands for a space (application/x-www-form-urlencoded queries) or for itself
/// (paths).
enum class PlusSign { is_space, is_itself };

/// Nullopt on a '%' without two hex digits, or one that stands for NUL.
std::optional<std::string> percent_decode(std::string_view text, PlusSign plus);

}  // namespace taskgate::net
