#pragma once
// The documents that a compiled schema consists of, and where in them each subschema stands. Lives
// as long as the program, which points into it.

#include "checks/schema/keyword.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace taskgate::checks::schema {

/// A schema with an identifier of its own: a document's root, or a subschema with `$id`.
struct Resource {
  std::string uri;  ///< absolute where the schema says so, without fragment; may be empty
  const nlohmann::json* root = nullptr;
  Dialect dialect;
  std::map<std::string, const nlohmann::json*, std::less<>> anchors;  ///< the dynamic ones too
  std::map<std::string, const nlohmann::json*, std::less<>> dynamic_anchors;
};

/// A parsed text.
struct Document {
  std::string uri;  ///< empty for the schema itself
  std::unique_ptr<const nlohmann::json> root;
};

/// Where a subschema stands.
struct Site {
  const nlohmann::json* parent = nullptr;  ///< the schema around it; nullptr for a document's root
  std::string suffix;                      ///< JSON pointer from the parent to here
  Keyword under = Keyword::none;           ///< the keyword of the parent that holds it
  std::uint32_t resource = 0;              ///< index into Sources::resources
  std::uint32_t document = 0;              ///< index into Sources::documents
};

struct Sources {
  std::deque<Document> documents;
  std::deque<Resource> resources;
  std::unordered_map<const nlohmann::json*, Site> sites;

  /// JSON pointer of a subschema; with "URI#" before it when it is not in the schema itself.
  std::string path_of(const nlohmann::json* schema) const;
};

}  // namespace taskgate::checks::schema
