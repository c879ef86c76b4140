// The scan of Loader: every place where a subschema stands, and what identifies it.
#include "checks/schema/loader.hpp"
#include "checks/schema/uri.hpp"
#include "taskgate/core/json_pointer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;

const std::string* text_member(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

// In draft 7 a `$ref` makes everything beside it void, also `$id`.
bool is_bare_reference(const Json& schema, const Dialect& dialect) {
  return dialect.draft == SchemaDraft::draft_7 && text_member(schema, "$ref") != nullptr;
}

std::string suffix_of(std::string_view keyword) {
  std::string out;
  append_pointer_segment(out, keyword);
  return out;
}

// The schema under the root's `$defs` that calls itself `uri`.
const Json* under_defs(const Json& root, std::string_view uri) {
  const auto defs = root.is_object() ? root.find("$defs") : root.end();
  if (defs == root.end() || !defs->is_object()) return nullptr;
  for (const Json& candidate : *defs) {
    const std::string* const id = candidate.is_object() ? text_member(candidate, "$id") : nullptr;
    if (id != nullptr && without_fragment(*id) == uri) return &candidate;
  }
  return nullptr;
}

}  // namespace

void Loader::scan(const Json* top) {
  std::vector<const Json*> todo{top};
  while (!todo.empty() && !faults_.full()) {
    const Json* const schema = todo.back();
    todo.pop_back();
    if (!schema->is_object()) continue;
    Site& site = sources_.sites.at(schema);
    note_identifiers(schema, site);
    note_children(schema, site, todo);
    if (sources_.sites.size() > options_.limits.max_subschemas) {
      faults_.add(SchemaErrorKind::too_large, "",
                  "the schema has more than " + std::to_string(options_.limits.max_subschemas) +
                      " subschemas");
      return;
    }
  }
}

void Loader::note_identifiers(const Json* schema, Site& site) {
  const Dialect dialect = sources_.resources[site.resource].dialect;
  if (is_bare_reference(*schema, dialect)) return;
  const std::string fragment = note_id(schema, site);
  if (!fragment.empty()) {
    Resource& resource = sources_.resources[site.resource];
    if (resource.dialect.draft != SchemaDraft::draft_7) {
      fault(SchemaErrorKind::invalid, schema, "$id", "must not have a fragment; use $anchor");
    } else if (!resource.anchors.emplace(fragment, schema).second) {
      fault(SchemaErrorKind::invalid, schema, "$id", "'#" + fragment + "' is there twice");
    }
  }
  if (sources_.resources[site.resource].dialect.draft == SchemaDraft::draft_7) return;
  note_anchor(schema, site, "$anchor");
  note_anchor(schema, site, "$dynamicAnchor");
}

// Opens a new resource when `$id` names one. Returns the fragment of `$id`.
std::string Loader::note_id(const Json* schema, Site& site) {
  const std::string* const id = text_member(*schema, "$id");
  if (id == nullptr) return {};
  if (!without_fragment(*id).empty())
    note_resource(schema, site,
                  resolve_uri(sources_.resources[site.resource].uri, without_fragment(*id)));
  return std::string(fragment_of(*id));
}

void Loader::note_resource(const Json* schema, Site& site, std::string uri) {
  Resource& around = sources_.resources[site.resource];
  if (around.root == schema) {
    // A document's root: known by the URI it was found under and by the one it gives itself.
    around.uri = uri;
    by_uri_.emplace(std::move(uri), site.resource);
    return;
  }
  const auto index = static_cast<std::uint32_t>(sources_.resources.size());
  if (!by_uri_.emplace(uri, index).second) {
    if (site.document == 0)
      fault(SchemaErrorKind::invalid, schema, "$id", "two schemas have the same $id");
    return;
  }
  Resource resource;
  resource.uri = std::move(uri);
  resource.root = schema;
  resource.dialect = dialect_of(*schema, around.dialect);
  sources_.resources.push_back(std::move(resource));
  site.resource = index;
}

void Loader::note_anchor(const Json* schema, const Site& site, std::string_view keyword) {
  const std::string* const name = text_member(*schema, keyword);
  if (name == nullptr) return;
  Resource& resource = sources_.resources[site.resource];
  const auto [place, is_new] = resource.anchors.emplace(*name, schema);
  if (!is_new && place->second != schema) {
    fault(SchemaErrorKind::invalid, schema, keyword, "two schemas have the same anchor");
    return;
  }
  if (keyword == "$dynamicAnchor") resource.dynamic_anchors.emplace(*name, schema);
}

void Loader::note_children(const Json* schema, const Site& site, std::vector<const Json*>& todo) {
  const Dialect dialect = sources_.resources[site.resource].dialect;
  const std::uint32_t resource = site.resource;
  const std::uint32_t document = site.document;
  const auto add = [&](const Json& child, Keyword under, std::string suffix) {
    const bool is_new =
        sources_.sites.emplace(&child, Site{schema, std::move(suffix), under, resource, document})
            .second;
    if (is_new) todo.push_back(&child);
  };
  for (auto it = schema->begin(); it != schema->end(); ++it) {
    const KeywordInfo* const info = find_keyword(it.key(), dialect);
    if (info == nullptr || info->holds == Holds::nothing) continue;
    const Json& value = it.value();
    const std::string suffix = suffix_of(it.key());
    const bool is_list = info->holds == Holds::list || info->holds == Holds::schema_or_list;
    if (is_list && value.is_array()) {
      for (std::size_t i = 0; i < value.size(); ++i)
        add(value[i], info->keyword, suffix + "/" + std::to_string(i));
    } else if (info->holds == Holds::schema || info->holds == Holds::schema_or_list) {
      add(value, info->keyword, suffix);
    } else if (value.is_object()) {
      for (auto member = value.begin(); member != value.end(); ++member) {
        if (info->holds == Holds::schemas_or_names && member->is_array()) continue;
        add(member.value(), info->keyword, suffix + suffix_of(member.key()));
      }
    }
  }
}

Dialect Loader::dialect_of(const Json& schema, const Dialect& inherited) {
  const std::string* const uri = schema.is_object() ? text_member(schema, "$schema") : nullptr;
  if (uri == nullptr) return inherited;
  if (const auto draft = draft_of(*uri)) return standard_dialect(*draft);
  if (const auto custom = custom_dialect(std::string(without_fragment(*uri)), 0)) return *custom;
  return inherited;
}

std::optional<Dialect> Loader::custom_dialect(const std::string& uri, int depth) {
  const auto refuse = [&](std::string message) -> std::optional<Dialect> {
    faults_.add(SchemaErrorKind::unsupported_dialect, "/$schema", std::move(message));
    return std::nullopt;
  };
  constexpr int kMaxDepth = 8;
  const auto text = depth < kMaxDepth ? text_of(uri) : std::nullopt;
  const Json* const embedded = text || sources_.documents.empty()
                                   ? nullptr
                                   : under_defs(*sources_.documents.front().root, uri);
  if (!text && embedded == nullptr)
    return refuse("'" + uri.substr(0, 200) +
                  "' is not known; use https://json-schema.org/draft/2020-12/schema or "
                  "http://json-schema.org/draft-07/schema#");
  const auto parsed =
      embedded == nullptr ? parse(*text, uri) : std::make_unique<const Json>(*embedded);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const std::string* const above = text_member(*parsed, "$schema");
  std::optional<Dialect> dialect = standard_dialect(options_.default_draft);
  if (above != nullptr) {
    const auto draft = draft_of(*above);
    dialect = draft ? std::optional(standard_dialect(*draft))
                    : custom_dialect(std::string(without_fragment(*above)), depth + 1);
  }
  const auto vocabulary = parsed->find("$vocabulary");
  if (!dialect || vocabulary == parsed->end() || !vocabulary->is_object()) return dialect;
  const std::string_view unknown = apply_vocabulary(*vocabulary, *dialect);
  if (!unknown.empty())
    return refuse("vocabulary '" + std::string(unknown) + "' is required and not known");
  return dialect;
}

}  // namespace taskgate::checks::schema
