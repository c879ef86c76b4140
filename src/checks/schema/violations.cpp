#include "checks/schema/violations.hpp"

#include "taskgate/core/json_pointer.hpp"
#include "taskgate/core/json_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <iterator>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDescribedBytes = 120;
constexpr std::size_t kMaxPathBytes = 1024;

std::string cut(std::string text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  text.resize(max_bytes);
  text.resize(complete_utf8_prefix(text));
  return text + "…";
}

void append_short(std::string& out, const Json& value, std::size_t max_bytes);

void append_short_children(std::string& out, const Json& value, std::size_t max_bytes) {
  out += value.is_object() ? '{' : '[';
  bool first = true;
  for (auto it = value.begin(); it != value.end() && out.size() <= max_bytes; ++it) {
    if (!first) out += ',';
    first = false;
    if (value.is_object()) {
      append_json_string(out, std::string_view(it.key()).substr(0, max_bytes));
      out += ':';
    }
    append_short(out, it.value(), max_bytes);
  }
  out += value.is_object() ? '}' : ']';
}

// Stops soon after `max_bytes`, however large the value is.
void append_short(std::string& out, const Json& value, std::size_t max_bytes) {
  if (value.is_structured()) {
    append_short_children(out, value, max_bytes);
  } else if (const auto* const text = value.get_ptr<const std::string*>()) {
    append_json_string(out, std::string_view(*text).substr(0, max_bytes));
  } else {
    out += value.dump();
  }
}

std::string_view type_name(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return "boolean";
    case Json::value_t::string:
      return "string";
    case Json::value_t::number_float:
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return "number";
    case Json::value_t::array:
      return "array";
    default:
      return "object";
  }
}

// How unlikely it is that the value was meant for a branch that failed like this.
std::size_t distance(const std::vector<Violation>& branch, const std::string& instance_path) {
  std::size_t worst = 0;
  for (const Violation& violation : branch) {
    const bool here = violation.instance_path == instance_path;
    const std::string_view path = violation.instance_path;
    const std::string_view below = path.substr(std::min(instance_path.size() + 1, path.size()));
    const bool is_discriminator = violation.keyword == "const" || violation.keyword == "enum";
    if (here && violation.keyword == "type") worst = std::max<std::size_t>(worst, 1000);
    if (is_discriminator && below.find('/') == std::string_view::npos)
      worst = std::max<std::size_t>(worst, 500);
  }
  return worst + branch.size();
}

}  // namespace

std::string Place::pointer() const {
  std::vector<const Place*> steps;
  for (const Place* at = this; at->parent != nullptr; at = at->parent) steps.push_back(at);
  std::string out;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if ((*step)->key != nullptr) {
      append_pointer_segment(out, *(*step)->key);
    } else {
      out += '/' + std::to_string((*step)->index);
    }
  }
  return out;
}

void Report::add(const Place& place, const Node& node, Keyword keyword, Told told) {
  if (is_full()) return;
  Violation& violation = all_.emplace_back();
  violation.instance_path = cut(place.pointer(), kMaxPathBytes);
  std::string path = sources_.path_of(node.source);
  if (!node.is_false() && keyword != Keyword::none) append_pointer_segment(path, name_of(keyword));
  violation.schema_path = cut(std::move(path), kMaxPathBytes);
  violation.keyword = name_of(keyword);
  violation.expected = std::move(told.expected);
  violation.got = std::move(told.got);
  violation.property = cut(std::move(told.property), kMaxPathBytes);
}

std::vector<Violation> Report::take_since(std::size_t from) {
  const auto begin = all_.begin() + static_cast<std::ptrdiff_t>(std::min(from, all_.size()));
  std::vector<Violation> taken(std::make_move_iterator(begin), std::make_move_iterator(all_.end()));
  all_.erase(begin, all_.end());
  return taken;
}

void Report::put_back(std::vector<Violation> violations) {
  for (Violation& violation : violations) {
    if (!is_full()) all_.push_back(std::move(violation));
  }
}

std::string short_json(const Json& value, std::size_t max_bytes) {
  std::string out;
  append_short(out, value, max_bytes);
  return cut(std::move(out), max_bytes);
}

std::string described(const Json& value) {
  if (value.is_array()) return "an array of " + counted(value.size(), "item", "items");
  if (value.is_object()) return "an object of " + counted(value.size(), "property", "properties");
  return short_json(value, kMaxDescribedBytes);
}

std::string described_with_type(const Json& value) {
  if (value.is_structured() || value.is_null()) return described(value);
  return std::string(type_name(value)) + " " + described(value);
}

std::string described_types(std::uint8_t types) {
  constexpr std::array<std::pair<std::uint8_t, std::string_view>, 7> kNames = {{
      {type_null, "null"},
      {type_boolean, "boolean"},
      {type_number, "number"},
      {type_integer, "integer"},
      {type_string, "string"},
      {type_array, "array"},
      {type_object, "object"},
  }};
  std::vector<std::string_view> names;
  for (const auto& [bit, name] : kNames) {
    const bool is_implied = bit == type_integer && (types & type_number) != 0;
    if ((types & bit) != 0 && !is_implied) names.push_back(name);
  }
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

void ClosestBranch::offer(std::vector<Violation> violations) {
  const std::size_t from_here = distance(violations, instance_path_);
  if (has_any_ && distance_ <= from_here) return;
  has_any_ = true;
  distance_ = from_here;
  closest_ = std::move(violations);
}

}  // namespace taskgate::checks::schema
