#pragma once
// Drafts, vocabularies, and the metaschemas that the program knows by heart.

#include "taskgate/checks/schema.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace taskgate::checks::schema {

/// Bits of Dialect::vocabularies. The core vocabulary cannot be switched off.
enum Vocabulary : std::uint8_t {
  core_vocabulary = 1,
  applicator_vocabulary = 2,
  unevaluated_vocabulary = 4,
  validation_vocabulary = 8,
  metadata_vocabulary = 16,
  format_vocabulary = 32,
  format_assertion_vocabulary = 64,
  content_vocabulary = 128
};

/// Which keywords mean something in a schema resource.
struct Dialect {
  SchemaDraft draft = SchemaDraft::draft_2020_12;
  std::uint8_t vocabularies = 0;

  bool has(Vocabulary v) const { return (vocabularies & v) != 0; }
};

/// The dialect of a draft with all vocabularies that its metaschema asks for.
Dialect standard_dialect(SchemaDraft draft);

/// The draft whose metaschema has this URI ('#' at the end and http or https do not matter).
std::optional<SchemaDraft> draft_of(std::string_view metaschema_uri);

/// Adds the vocabularies of a custom metaschema's `$vocabulary` to those of its draft. Returns a
/// required vocabulary that is not known here, or an empty view.
std::string_view apply_vocabulary(const nlohmann::json& vocabulary, Dialect& dialect);

/// A schema that may be referred to without being given.
struct Metaschema {
  std::string_view uri;  ///< without fragment
  std::string_view text;
};

/// Constraints of the published metaschemas (https://json-schema.org/specification), written anew
/// and without their prose.
std::span<const Metaschema> metaschemas();

}  // namespace taskgate::checks::schema
