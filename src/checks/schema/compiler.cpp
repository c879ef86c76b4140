#include "checks/schema/compiler.hpp"

#include "checks/schema/uri.hpp"
#include "taskgate/core/json_pointer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMinPatternMemory = 32 << 10;
constexpr std::int64_t kMaxPatternMemory = 8 << 20;  // RE2's own default

// Rules that say nothing need no look at the value.
bool checks_only_types(const Node& node) {
  return node.constant == nullptr && !node.enumeration && !node.number && !node.string &&
         !node.array && !node.object && !node.logic;
}

}  // namespace

void Compiler::run(std::string_view text) {
  const Json* const root = loader_.load_root(text);
  if (root == nullptr) return;
  program_.root = node_of(*root);
  do {
    compile_pending();
    compile_dynamic_anchors();
  } while (!pending_.empty() && !faults_.full());
  if (faults_.empty()) compile_patterns();
  if (faults_.empty()) link(program_, faults_);
}

const Node* Compiler::node_of(const Json& schema) {
  const auto known = by_source_.find(&schema);
  if (known != by_source_.end()) return known->second;
  Node& node = program_.nodes.emplace_back();
  node.source = &schema;
  // Only a scan that was given up leaves a schema without its site; there is a fault then.
  if (const auto site = program_.sources.sites.find(&schema);
      site != program_.sources.sites.end()) {
    node.resource = site->second.resource;
    node.under = site->second.under;
  }
  by_source_.emplace(&schema, &node);
  if (!schema.is_object() && !schema.is_boolean()) {
    fault(node, std::string_view{}, "must be a schema: an object or a boolean");
  } else {
    pending_.push_back(&node);
  }
  return &node;
}

void Compiler::compile_pending() {
  while (!pending_.empty() && !faults_.full()) {
    Node* const node = pending_.back();
    pending_.pop_back();
    compile(*node);
  }
}

void Compiler::compile(Node& node) {
  const Json& schema = *node.source;
  if (schema.is_boolean()) {
    node.types = schema.get<bool>() ? std::uint8_t{any_type} : std::uint8_t{0};
    node.only_types = true;
    return;
  }
  const Dialect dialect = dialect_of(node);
  const bool is_bare_reference = dialect.draft == SchemaDraft::draft_7 && schema.contains("$ref");
  for (auto it = schema.begin(); it != schema.end(); ++it) {
    const KeywordInfo* const keyword = find_keyword(it.key(), dialect);
    if (keyword == nullptr) continue;
    if (is_bare_reference && keyword->keyword != Keyword::ref &&
        keyword->keyword != Keyword::definitions)
      continue;
    compile_keyword(*this, node, *keyword, it.value());
  }
  node.only_types = checks_only_types(node);
}

const Node* Compiler::referred(const std::string& reference,
                               const Node& from,
                               std::optional<std::size_t>* dynamic_name) {
  const std::string& base = program_.sources.resources[from.resource].uri;
  const Target target = loader_.resolve(resolve_uri(base, reference), from.source);
  if (target.schema == nullptr) return nullptr;
  if (target.is_dynamic_anchor && dynamic_name != nullptr) {
    const std::string name = percent_decoded(fragment_of(reference));
    *dynamic_name = dynamic_names_.emplace(name, dynamic_names_.size()).first->second;
  }
  return node_of(*target.schema);
}

// A scope may hold any resource, so that every anchor of a name in use becomes a node.
void Compiler::compile_dynamic_anchors() {
  program_.dynamic_anchors.assign(dynamic_names_.size(), {});
  const auto& resources = program_.sources.resources;
  for (const auto& [name, index] : dynamic_names_) {
    for (std::uint32_t i = 0; i < resources.size(); ++i) {
      const auto found = resources[i].dynamic_anchors.find(name);
      if (found == resources[i].dynamic_anchors.end()) continue;
      program_.dynamic_anchors[index].emplace_back(i, node_of(*found->second));
    }
  }
}

void Compiler::want_pattern(const std::string& text, const Node& user, const Pattern** slot) {
  auto& wanted = wanted_patterns_.try_emplace(text, WantedPattern{&text, &user, {}}).first->second;
  wanted.slots.push_back(slot);
}

void Compiler::compile_patterns() {
  if (wanted_patterns_.empty()) return;
  if (wanted_patterns_.size() > options_.limits.max_patterns) {
    faults_.add(SchemaErrorKind::too_large, "",
                "the schema has more than " + std::to_string(options_.limits.max_patterns) +
                    " regular expressions");
    return;
  }
  const auto share =
      static_cast<std::int64_t>(options_.limits.pattern_memory / wanted_patterns_.size());
  for (const auto& [text, wanted] : wanted_patterns_) {
    auto compiled = Pattern::compile(text, std::clamp(share, kMinPatternMemory, kMaxPatternMemory));
    if (!compiled) {
      const RegexFault& why = compiled.error();
      const auto kind = why.kind == RegexFault::Kind::malformed
                            ? SchemaErrorKind::invalid
                            : SchemaErrorKind::unsupported_pattern;
      faults_.add(kind, program_.sources.path_of(wanted.user->source),
                  "regular expression '" + wanted.text->substr(0, 80) + "': " + why.message);
      continue;
    }
    auto& kept = program_.patterns[std::string(text)];
    kept = std::make_unique<Pattern>(std::move(*compiled));
    for (const Pattern** slot : wanted.slots) *slot = kept.get();
  }
}

Dialect Compiler::dialect_of(const Node& node) const {
  return program_.sources.resources[node.resource].dialect;
}

void Compiler::fault(const Node& node, std::string_view keyword, std::string message) {
  std::string path = program_.sources.path_of(node.source);
  if (!keyword.empty()) append_pointer_segment(path, keyword);
  faults_.add(SchemaErrorKind::invalid, std::move(path), std::move(message));
}

void Compiler::fault(const Node& node,
                     const std::vector<std::string>& tokens,
                     std::string message) {
  std::string path = program_.sources.path_of(node.source);
  for (const std::string& token : tokens) append_pointer_segment(path, token);
  faults_.add(SchemaErrorKind::invalid, std::move(path), std::move(message));
}

void compile_keyword(Compiler& compiler,
                     Node& node,
                     const KeywordInfo& keyword,
                     const Json& value) {
  compile_value_keyword(compiler, node, keyword.keyword, value) ||
      compile_object_keyword(compiler, node, keyword.keyword, value) ||
      compile_array_keyword(compiler, node, keyword.keyword, value) ||
      compile_logic_keyword(compiler, node, keyword.keyword, value) ||
      compile_annotation_keyword(compiler, node, keyword.keyword, value);
}

std::uint64_t compiled_count(Compiler& compiler,
                             const Node& node,
                             Keyword keyword,
                             const Json& value,
                             std::uint64_t otherwise) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    constexpr double kTooMany = 1e18;
    if (number >= kTooMany) return kNoMaximum;
    if (number >= 0 && static_cast<double>(static_cast<std::uint64_t>(number)) == number)
      return static_cast<std::uint64_t>(number);
  }
  compiler.fault(node, name_of(keyword), "must be a whole number that is not negative");
  return otherwise;
}

}  // namespace taskgate::checks::schema
