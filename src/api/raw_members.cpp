#include "api/raw_members.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <unordered_set>
#include <utility>

namespace taskgate::api {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\r";

std::size_t skip_white_space(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(kWhiteSpace, at), text.size());
}

// Past the closing quote of the string that begins at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// Past the value that begins at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (depth == 0) return at;
      continue;
    }
    const bool closes = c == '}' || c == ']';
    if (depth == 0 && (closes || c == ',' || kWhiteSpace.find(c) != std::string_view::npos))
      return at;
    if (c == '{' || c == '[') ++depth;
    ++at;
    if (closes && --depth == 0) return at;
  }
  return at;
}

std::string unescaped(std::string_view quoted) {
  const auto read = nlohmann::json::parse(quoted, nullptr, false);
  return read.is_string() ? read.get<std::string>() : std::string();
}

}  // namespace

std::vector<RawMember> raw_members(std::string_view object) {
  std::vector<RawMember> members;
  auto at = skip_white_space(object, 0) + 1;
  for (;;) {
    at = skip_white_space(object, at);
    if (at >= object.size() || object[at] != '"') return members;  // "}": no more
    const auto name_end = end_of_string(object, at);
    RawMember member;
    member.name = unescaped(object.substr(at, name_end - at));
    const auto colon = skip_white_space(object, name_end);
    const auto value = skip_white_space(object, colon + 1);
    const auto value_end = end_of_value(object, value);
    if (value >= object.size()) return members;
    member.value = object.substr(value, value_end - value);
    members.push_back(std::move(member));
    at = skip_white_space(object, value_end);
    if (at >= object.size() || object[at] != ',') return members;
    ++at;
  }
}

std::string repeated_name(const std::vector<RawMember>& members) {
  std::unordered_set<std::string_view> seen;
  for (const auto& member : members) {
    if (!seen.insert(member.name).second) return member.name;
  }
  return {};
}

}  // namespace taskgate::api
