// Keywords of objects.
#include "checks/schema/compiler.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;

// Sorts the rules by name and makes one of two of the same name.
void settle_properties(std::vector<PropertyRule>& rules) {
  std::stable_sort(rules.begin(), rules.end(),
                   [](const PropertyRule& a, const PropertyRule& b) { return a.name < b.name; });
  std::size_t kept = 0;
  for (const PropertyRule& rule : rules) {
    if (kept > 0 && rules[kept - 1].name == rule.name) {
      PropertyRule& same = rules[kept - 1];
      same.required = same.required || rule.required;
      if (same.node == nullptr) same.node = rule.node;
    } else {
      rules[kept++] = rule;
    }
  }
  rules.resize(kept);
}

bool is_map(Compiler& compiler, const Node& node, Keyword keyword, const Json& value) {
  if (!value.is_object()) compiler.fault(node, name_of(keyword), "must be an object");
  return value.is_object();
}

void compile_properties(Compiler& compiler, Node& node, const Json& value) {
  if (!is_map(compiler, node, Keyword::properties, value)) return;
  ObjectRules& rules = made(node.object);
  for (auto it = value.begin(); it != value.end(); ++it)
    rules.properties.push_back({it.key(), compiler.node_of(it.value()), false});
  settle_properties(rules.properties);
}

// The strings of a list without doubles, as views into the schema.
std::vector<std::string_view> compiled_names(Compiler& compiler,
                                             const Node& node,
                                             const std::vector<std::string>& path,
                                             const Json& value) {
  std::vector<std::string_view> names;
  std::set<std::string_view> seen;
  bool fits = value.is_array();
  for (std::size_t i = 0; fits && i < value.size(); ++i) {
    const auto* const name = value[i].get_ptr<const std::string*>();
    fits = name != nullptr && seen.insert(*name).second;
    if (fits) names.emplace_back(*name);
  }
  if (!fits) compiler.fault(node, path, "must be an array of strings, each there once");
  return names;
}

void compile_required(Compiler& compiler, Node& node, const Json& value) {
  ObjectRules& rules = made(node.object);
  for (const std::string_view name : compiled_names(compiler, node, {"required"}, value))
    rules.properties.push_back({name, nullptr, true});
  settle_properties(rules.properties);
}

void compile_pattern_properties(Compiler& compiler, Node& node, const Json& value) {
  if (!is_map(compiler, node, Keyword::pattern_properties, value)) return;
  ObjectRules& rules = made(node.object);
  rules.patterns.reserve(value.size());  // the slots of patterns must not move
  for (auto it = value.begin(); it != value.end(); ++it) {
    PatternRule& rule = rules.patterns.emplace_back();
    rule.node = compiler.node_of(it.value());
    compiler.want_pattern(it.key(), node, &rule.pattern);
  }
}

void compile_dependencies(Compiler& compiler, Node& node, Keyword keyword, const Json& value) {
  if (!is_map(compiler, node, keyword, value)) return;
  ObjectRules& rules = made(node.object);
  for (auto it = value.begin(); it != value.end(); ++it) {
    Dependency dependency;
    dependency.name = it.key();
    dependency.keyword = keyword;
    const bool names = keyword == Keyword::dependent_required ||
                       (keyword == Keyword::dependencies && it.value().is_array());
    if (names) {
      dependency.required =
          compiled_names(compiler, node, {std::string(name_of(keyword)), it.key()}, it.value());
    } else {
      dependency.node = compiler.node_of(it.value());
    }
    rules.dependencies.push_back(std::move(dependency));
  }
}

}  // namespace

bool compile_object_keyword(Compiler& compiler, Node& node, Keyword keyword, const Json& value) {
  switch (keyword) {
    case Keyword::properties:
      compile_properties(compiler, node, value);
      return true;
    case Keyword::pattern_properties:
      compile_pattern_properties(compiler, node, value);
      return true;
    case Keyword::additional_properties:
      made(node.object).additional = compiler.node_of(value);
      return true;
    case Keyword::property_names:
      made(node.object).names = compiler.node_of(value);
      return true;
    case Keyword::unevaluated_properties:
      made(node.object).unevaluated = compiler.node_of(value);
      return true;
    case Keyword::required:
      compile_required(compiler, node, value);
      return true;
    case Keyword::dependent_required:
    case Keyword::dependent_schemas:
    case Keyword::dependencies:
      compile_dependencies(compiler, node, keyword, value);
      return true;
    case Keyword::min_properties:
      made(node.object).min_properties = compiled_count(compiler, node, keyword, value, 0);
      return true;
    case Keyword::max_properties:
      made(node.object).max_properties = compiled_count(compiler, node, keyword, value, kNoMaximum);
      return true;
    default:
      return false;
  }
}

}  // namespace taskgate::checks::schema
