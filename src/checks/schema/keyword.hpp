#pragma once
// The keywords of JSON Schema 2020-12 and draft 7 by number, and which of them hold subschemas.

#include "checks/schema/dialect.hpp"

#include <cstdint>
#include <string_view>

namespace taskgate::checks::schema {

enum class Keyword : std::uint8_t {
  none,  ///< the root of a document
  id,
  schema,
  ref,
  anchor,
  dynamic_ref,
  dynamic_anchor,
  vocabulary,
  comment,
  defs,
  definitions,
  prefix_items,
  items,
  additional_items,
  contains,
  additional_properties,
  properties,
  pattern_properties,
  dependent_schemas,
  dependencies,
  property_names,
  if_,
  then_,
  else_,
  all_of,
  any_of,
  one_of,
  not_,
  unevaluated_items,
  unevaluated_properties,
  type,
  const_,
  enum_,
  multiple_of,
  maximum,
  exclusive_maximum,
  minimum,
  exclusive_minimum,
  max_length,
  min_length,
  pattern,
  max_items,
  min_items,
  unique_items,
  max_contains,
  min_contains,
  max_properties,
  min_properties,
  required,
  dependent_required,
  title,
  description,
  default_,
  deprecated,
  read_only,
  write_only,
  examples,
  format,
  content_encoding,
  content_media_type,
  content_schema
};

/// What the value of a keyword holds.
enum class Holds : std::uint8_t {
  nothing,          ///< no subschemas
  schema,           ///< one
  list,             ///< an array of them
  map,              ///< an object of them
  schema_or_list,   ///< `items` of draft 7
  schemas_or_names  ///< `dependencies`
};

/// What is known of a keyword before its value is seen.
struct KeywordInfo {
  Keyword keyword = Keyword::none;
  std::string_view name;
  Vocabulary vocabulary = core_vocabulary;
  Holds holds = Holds::nothing;
  bool in_draft_7 = true;
  bool in_2020_12 = true;
};

/// The keyword of that name if `dialect` knows it, else nullptr.
const KeywordInfo* find_keyword(std::string_view name, const Dialect& dialect);

/// As it is written in schemas, e.g. "minLength".
std::string_view name_of(Keyword keyword);

}  // namespace taskgate::checks::schema
