#pragma once
// Values of a JSON text picked out by name, as JsonCursor reads them: for what arrives some hundred
// times a second, and for strings that may be cut in the middle of a character.

#include "providers/json_cursor.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::providers {

/// The members of an object with these names, as written; empty where absent. Of a name used twice
/// the last counts. nullopt: not one object, or broken.
template <std::size_t N>
std::optional<std::array<std::string_view, N>> members(
    std::string_view object, const std::array<std::string_view, N>& names) {
  std::array<std::string_view, N> found;
  JsonCursor cursor(object);
  const bool whole = cursor.object([&](std::string_view key) {
    const std::string_view value = cursor.value();
    for (std::size_t i = 0; i < N; ++i) {
      if (key == names[i]) found[i] = value;
    }
  });
  if (!whole || !cursor.at_end()) return std::nullopt;
  return found;
}

/// One member; empty when absent or when this is no object.
std::string_view member(std::string_view object, std::string_view name);

/// A string's meaning as valid UTF-8; empty for any other value.
std::string text_value(std::string_view value);
/// Replaces `out` by a string value that is not empty.
void assign_text(std::string& out, std::string_view value);
/// A count of something; 0 for any other value and for less than nothing.
std::int64_t count_value(std::string_view value) noexcept;
std::optional<double> number_value(std::string_view value) noexcept;
/// Whether the text is one finished JSON object.
bool is_whole_object(std::string_view text);

}  // namespace taskgate::providers
