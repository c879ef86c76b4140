#pragma once
// What a text states that can be looked up: numbers, dates, URLs, mail addresses, identifiers,
// quotations, numbered citations. Each with a spelling-free form by which two texts are compared.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::checks {

struct Fact {
  enum class Kind : std::uint8_t { number, date, url, email, id, quote, citation };
  Kind kind = Kind::number;
  std::string_view raw;  ///< in the text
  /// Spelling-free forms; more than one when the spelling is ambiguous: 03/04/2025, 1,234.
  std::vector<std::string> forms;
  double value = 0;      ///< of a number, by its first form
  bool percent = false;  ///< a number that "%", "percent", "pct" or "per cent" follows
};

/// Calls `visit` for each fact, at most `limit`. Linear in the text.
void for_each_fact(std::string_view text,
                   std::size_t limit,
                   const std::function<void(const Fact&)>& visit);

/// Lower case, straight quotes, single blanks: what quotations are compared by.
std::string normalised_words(std::string_view text);

const char* to_string(Fact::Kind kind) noexcept;

}  // namespace taskgate::checks
