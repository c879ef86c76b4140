#include "checks/schema/keyword.hpp"

#include <array>
#include <unordered_map>

namespace taskgate::checks::schema {
namespace {

constexpr KeywordInfo of_both(Keyword k,
                              std::string_view name,
                              Vocabulary v,
                              Holds h = Holds::nothing) {
  return {k, name, v, h, true, true};
}
constexpr KeywordInfo of_2020(Keyword k,
                              std::string_view name,
                              Vocabulary v,
                              Holds h = Holds::nothing) {
  return {k, name, v, h, false, true};
}
constexpr KeywordInfo of_7(Keyword k,
                           std::string_view name,
                           Vocabulary v,
                           Holds h = Holds::nothing) {
  return {k, name, v, h, true, false};
}

// In the order of the enumeration, but for the second `items`, which stands at the end.
constexpr std::array kKeywords = {
    of_both(Keyword::none, "", core_vocabulary),
    of_both(Keyword::id, "$id", core_vocabulary),
    of_both(Keyword::schema, "$schema", core_vocabulary),
    of_both(Keyword::ref, "$ref", core_vocabulary),
    of_2020(Keyword::anchor, "$anchor", core_vocabulary),
    of_2020(Keyword::dynamic_ref, "$dynamicRef", core_vocabulary),
    of_2020(Keyword::dynamic_anchor, "$dynamicAnchor", core_vocabulary),
    of_2020(Keyword::vocabulary, "$vocabulary", core_vocabulary),
    of_both(Keyword::comment, "$comment", core_vocabulary),
    of_2020(Keyword::defs, "$defs", core_vocabulary, Holds::map),
    of_both(Keyword::definitions, "definitions", core_vocabulary, Holds::map),
    of_2020(Keyword::prefix_items, "prefixItems", applicator_vocabulary, Holds::list),
    of_2020(Keyword::items, "items", applicator_vocabulary, Holds::schema),
    of_7(Keyword::additional_items, "additionalItems", applicator_vocabulary, Holds::schema),
    of_both(Keyword::contains, "contains", applicator_vocabulary, Holds::schema),
    of_both(Keyword::additional_properties,
            "additionalProperties",
            applicator_vocabulary,
            Holds::schema),
    of_both(Keyword::properties, "properties", applicator_vocabulary, Holds::map),
    of_both(Keyword::pattern_properties, "patternProperties", applicator_vocabulary, Holds::map),
    of_2020(Keyword::dependent_schemas, "dependentSchemas", applicator_vocabulary, Holds::map),
    of_both(Keyword::dependencies, "dependencies", applicator_vocabulary, Holds::schemas_or_names),
    of_both(Keyword::property_names, "propertyNames", applicator_vocabulary, Holds::schema),
    of_both(Keyword::if_, "if", applicator_vocabulary, Holds::schema),
    of_both(Keyword::then_, "then", applicator_vocabulary, Holds::schema),
    of_both(Keyword::else_, "else", applicator_vocabulary, Holds::schema),
    of_both(Keyword::all_of, "allOf", applicator_vocabulary, Holds::list),
    of_both(Keyword::any_of, "anyOf", applicator_vocabulary, Holds::list),
    of_both(Keyword::one_of, "oneOf", applicator_vocabulary, Holds::list),
    of_both(Keyword::not_, "not", applicator_vocabulary, Holds::schema),
    of_2020(Keyword::unevaluated_items, "unevaluatedItems", unevaluated_vocabulary, Holds::schema),
    of_2020(Keyword::unevaluated_properties,
            "unevaluatedProperties",
            unevaluated_vocabulary,
            Holds::schema),
    of_both(Keyword::type, "type", validation_vocabulary),
    of_both(Keyword::const_, "const", validation_vocabulary),
    of_both(Keyword::enum_, "enum", validation_vocabulary),
    of_both(Keyword::multiple_of, "multipleOf", validation_vocabulary),
    of_both(Keyword::maximum, "maximum", validation_vocabulary),
    of_both(Keyword::exclusive_maximum, "exclusiveMaximum", validation_vocabulary),
    of_both(Keyword::minimum, "minimum", validation_vocabulary),
    of_both(Keyword::exclusive_minimum, "exclusiveMinimum", validation_vocabulary),
    of_both(Keyword::max_length, "maxLength", validation_vocabulary),
    of_both(Keyword::min_length, "minLength", validation_vocabulary),
    of_both(Keyword::pattern, "pattern", validation_vocabulary),
    of_both(Keyword::max_items, "maxItems", validation_vocabulary),
    of_both(Keyword::min_items, "minItems", validation_vocabulary),
    of_both(Keyword::unique_items, "uniqueItems", validation_vocabulary),
    of_2020(Keyword::max_contains, "maxContains", validation_vocabulary),
    of_2020(Keyword::min_contains, "minContains", validation_vocabulary),
    of_both(Keyword::max_properties, "maxProperties", validation_vocabulary),
    of_both(Keyword::min_properties, "minProperties", validation_vocabulary),
    of_both(Keyword::required, "required", validation_vocabulary),
    of_2020(Keyword::dependent_required, "dependentRequired", validation_vocabulary),
    of_both(Keyword::title, "title", metadata_vocabulary),
    of_both(Keyword::description, "description", metadata_vocabulary),
    of_both(Keyword::default_, "default", metadata_vocabulary),
    of_2020(Keyword::deprecated, "deprecated", metadata_vocabulary),
    of_both(Keyword::read_only, "readOnly", metadata_vocabulary),
    of_both(Keyword::write_only, "writeOnly", metadata_vocabulary),
    of_both(Keyword::examples, "examples", metadata_vocabulary),
    of_both(Keyword::format, "format", format_vocabulary),
    of_both(Keyword::content_encoding, "contentEncoding", content_vocabulary),
    of_both(Keyword::content_media_type, "contentMediaType", content_vocabulary),
    of_2020(Keyword::content_schema, "contentSchema", content_vocabulary, Holds::schema),
    of_7(Keyword::items, "items", applicator_vocabulary, Holds::schema_or_list),
};

constexpr bool in_order() {
  for (std::size_t i = 0; i + 1 < kKeywords.size(); ++i) {
    if (static_cast<std::size_t>(kKeywords[i].keyword) != i) return false;
  }
  return true;
}
static_assert(in_order());

std::unordered_map<std::string_view, const KeywordInfo*> keyword_index(SchemaDraft draft) {
  std::unordered_map<std::string_view, const KeywordInfo*> index;
  for (const KeywordInfo& info : kKeywords) {
    const bool known = draft == SchemaDraft::draft_7 ? info.in_draft_7 : info.in_2020_12;
    if (known && info.keyword != Keyword::none) index.emplace(info.name, &info);
  }
  return index;
}

}  // namespace

const KeywordInfo* find_keyword(std::string_view name, const Dialect& dialect) {
  static const auto in_draft_7 = keyword_index(SchemaDraft::draft_7);
  static const auto in_2020_12 = keyword_index(SchemaDraft::draft_2020_12);
  const auto& index = dialect.draft == SchemaDraft::draft_7 ? in_draft_7 : in_2020_12;
  const auto found = index.find(name);
  if (found == index.end() || !dialect.has(found->second->vocabulary)) return nullptr;
  return found->second;
}

std::string_view name_of(Keyword keyword) {
  return kKeywords[static_cast<std::size_t>(keyword)].name;
}

}  // namespace taskgate::checks::schema
