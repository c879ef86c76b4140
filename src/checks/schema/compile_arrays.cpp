// Keywords of arrays.
#include "checks/schema/compiler.hpp"

#include <nlohmann/json.hpp>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;

void compile_prefix(Compiler& compiler, Node& node, Keyword keyword, const Json& value) {
  if (!value.is_array() || value.empty())
    return compiler.fault(node, name_of(keyword), "must be an array of schemas, and not empty");
  for (const Json& schema : value) made(node.array).prefix.push_back(compiler.node_of(schema));
}

// Draft 7: `items` may be an array, and only then does `additionalItems` mean something.
void compile_items(Compiler& compiler, Node& node, const Json& value) {
  const bool is_draft_7 = compiler.dialect_of(node).draft == SchemaDraft::draft_7;
  if (is_draft_7 && value.is_array()) return compile_prefix(compiler, node, Keyword::items, value);
  made(node.array).rest = compiler.node_of(value);
}

void compile_additional_items(Compiler& compiler, Node& node, const Json& value) {
  const Node* const compiled = compiler.node_of(value);
  const auto items = node.source->find("items");
  if (items != node.source->end() && items->is_array()) made(node.array).rest = compiled;
}

void compile_unique_items(Compiler& compiler, Node& node, const Json& value) {
  if (!value.is_boolean()) return compiler.fault(node, "uniqueItems", "must be true or false");
  if (value.get<bool>()) made(node.array).unique = true;
}

}  // namespace

bool compile_array_keyword(Compiler& compiler, Node& node, Keyword keyword, const Json& value) {
  switch (keyword) {
    case Keyword::prefix_items:
      compile_prefix(compiler, node, keyword, value);
      return true;
    case Keyword::items:
      compile_items(compiler, node, value);
      return true;
    case Keyword::additional_items:
      compile_additional_items(compiler, node, value);
      return true;
    case Keyword::contains:
      made(node.array).contains = compiler.node_of(value);
      return true;
    case Keyword::unevaluated_items:
      made(node.array).unevaluated = compiler.node_of(value);
      return true;
    case Keyword::min_contains:
      made(node.array).min_contains = compiled_count(compiler, node, keyword, value, 1);
      return true;
    case Keyword::max_contains:
      made(node.array).max_contains = compiled_count(compiler, node, keyword, value, kNoMaximum);
      return true;
    case Keyword::min_items:
      made(node.array).min_items = compiled_count(compiler, node, keyword, value, 0);
      return true;
    case Keyword::max_items:
      made(node.array).max_items = compiled_count(compiler, node, keyword, value, kNoMaximum);
      return true;
    case Keyword::unique_items:
      compile_unique_items(compiler, node, value);
      return true;
    default:
      return false;
  }
}

}  // namespace taskgate::checks::schema
