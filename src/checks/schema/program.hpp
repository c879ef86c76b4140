#pragma once
// What a schema is compiled into: a graph of nodes, one a subschema, whose rules are grouped by the
// type of value that they concern, so that a value meets only the rules that can apply to it.

#include "checks/schema/pattern.hpp"
#include "checks/schema/sources.hpp"

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace taskgate::checks::schema {

struct Node;

/// Bits of a set of JSON types. An integral number has both of its bits.
enum Type : std::uint8_t {
  type_null = 1,
  type_boolean = 2,
  type_integer = 4,
  type_number = 8,
  type_string = 16,
  type_array = 32,
  type_object = 64,
  any_type = 127
};

constexpr std::uint64_t kNoMaximum = std::numeric_limits<std::uint64_t>::max();

/// Bounds point into the schema; nullptr: no bound.
struct NumberRules {
  const nlohmann::json* minimum = nullptr;
  const nlohmann::json* maximum = nullptr;
  const nlohmann::json* exclusive_minimum = nullptr;
  const nlohmann::json* exclusive_maximum = nullptr;
  const nlohmann::json* multiple_of = nullptr;
};

/// Whether a text has a format; linear in its length.
using FormatCheck = bool (*)(std::string_view);

struct StringRules {
  std::uint64_t min_length = 0;  ///< in code points
  std::uint64_t max_length = kNoMaximum;
  const Pattern* pattern = nullptr;
  const std::string* pattern_text = nullptr;
  FormatCheck format = nullptr;  ///< nullptr: not asserted
  const std::string* format_name = nullptr;
};

struct ArrayRules {
  std::vector<const Node*> prefix;  ///< prefixItems; in draft 7 an array of `items`
  const Node* rest = nullptr;       ///< items after the prefix; in draft 7 additionalItems
  const Node* contains = nullptr;
  const Node* unevaluated = nullptr;
  std::uint64_t min_contains = 1;
  std::uint64_t max_contains = kNoMaximum;
  std::uint64_t min_items = 0;
  std::uint64_t max_items = kNoMaximum;
  bool unique = false;
};

/// A name under `properties`, `required` or both.
struct PropertyRule {
  std::string_view name;
  const Node* node = nullptr;  ///< nullptr: only required
  bool required = false;
};

struct PatternRule {
  const Pattern* pattern = nullptr;
  const Node* node = nullptr;
};

/// dependentRequired, dependentSchemas, and both kinds of `dependencies`.
struct Dependency {
  std::string_view name;
  Keyword keyword = Keyword::dependencies;
  std::vector<std::string_view> required;
  const Node* node = nullptr;
};

struct ObjectRules {
  std::vector<PropertyRule> properties;  ///< sorted by name, as objects are
  std::vector<PatternRule> patterns;
  std::vector<Dependency> dependencies;
  const Node* additional = nullptr;
  const Node* names = nullptr;
  const Node* unevaluated = nullptr;
  std::uint64_t min_properties = 0;
  std::uint64_t max_properties = kNoMaximum;
};

/// Keywords that apply other schemas to the same value.
struct LogicRules {
  const Node* ref = nullptr;
  const Node* dynamic_ref = nullptr;  ///< where it leads when no scope says otherwise
  std::uint32_t dynamic_name = 0;     ///< index into Program::dynamic_anchors
  bool is_dynamic = false;            ///< false: dynamic_ref is a plain reference
  std::vector<const Node*> all_of;
  std::vector<const Node*> any_of;
  std::vector<const Node*> one_of;
  const Node* not_ = nullptr;
  const Node* if_ = nullptr;
  const Node* then_ = nullptr;
  const Node* else_ = nullptr;
};

/// `enum`; large ones are searched by hash.
struct EnumRule {
  const nlohmann::json* values = nullptr;
  std::vector<std::pair<std::uint64_t, const nlohmann::json*>> by_hash;  ///< sorted; or empty
};

/// A compiled subschema.
struct Node {
  const nlohmann::json* source = nullptr;
  std::uint32_t resource = 0;
  Keyword under = Keyword::none;  ///< the keyword that holds it
  std::uint8_t types = any_type;
  bool only_types = false;  ///< nothing but `types` (and annotations) is to be checked
  const nlohmann::json* constant = nullptr;
  std::unique_ptr<EnumRule> enumeration;
  std::unique_ptr<NumberRules> number;
  std::unique_ptr<StringRules> string;
  std::unique_ptr<ArrayRules> array;
  std::unique_ptr<ObjectRules> object;
  std::unique_ptr<LogicRules> logic;

  bool is_false() const { return types == 0; }
};

/// The nodes that a `$dynamicRef` of one name may lead to, by resource.
using DynamicAnchor = std::vector<std::pair<std::uint32_t, const Node*>>;

struct Program {
  Sources sources;
  std::deque<Node> nodes;
  const Node* root = nullptr;
  std::unordered_map<std::string, std::unique_ptr<Pattern>> patterns;
  std::vector<DynamicAnchor> dynamic_anchors;
  SchemaDraft draft = SchemaDraft::draft_2020_12;
  std::size_t bytes = 0;
};

}  // namespace taskgate::checks::schema
