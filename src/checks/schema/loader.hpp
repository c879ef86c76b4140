#pragma once
// Finds what identifiers and references mean: parses documents, notes every `$id` and anchor, and
// resolves URIs to subschemas. Fetches nothing.

#include "checks/schema/faults.hpp"
#include "checks/schema/sources.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace taskgate::checks::schema {

/// Where a reference leads.
struct Target {
  const nlohmann::json* schema = nullptr;  ///< nullptr: nowhere; a fault was added
  bool is_dynamic_anchor = false;          ///< the fragment names a `$dynamicAnchor`
};

class Loader {
 public:
  /// All three live as long as the loader.
  Loader(const SchemaOptions& options, Sources& sources, Faults& faults)
      : options_(options), sources_(sources), faults_(faults) {}

  /// Parses the schema itself. nullptr: it cannot be used at all; a fault was added.
  const nlohmann::json* load_root(std::string_view text);

  /// What `uri` (resolved already) refers to; `referrer` is the schema that says so.
  Target resolve(const std::string& uri, const nlohmann::json* referrer);

 private:
  std::unique_ptr<const nlohmann::json> parse(std::string_view text, const std::string& name);
  void add_document(const std::string& uri, std::unique_ptr<const nlohmann::json> root);
  std::optional<std::uint32_t> find_resource(const std::string& uri);
  std::optional<std::string_view> text_of(std::string_view uri) const;
  const nlohmann::json* walk(std::uint32_t resource, const std::string& pointer);
  const nlohmann::json* adopt(const nlohmann::json* parent,
                              const nlohmann::json* schema,
                              std::string suffix);

  // The scan (scanner.cpp): notes subschemas and their identifiers.
  void scan(const nlohmann::json* top);
  void note_identifiers(const nlohmann::json* schema, Site& site);
  std::string note_id(const nlohmann::json* schema, Site& site);
  void note_resource(const nlohmann::json* schema, Site& site, std::string uri);
  void note_anchor(const nlohmann::json* schema, const Site& site, std::string_view keyword);
  void note_children(const nlohmann::json* schema,
                     const Site& site,
                     std::vector<const nlohmann::json*>& todo);
  Dialect dialect_of(const nlohmann::json& schema, const Dialect& inherited);
  std::optional<Dialect> custom_dialect(const std::string& uri, int depth);

  void fault(SchemaErrorKind kind,
             const nlohmann::json* schema,
             std::string_view keyword,
             std::string message);

  const SchemaOptions& options_;
  Sources& sources_;
  Faults& faults_;
  std::unordered_map<std::string, std::uint32_t> by_uri_;
};

}  // namespace taskgate::checks::schema
