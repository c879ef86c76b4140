#pragma once
// What stands between a stranger's bytes and the JSON parser: one pass over the text that refuses
// what nlohmann/json would take and the program could not bear. Runs on every request, so it
// allocates nothing.
//
// It does not parse: what it lets through may still be malformed. Why each rule is here
// (nlohmann/json 3.11): a NUL ends the parser's input, so bytes after it would go unread; a
// document nested 100,000 deep parses, but copying or dumping it overflows the stack; dump() throws
// on text that is not UTF-8.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate {

struct JsonLimits {
  std::size_t max_bytes = 1U << 20;  ///< of the whole text
  std::size_t max_depth = 128;       ///< of nested arrays and objects; a bare value has depth 0
};

enum class JsonFaultKind { too_large, too_deep, nul_byte, invalid_utf8 };

/// The first thing that is wrong with a text.
struct JsonFault {
  JsonFaultKind kind = JsonFaultKind::too_large;
  std::size_t offset = 0;  ///< byte at which it shows; for too_large the limit itself
};

/// For the client: "nested deeper than allowed at byte 128".
std::string to_string(const JsonFault& fault);

/// nullopt when `text` may be handed to the parser. O(n), no allocation.
std::optional<JsonFault> guard_json(std::string_view text, const JsonLimits& limits);
/// The same under the default limits. (Not a default argument: see core/result.hpp.)
std::optional<JsonFault> guard_json(std::string_view text);

}  // namespace taskgate
