#include "checks/schema/loader.hpp"

#include "checks/schema/uri.hpp"
#include "taskgate/core/json_guard.hpp"
#include "taskgate/core/json_pointer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;

// The element of an array or member of an object that one pointer token names.
const Json* child_at(const Json& at, const std::string& token) {
  if (at.is_object()) {
    const auto found = at.find(token);
    return found == at.end() ? nullptr : &*found;
  }
  if (!at.is_array() || token.empty() || (token.size() > 1 && token.front() == '0')) return nullptr;
  std::size_t index = 0;
  const char* const end = token.data() + token.size();
  const auto read = std::from_chars(token.data(), end, index);
  if (read.ec != std::errc() || read.ptr != end || index >= at.size()) return nullptr;
  return &at[index];
}

}  // namespace

std::unique_ptr<const Json> Loader::parse(std::string_view text, const std::string& name) {
  const std::string where = name.empty() ? "" : " (known schema " + name + ")";
  const JsonLimits limits{options_.limits.max_bytes, options_.limits.max_depth};
  if (const auto bad = guard_json(text, limits)) {
    const bool size = bad->kind == JsonFaultKind::too_large || bad->kind == JsonFaultKind::too_deep;
    faults_.add(size ? SchemaErrorKind::too_large : SchemaErrorKind::invalid, "",
                "the schema is " + to_string(*bad) + where);
    return nullptr;
  }
  auto root = std::make_unique<const Json>(Json::parse(text, nullptr, false));
  if (root->is_discarded()) {
    faults_.add(SchemaErrorKind::invalid, "", "the schema is not valid JSON" + where);
    return nullptr;
  }
  if (!root->is_object() && !root->is_boolean()) {
    faults_.add(SchemaErrorKind::invalid, "", "a schema is an object or a boolean" + where);
    return nullptr;
  }
  return root;
}

const Json* Loader::load_root(std::string_view text) {
  auto root = parse(text, "");
  if (!root) return nullptr;
  add_document("", std::move(root));
  return sources_.documents.front().root.get();
}

void Loader::add_document(const std::string& uri, std::unique_ptr<const Json> root) {
  const Json* const schema = root.get();
  const auto document = static_cast<std::uint32_t>(sources_.documents.size());
  sources_.documents.push_back({uri, std::move(root)});

  Resource resource;
  resource.uri = uri;
  resource.root = schema;
  resource.dialect =
      document == 0 ? standard_dialect(options_.default_draft) : sources_.resources.front().dialect;
  resource.dialect = dialect_of(*schema, resource.dialect);
  const auto index = static_cast<std::uint32_t>(sources_.resources.size());
  sources_.resources.push_back(std::move(resource));
  by_uri_.emplace(uri, index);

  Site site;
  site.resource = index;
  site.document = document;
  sources_.sites.emplace(schema, std::move(site));
  scan(schema);
}

std::optional<std::string_view> Loader::text_of(std::string_view uri) const {
  for (const KnownSchema& known : options_.known) {
    if (without_fragment(known.uri) == uri) return known.text;
  }
  for (const Metaschema& metaschema : metaschemas()) {
    if (metaschema.uri == uri) return metaschema.text;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> Loader::find_resource(const std::string& uri) {
  if (const auto found = by_uri_.find(uri); found != by_uri_.end()) return found->second;
  const auto text = text_of(uri);
  if (!text) return std::nullopt;
  auto root = parse(*text, uri);
  if (!root) return std::nullopt;
  add_document(uri, std::move(root));
  const auto found = by_uri_.find(uri);
  return found == by_uri_.end() ? std::nullopt : std::optional(found->second);
}

Target Loader::resolve(const std::string& uri, const Json* referrer) {
  const std::string base(without_fragment(uri));
  const auto resource = find_resource(base);
  if (!resource) {
    fault(SchemaErrorKind::unresolved_reference, referrer, "$ref",
          "refers to '" + base.substr(0, 200) +
              "', which is not part of the schema and is never fetched; put it under $defs with "
              "its $id");
    return {};
  }
  const std::string fragment = percent_decoded(fragment_of(uri));
  const Resource& found = sources_.resources[*resource];
  if (fragment.empty()) return {found.root, false};
  if (fragment.front() != '/') {
    const auto anchor = found.anchors.find(fragment);
    if (anchor != found.anchors.end())
      return {anchor->second, found.dynamic_anchors.contains(fragment)};
  } else if (const Json* schema = walk(*resource, fragment)) {
    return {schema, false};
  }
  fault(SchemaErrorKind::unresolved_reference, referrer, "$ref",
        "refers to '#" + fragment.substr(0, 200) + "', which is not there");
  return {};
}

const Json* Loader::walk(std::uint32_t resource, const std::string& pointer) {
  const Json* at = sources_.resources[resource].root;
  const Json* known = at;  // the last schema on the way
  std::string suffix;      // from there to here
  for (std::size_t start = 1; start <= pointer.size();) {
    const std::size_t end = std::min(pointer.find('/', start), pointer.size());
    const std::string token =
        unescaped_pointer_segment(std::string_view(pointer).substr(start, end - start));
    at = child_at(*at, token);
    if (at == nullptr) return nullptr;
    append_pointer_segment(suffix, token);
    if (sources_.sites.contains(at)) {
      known = at;
      suffix.clear();
    }
    start = end + 1;
  }
  return at == known ? at : adopt(known, at, std::move(suffix));
}

// A schema at a place where none is expected, e.g. under an unknown keyword, until someone refers
// to it.
const Json* Loader::adopt(const Json* parent, const Json* schema, std::string suffix) {
  Site site;
  site.parent = parent;
  site.suffix = std::move(suffix);
  site.resource = sources_.sites.at(parent).resource;
  site.document = sources_.sites.at(parent).document;
  sources_.sites.emplace(schema, std::move(site));
  scan(schema);
  return schema;
}

void Loader::fault(SchemaErrorKind kind,
                   const Json* schema,
                   std::string_view keyword,
                   std::string message) {
  std::string path = sources_.path_of(schema);
  if (!keyword.empty()) append_pointer_segment(path, keyword);
  faults_.add(kind, std::move(path), std::move(message));
}

}  // namespace taskgate::checks::schema
