#include "providers/gemini/partial_args.hpp"

#include "providers/json_values.hpp"
#include "providers/text_stitcher.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <utility>

namespace taskgate::providers {
namespace {

using nlohmann::ordered_json;

constexpr int kMaxPathSteps = 64;

// One step off the front of a path: a member's name or an element's number. False: none there.
bool take_step(std::string_view& path, std::string_view& name, std::optional<std::size_t>& index) {
  index.reset();
  if (path.starts_with('.')) {
    path.remove_prefix(1);
    name = path.substr(0, path.find_first_of(".["));
    path.remove_prefix(name.size());
    return !name.empty();
  }
  if (path.size() < 3 || path.front() != '[') return false;
  const char quote = path[1];
  if (quote == '\'' || quote == '"') {
    const std::size_t end = path.find(quote, 2);
    if (end == std::string_view::npos || path.substr(end + 1, 1) != "]") return false;
    name = path.substr(2, end - 2);
    path.remove_prefix(end + 2);
    return true;
  }
  std::size_t number = 0;
  const char* last = path.data() + path.size();
  const auto [stop, error] = std::from_chars(path.data() + 1, last, number);
  if (error != std::errc() || stop == last || *stop != ']') return false;
  index = number;
  path.remove_prefix(static_cast<std::size_t>(stop - path.data()) + 1);
  return true;
}

// The place in `root` that the path names, made where it is not there; null when it cannot be.
// Elements come in order, so that no path can ask for a million of them.
ordered_json* place_of(ordered_json& root, std::string_view path) {
  if (!path.starts_with('$')) return nullptr;
  path.remove_prefix(1);
  ordered_json* at = &root;
  for (int steps = 0; !path.empty(); ++steps) {
    std::string_view name;
    std::optional<std::size_t> index;
    if (steps >= kMaxPathSteps || !take_step(path, name, index)) return nullptr;
    if (index) {
      if (at->is_null()) *at = ordered_json::array();
      if (!at->is_array() || *index > at->size()) return nullptr;
      if (*index == at->size()) at->push_back(nullptr);
      at = &(*at)[*index];
    } else {
      if (at->is_null()) *at = ordered_json::object();
      if (!at->is_object()) return nullptr;
      at = &(*at)[std::string(name)];
    }
  }
  return at == &root ? nullptr : at;
}

}  // namespace

bool PartialArgs::take(std::string_view array) {
  bool fine = true;
  JsonCursor cursor(array);
  const bool whole = cursor.array([&] { fine = take_leaf(cursor.value()) && fine; });
  return whole && fine;
}

bool PartialArgs::take_leaf(std::string_view leaf) {
  constexpr std::array<std::string_view, 6> kNames{"jsonPath",  "stringValue", "numberValue",
                                                   "boolValue", "nullValue",   "willContinue"};
  const auto found = members(leaf, kNames);
  if (!found) return false;
  const auto& [path, string, number, boolean, null, goes_on] = *found;
  std::string where = text_value(path);
  if (where.size() < 2 || where.front() != '$') return false;
  bytes_ += leaf.size();
  const bool goes_on_here =
      !leaves_.empty() && leaves_.back().continues && leaves_.back().path == where;
  if (!goes_on_here) {
    leaves_.emplace_back();
    leaves_.back().path = std::move(where);
  }
  Leaf& last = leaves_.back();
  last.continues = goes_on == "true";
  if (const auto raw = raw_string(string)) {
    append_unescaped(last.text, *raw);
  } else if (number_value(number)) {
    last.value = number;
  } else if (boolean == "true" || boolean == "false") {
    last.value = boolean;
  } else if (!null.empty()) {
    last.value = "null";
  }
  return true;
}

std::optional<std::string> PartialArgs::json() const {
  ordered_json root = ordered_json::object();
  for (const Leaf& leaf : leaves_) {
    ordered_json* place = place_of(root, leaf.path);
    if (place == nullptr) return std::nullopt;
    if (leaf.value.empty()) {
      *place = to_valid_utf8(leaf.text);
    } else {
      *place = ordered_json::parse(leaf.value, nullptr, false);
      if (place->is_discarded()) return std::nullopt;  // "01" is a number to others
    }
  }
  return root.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace taskgate::providers
