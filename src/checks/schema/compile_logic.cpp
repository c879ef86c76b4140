// Keywords that apply other schemas to the same value.
#include "checks/schema/compiler.hpp"

#include <nlohmann/json.hpp>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;

void compile_reference(Compiler& compiler, Node& node, Keyword keyword, const Json& value) {
  const auto* const text = value.get_ptr<const std::string*>();
  if (text == nullptr) return compiler.fault(node, name_of(keyword), "must be a string");
  LogicRules& rules = made(node.logic);
  if (keyword == Keyword::ref) {
    rules.ref = compiler.referred(*text, node, nullptr);
    return;
  }
  std::optional<std::size_t> dynamic_name;
  rules.dynamic_ref = compiler.referred(*text, node, &dynamic_name);
  rules.is_dynamic = dynamic_name.has_value();
  rules.dynamic_name = static_cast<std::uint32_t>(dynamic_name.value_or(0));
}

void compile_branches(Compiler& compiler, Node& node, Keyword keyword, const Json& value) {
  if (!value.is_array() || value.empty())
    return compiler.fault(node, name_of(keyword), "must be an array of schemas, and not empty");
  LogicRules& rules = made(node.logic);
  auto& branches = keyword == Keyword::all_of   ? rules.all_of
                   : keyword == Keyword::any_of ? rules.any_of
                                                : rules.one_of;
  for (const Json& schema : value) branches.push_back(compiler.node_of(schema));
}

}  // namespace

bool compile_logic_keyword(Compiler& compiler, Node& node, Keyword keyword, const Json& value) {
  switch (keyword) {
    case Keyword::ref:
    case Keyword::dynamic_ref:
      compile_reference(compiler, node, keyword, value);
      return true;
    case Keyword::all_of:
    case Keyword::any_of:
    case Keyword::one_of:
      compile_branches(compiler, node, keyword, value);
      return true;
    case Keyword::not_:
      made(node.logic).not_ = compiler.node_of(value);
      return true;
    case Keyword::if_:
      made(node.logic).if_ = compiler.node_of(value);
      return true;
    case Keyword::then_:
      made(node.logic).then_ = compiler.node_of(value);
      return true;
    case Keyword::else_:
      made(node.logic).else_ = compiler.node_of(value);
      return true;
    default:
      return false;
  }
}

}  // namespace taskgate::checks::schema
