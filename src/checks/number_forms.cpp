#include "checks/number_forms.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace taskgate::checks {
namespace {

constexpr std::size_t kMaxDigits = 40;

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Without zeros that say nothing: "0012" → "12", "1.50" → "1.5".
std::string plain(std::string whole, std::string fraction) {
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  const auto last = fraction.find_last_not_of('0');
  fraction.resize(last == std::string::npos ? 0 : last + 1);
  return fraction.empty() ? whole : whole + "." + fraction;
}

std::vector<std::string_view> split_at(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != separator) continue;
    parts.push_back(text.substr(start, i - start));
    start = i + 1;
  }
  return parts;
}

// "1", "234", "567" as groups of thousands; empty when they are not.
std::string grouped(const std::vector<std::string_view>& parts) {
  std::string digits;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool fits = i == 0 ? parts[i].size() >= 1 && parts[i].size() <= 3 : parts[i].size() == 3;
    if (!all_digits(parts[i]) || !fits) return {};
    digits += parts[i];
  }
  return digits;
}

int small_int(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

}  // namespace

std::vector<std::string> number_forms(std::string_view text) {
  if (text.empty() || text.size() > kMaxDigits) return {};
  if (all_digits(text)) return {plain(std::string(text), "")};
  const auto comma = text.find(',');
  const auto dot = text.find('.');
  if (comma != std::string_view::npos && dot != std::string_view::npos) {
    const char thousands = comma < dot ? ',' : '.';
    const auto decimal = text.rfind(thousands == ',' ? '.' : ',');
    const auto whole = grouped(split_at(text.substr(0, decimal), thousands));
    const auto fraction = text.substr(decimal + 1);
    if (whole.empty() || !all_digits(fraction)) return {};
    return {plain(whole, std::string(fraction))};
  }
  const char separator = comma != std::string_view::npos ? ',' : '.';
  const auto parts = split_at(text, separator);
  std::vector<std::string> forms;
  const auto together = grouped(parts);
  if (parts.size() == 2 && all_digits(parts[0]) && all_digits(parts[1]))
    forms.push_back(plain(std::string(parts[0]), std::string(parts[1])));
  if (!together.empty()) {
    forms.push_back(plain(together, ""));
    if (separator == ',') std::swap(forms.front(), forms.back());  // in English it is thousands
  }
  return forms;
}

std::optional<std::string> iso_date(int year, int month, int day) {
  constexpr std::array<int, 12> kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1000 || year > 2999 || month < 1 || month > 12 || day < 1) return std::nullopt;
  if (day > kDays[static_cast<std::size_t>(month - 1)]) return std::nullopt;
  std::array<char, 32> buffer{};
  (void)std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02d", year, month, day);
  return std::string(buffer.data());
}

std::vector<std::string> date_forms(std::string_view text) {
  if (text.size() < 8 || text.size() > 10) return {};
  const auto mark = text.find_first_not_of("0123456789");
  if (mark == std::string_view::npos) return {};
  const char separator = text[mark];
  if (separator != '-' && separator != '/' && separator != '.') return {};
  const auto parts = split_at(text, separator);
  if (parts.size() != 3 || !std::all_of(parts.begin(), parts.end(), all_digits)) return {};
  std::vector<std::string> forms;
  const auto add = [&forms](int year, int month, int day) {
    const auto date = iso_date(year, month, day);
    if (date && std::find(forms.begin(), forms.end(), *date) == forms.end()) forms.push_back(*date);
  };
  if (parts[0].size() == 4) {
    add(small_int(parts[0]), small_int(parts[1]), small_int(parts[2]));
  } else if (parts[2].size() == 4) {
    add(small_int(parts[2]), small_int(parts[1]), small_int(parts[0]));
    if (separator == '/') add(small_int(parts[2]), small_int(parts[0]), small_int(parts[1]));
  }
  return forms;
}

int month_of(std::string_view word) {
  constexpr std::array<std::string_view, 12> kMonths = {
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  if (word.size() < 3 || word.size() > 9) return 0;
  std::string lower(word);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (lower == kMonths[i] || lower == kMonths[i].substr(0, 3)) return static_cast<int>(i) + 1;
  }
  return lower == "sept" ? 9 : 0;
}

}  // namespace taskgate::checks
