// type, const, enum, and the bounds of numbers and strings.
#include "checks/schema/compiler.hpp"
#include "checks/schema/equality.hpp"
#include "checks/schema/formats.hpp"
#include "checks/schema/number.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 7> kTypeNames = {{
    {"null", type_null},
    {"boolean", type_boolean},
    {"integer", type_integer},
    {"number", type_integer | type_number},
    {"string", type_string},
    {"array", type_array},
    {"object", type_object},
}};

std::uint8_t type_bits(const Json& name) {
  if (!name.is_string()) return 0;
  for (const auto& [known, bits] : kTypeNames) {
    if (known == name.get_ref<const std::string&>()) return bits;
  }
  return 0;
}

void compile_type(Compiler& compiler, Node& node, const Json& value) {
  constexpr std::string_view kNames =
      "must be null, boolean, integer, number, string, array or object, or an array of some of "
      "them";
  std::uint8_t bits = 0;
  const bool is_list = value.is_array() && !value.empty();
  for (const Json& name : is_list ? value.get_ref<const Json::array_t&>() : Json::array_t{value}) {
    const std::uint8_t of_name = type_bits(name);
    if (of_name == 0) return compiler.fault(node, "type", std::string(kNames));
    if (is_list && std::count(value.begin(), value.end(), name) > 1)
      return compiler.fault(node, "type", "must not name a type twice");
    bits = static_cast<std::uint8_t>(bits | of_name);
  }
  node.types = bits;
}

void compile_enum(Compiler& compiler, Node& node, const Json& value) {
  if (!value.is_array()) return compiler.fault(node, "enum", "must be an array");
  constexpr std::size_t kLinear = 8;
  EnumRule& rule = made(node.enumeration);
  rule.values = &value;
  if (value.size() <= kLinear) return;
  std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();
  for (const Json& member : value) rule.by_hash.emplace_back(hash_of(member, unbounded), &member);
  std::sort(rule.by_hash.begin(), rule.by_hash.end());
}

void compile_bound(Compiler& compiler, Node& node, Keyword keyword, const Json& value) {
  if (!value.is_number()) return compiler.fault(node, name_of(keyword), "must be a number");
  NumberRules& rules = made(node.number);
  switch (keyword) {
    case Keyword::minimum:
      rules.minimum = &value;
      break;
    case Keyword::maximum:
      rules.maximum = &value;
      break;
    case Keyword::exclusive_minimum:
      rules.exclusive_minimum = &value;
      break;
    case Keyword::exclusive_maximum:
      rules.exclusive_maximum = &value;
      break;
    default:
      if (compare_numbers(value, Json(0)) <= 0)
        compiler.fault(node, "multipleOf", "must be greater than 0");
      rules.multiple_of = &value;
  }
}

void compile_pattern(Compiler& compiler, Node& node, const Json& value) {
  if (!value.is_string()) return compiler.fault(node, "pattern", "must be a string");
  StringRules& rules = made(node.string);
  rules.pattern_text = &value.get_ref<const std::string&>();
  compiler.want_pattern(*rules.pattern_text, node, &rules.pattern);
}

void compile_format(Compiler& compiler, Node& node, const Json& value) {
  if (!value.is_string()) return compiler.fault(node, "format", "must be a string");
  const bool is_asserted = compiler.options().format == FormatMode::assertion ||
                           compiler.dialect_of(node).has(format_assertion_vocabulary);
  if (!is_asserted) return;
  const auto& name = value.get_ref<const std::string&>();
  const FormatCheck check = find_format(name);
  if (check == nullptr) return;
  StringRules& rules = made(node.string);
  rules.format = check;
  rules.format_name = &name;
}

}  // namespace

bool compile_value_keyword(Compiler& compiler, Node& node, Keyword keyword, const Json& value) {
  switch (keyword) {
    case Keyword::type:
      compile_type(compiler, node, value);
      return true;
    case Keyword::const_:
      node.constant = &value;
      return true;
    case Keyword::enum_:
      compile_enum(compiler, node, value);
      return true;
    case Keyword::multiple_of:
    case Keyword::maximum:
    case Keyword::exclusive_maximum:
    case Keyword::minimum:
    case Keyword::exclusive_minimum:
      compile_bound(compiler, node, keyword, value);
      return true;
    case Keyword::max_length:
      made(node.string).max_length = compiled_count(compiler, node, keyword, value, kNoMaximum);
      return true;
    case Keyword::min_length:
      made(node.string).min_length = compiled_count(compiler, node, keyword, value, 0);
      return true;
    case Keyword::pattern:
      compile_pattern(compiler, node, value);
      return true;
    case Keyword::format:
      compile_format(compiler, node, value);
      return true;
    default:
      return false;
  }
}

}  // namespace taskgate::checks::schema
