#pragma once
// Small text helpers of request checking.

#include <cstddef>
#include <string>
#include <string_view>

namespace taskgate::api {

/// One segment of a JSON pointer (RFC 6901 §3: `~` and `/` are escaped), with its leading slash.
void append_pointer_segment(std::string& pointer, std::string_view key);

/// The number of code points in valid UTF-8; what "characters" means in this API's limits.
std::size_t count_characters(std::string_view utf8) noexcept;

}  // namespace taskgate::api
