// Names of Unicode properties: ECMA-262 (tables of "UnicodeMatchProperty") against RE2, which knows
// the short names of general categories and the long names of scripts.
#include "checks/schema/ecma_regex.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace taskgate::checks::schema {
namespace {

using Alias = std::pair<std::string_view, std::string_view>;

constexpr std::array<Alias, 40> kCategories = {{
    {"Letter", "L"},
    {"Cased_Letter", "LC"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Control", "Cc"},
    {"cntrl", "Cc"},
    {"Format", "Cf"},
    {"Surrogate", "Cs"},
    {"Private_Use", "Co"},
}};

constexpr std::string_view kShortNames =
    " L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp Cc Cf "
    "Cs Co ";

bool is_short_category(std::string_view name) {
  return kShortNames.find(" " + std::string(name) + " ") != std::string_view::npos;
}

bool is_word(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  });
}

std::string property(std::string_view name, bool negated) {
  return (negated ? "\\P{" : "\\p{") + std::string(name) + "}";
}

std::string category(std::string_view name, bool negated) {
  for (const auto& [alias, short_name] : kCategories) {
    if (alias == name) name = short_name;
  }
  if (name == "LC" && !negated) return "\\p{Lu}\\p{Ll}\\p{Lt}";
  return is_short_category(name) ? property(name, negated) : std::string();
}

}  // namespace

std::string re2_property(std::string_view name, bool negated) {
  if (const std::size_t equals = name.find('='); equals != std::string_view::npos) {
    const std::string_view key = name.substr(0, equals);
    const std::string_view value = name.substr(equals + 1);
    if (key == "gc" || key == "General_Category") return category(value, negated);
    if ((key == "sc" || key == "Script") && is_word(value) && value.size() > 2)
      return property(value, negated);
    return {};
  }
  if (name == "Any") return negated ? std::string() : "\\x{0}-\\x{10FFFF}";
  if (name == "ASCII") return negated ? "\\x{80}-\\x{10FFFF}" : "\\x{0}-\\x{7F}";
  return category(name, negated);
}

}  // namespace taskgate::checks::schema
