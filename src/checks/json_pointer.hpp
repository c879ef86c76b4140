#pragma once
// Taking JSON pointers (RFC 6901) apart, and the text of JSON strings.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::checks {

/// The segments of a pointer, unescaped; nullopt when it is not one.
std::optional<std::vector<std::string>> split_pointer(std::string_view pointer);

/// The pointer without its last segment; "" of a pointer with one, and of "".
std::string_view parent_pointer(std::string_view pointer);

/// The text that the inside of a JSON string stands for. A cut escape at the end is dropped; lone
/// surrogates become U+FFFD.
std::string unescape_json(std::string_view raw);

}  // namespace taskgate::checks
