#pragma once
// Writing JSON by appending to a string: for the replies and events of the hot path, where building
// a document first would cost more than everything else.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate {

/// Appends `text` as a JSON string with its quotes (RFC 8259 §7). Bytes that are not UTF-8 become
/// U+FFFD.
void append_json_string(std::string& out, std::string_view text);
void append_json_number(std::string& out, std::int64_t value);
/// A finite double in its shortest form that reads back the same; anything else becomes null.
void append_json_number(std::string& out, double value);

/// Appends `"key":` with a leading comma unless the object or array has just been opened. `key` is
/// a name of ours: nothing in it has to be escaped.
void append_json_key(std::string& out, std::string_view key);

/// The length of the longest prefix of `text` that ends on a UTF-8 character boundary. What follows
/// is the beginning of a character whose rest has not arrived yet (at most three bytes).
std::size_t complete_utf8_prefix(std::string_view text) noexcept;

}  // namespace taskgate
