#pragma once
// "Did you mean …?" for misspelt keys, commands, flags and fields.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace taskgate {

/// Number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`
/// (optimal string alignment). Bytes, case-sensitive. O(|a|·|b|): for short names.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `given`, when it is near enough to be meant: at most a third of the
/// letters differ (at least one may). The first of equals. Case is forgiven.
std::optional<std::string> closest(std::string_view given,
                                   std::span<const std::string_view> candidates);

/// ` — did you mean "x"?` when there is a candidate near enough, else empty.
std::string did_you_mean(std::string_view given, std::span<const std::string_view> candidates);

}  // namespace taskgate
