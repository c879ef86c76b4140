#pragma once
// Writing JSON by appending to one string: replies are built once, without a document tree.

#include <cstdint>
#include <string>
#include <string_view>

namespace taskgate::api {

/// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD, so the
/// result is always valid JSON.
void append_json_string(std::string& out, std::string_view text);

/// Appends a decimal integer.
void append_json_number(std::string& out, std::int64_t value);
void append_json_number(std::string& out, std::uint64_t value);

/// One segment of a JSON pointer (RFC 6901 §3: `~` and `/` are escaped), with its leading slash.
void append_pointer_segment(std::string& pointer, std::string_view key);

/// The number of code points in valid UTF-8; what "characters" means in this API's limits.
std::size_t count_characters(std::string_view utf8) noexcept;

}  // namespace taskgate::api
