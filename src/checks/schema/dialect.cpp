#include "checks/schema/dialect.hpp"

#include "checks/schema/uri.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace taskgate::checks::schema {
namespace {

constexpr std::string_view kVocabularyPrefix = "https://json-schema.org/draft/2020-12/vocab/";

constexpr std::array<std::pair<std::string_view, Vocabulary>, 8> kVocabularies = {{
    {"core", core_vocabulary},
    {"applicator", applicator_vocabulary},
    {"unevaluated", unevaluated_vocabulary},
    {"validation", validation_vocabulary},
    {"meta-data", metadata_vocabulary},
    {"format-annotation", format_vocabulary},
    {"format-assertion", format_assertion_vocabulary},
    {"content", content_vocabulary},
}};

std::uint8_t vocabulary_bit(std::string_view uri) {
  if (!uri.starts_with(kVocabularyPrefix)) return 0;
  uri.remove_prefix(kVocabularyPrefix.size());
  for (const auto& [name, bit] : kVocabularies) {
    if (name == uri) return bit;
  }
  return 0;
}

}  // namespace

Dialect standard_dialect(SchemaDraft draft) {
  const std::uint8_t common = core_vocabulary | applicator_vocabulary | validation_vocabulary |
                              metadata_vocabulary | format_vocabulary | content_vocabulary;
  if (draft == SchemaDraft::draft_7) return {draft, common};
  return {draft, static_cast<std::uint8_t>(common | unevaluated_vocabulary)};
}

std::optional<SchemaDraft> draft_of(std::string_view uri) {
  uri = without_fragment(uri);
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!uri.starts_with(scheme)) continue;
    const std::string_view rest = uri.substr(scheme.size());
    if (rest == "json-schema.org/draft/2020-12/schema") return SchemaDraft::draft_2020_12;
    if (rest == "json-schema.org/draft-07/schema") return SchemaDraft::draft_7;
  }
  return std::nullopt;
}

std::string_view apply_vocabulary(const nlohmann::json& vocabulary, Dialect& dialect) {
  std::uint8_t bits = core_vocabulary;
  for (auto it = vocabulary.begin(); it != vocabulary.end(); ++it) {
    const std::uint8_t bit = vocabulary_bit(it.key());
    const bool required = it.value().is_boolean() && it.value().get<bool>();
    if (bit == 0 && required) return it.key();
    bits = static_cast<std::uint8_t>(bits | bit);
  }
  if ((bits & format_assertion_vocabulary) != 0)
    bits = static_cast<std::uint8_t>(bits | format_vocabulary);
  dialect.vocabularies = bits;
  return {};
}

}  // namespace taskgate::checks::schema
