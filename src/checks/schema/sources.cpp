#include "checks/schema/sources.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace taskgate::checks::schema {

std::string Sources::path_of(const nlohmann::json* schema) const {
  std::vector<const std::string*> suffixes;
  std::uint32_t document = 0;
  for (const nlohmann::json* at = schema; at != nullptr;) {
    const auto site = sites.find(at);
    if (site == sites.end()) break;
    suffixes.push_back(&site->second.suffix);
    document = site->second.document;
    at = site->second.parent;
  }
  std::string path;
  if (!documents[document].uri.empty()) path = documents[document].uri + "#";
  for (auto suffix = suffixes.rbegin(); suffix != suffixes.rend(); ++suffix) path += **suffix;
  return path;
}

}  // namespace taskgate::checks::schema
