#pragma once
// JSON pointers (RFC 6901), a segment at a time: how faults, findings and schema paths name places.

#include <cstddef>
#include <string>
#include <string_view>

namespace taskgate {

/// Appends "/segment" with `~` and `/` escaped (RFC 6901 §3).
void append_pointer_segment(std::string& pointer, std::string_view segment);
/// The same of an array's index.
void append_pointer_segment(std::string& pointer, std::size_t index);

/// What stands between two slashes of a pointer, unescaped.
std::string unescaped_pointer_segment(std::string_view segment);

}  // namespace taskgate
