#include "taskgate/net/http.hpp"

#include <strings.h>

namespace taskgate::net {
const char* to_string(Method method) noexcept {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::delete_:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
  }
  return "GET";
}
namespace {
bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}
}  // namespace
void Headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}
std::optional<std::string_view> Headers::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : fields_) {
    if (same(key, name)) return value;
  }
  return std::nullopt;
}
std::size_t Headers::count(std::string_view name) const noexcept {
  std::size_t n = 0;
  for (const auto& field : fields_) n += same(field.first, name) ? 1 : 0;
  return n;
}
}  // namespace taskgate::net
