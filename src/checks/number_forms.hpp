#pragma once
// Numbers and dates in the spellings that people use, in one form each.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::checks {

/// The plain decimal forms of a number with separators: "1,234.50" → {"1234.5"}; "1,234" may be
/// 1234 or 1.234. Empty when it is not a number.
std::vector<std::string> number_forms(std::string_view text);

/// "2025-03-04" of a date in digits; two when day and month can be told apart in two ways. Empty
/// when it is not a date.
std::vector<std::string> date_forms(std::string_view text);

/// 1..12 of an English month's name or its three letters; 0 otherwise.
int month_of(std::string_view word);

/// "2025-03-04", or nullopt when there is no such day.
std::optional<std::string> iso_date(int year, int month, int day);

}  // namespace taskgate::checks
