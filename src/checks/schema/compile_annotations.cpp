// Keywords that no document can break: that their values are what the metaschema asks for, and that
// the schemas under definitions are schemas, though nobody may refer to them.
#include "checks/schema/compiler.hpp"
#include "checks/schema/uri.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;

// ^[A-Za-z_][-A-Za-z0-9._]*$
bool is_anchor(const Json& value) {
  const auto* const text = value.get_ptr<const std::string*>();
  if (text == nullptr || text->empty()) return false;
  const auto is_first = [](unsigned char c) { return std::isalpha(c) != 0 || c == '_'; };
  const auto is_other = [&](unsigned char c) {
    return is_first(c) || std::isdigit(c) != 0 || c == '-' || c == '.';
  };
  return is_first(static_cast<unsigned char>(text->front())) &&
         std::all_of(text->begin(), text->end(),
                     [&](char c) { return is_other(static_cast<unsigned char>(c)); });
}

void compile_definitions(Compiler& compiler, const Node& node, Keyword keyword, const Json& value) {
  if (!value.is_object()) return compiler.fault(node, name_of(keyword), "must be an object");
  for (const Json& schema : value) compiler.node_of(schema);
}

bool are_booleans(const Json& value) {
  return value.is_object() &&
         std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_boolean(); });
}

}  // namespace

bool compile_annotation_keyword(Compiler& compiler,
                                const Node& node,
                                Keyword keyword,
                                const Json& value) {
  const auto must = [&](bool fits, const char* message) {
    if (!fits) compiler.fault(node, name_of(keyword), message);
    return true;
  };
  switch (keyword) {
    case Keyword::id:
    case Keyword::schema:
    case Keyword::comment:
    case Keyword::title:
    case Keyword::description:
    case Keyword::content_encoding:
    case Keyword::content_media_type:
      return must(value.is_string(), "must be a string");
    case Keyword::anchor:
    case Keyword::dynamic_anchor:
      return must(is_anchor(value), "must be a name: a letter or '_', then also digits, '-', '.'");
    case Keyword::vocabulary:
      return must(are_booleans(value), "must be an object of booleans");
    case Keyword::deprecated:
    case Keyword::read_only:
    case Keyword::write_only:
      return must(value.is_boolean(), "must be true or false");
    case Keyword::examples:
      return must(value.is_array(), "must be an array");
    case Keyword::defs:
    case Keyword::definitions:
      compile_definitions(compiler, node, keyword, value);
      return true;
    case Keyword::content_schema:
      compiler.node_of(value);
      return true;
    default:
      return true;
  }
}

}  // namespace taskgate::checks::schema
