#include "providers/codec.hpp"

#include <algorithm>

namespace taskgate::providers {

std::string endpoint_url(std::string_view base_url, std::string_view path, std::string_view query) {
  const std::size_t mark = std::min(base_url.find('?'), base_url.size());
  std::string_view base = base_url.substr(0, mark);
  while (!base.empty() && base.back() == '/') base.remove_suffix(1);
  std::string url(base);
  url.append(path).append(base_url.substr(mark));
  if (query.empty()) return url;
  if (mark == base_url.size()) {
    url += '?';
  } else if (mark + 1 < base_url.size()) {
    url += '&';
  }
  url.append(query);
  return url;
}

std::string endpoint_url(std::string_view base_url, std::string_view path) {
  return endpoint_url(base_url, path, std::string_view());
}

std::string schema_instruction(std::string_view schema) {
  std::string text =
      "Answer with one JSON document and nothing else: no explanation, no code fence. It must fit "
      "this JSON Schema:\n";
  text.append(schema);
  return text;
}

}  // namespace taskgate::providers
