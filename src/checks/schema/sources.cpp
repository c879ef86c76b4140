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

void append_pointer_token(std::string& pointer, std::string_view token) {
  pointer += '/';
  for (const char c : token) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

std::string unescaped_pointer_token(std::string_view token) {
  std::string out;
  out.reserve(token.size());
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    if (escape && token[i + 1] == '1') {
      out += '/';
      ++i;
    } else if (escape && token[i + 1] == '0') {
      out += '~';
      ++i;
    } else {
      out += token[i];
    }
  }
  return out;
}

}  // namespace taskgate::checks::schema
