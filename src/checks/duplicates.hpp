#pragma once
// Member names that stand more than once in one object of JSON text. Which of their values counts
// is up to who reads it (RFC 8259, section 4), so the client may see another one than the checks.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace taskgate::checks {

/// Calls `visit` with the JSON pointer and the name of each such member, once for each, at most
/// `limit` of them. `text` must be one whole document (JsonScanner says complete). Linear in the
/// text; members past the first 200,000 are not looked at. A pointer past 512 bytes is cut.
void for_each_duplicate(
    std::string_view text,
    std::size_t limit,
    const std::function<void(const std::string& pointer, const std::string& name)>& visit);

}  // namespace taskgate::checks
