#include "app/setting_kinds.hpp"

#include "app/json_document.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace taskgate::app {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

// RFC 9110 §5.1: a token.
bool is_header_name(std::string_view name) {
  constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && kTokenMarks.find(c) == std::string_view::npos) return false;
  }
  return !name.empty();
}

// RFC 9110 §5.5: no control characters.
bool is_header_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// The first element that `fits` refuses.
template <class Fits>
std::optional<FaultyElement> faulty_element(const json& value, std::string expected, Fits fits) {
  if (!value.is_array()) return std::nullopt;
  const auto found = std::find_if_not(value.begin(), value.end(), fits);
  if (found == value.end()) return std::nullopt;
  return FaultyElement{"/" + std::to_string(found - value.begin()), std::move(expected), *found};
}

}  // namespace

std::optional<std::int64_t> bounded_integer(const json& value,
                                            std::int64_t low,
                                            std::int64_t high) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    return std::nullopt;
  const auto number = value.get<std::int64_t>();
  return number >= low && number <= high ? std::optional(number) : std::nullopt;
}

bool take(std::string& out, const json& value) {
  if (!value.is_string()) return false;
  out = value.get<std::string>();
  return true;
}

bool take(bool& out, const json& value) {
  if (!value.is_boolean()) return false;
  out = value.get<bool>();
  return true;
}

bool take(ListenAddress& out, const json& value) {
  if (!value.is_string()) return false;
  const auto address = parse_listen(value.get<std::string>());
  if (address) out = *address;
  return address.has_value();
}

bool take(std::vector<std::uint16_t>& out, const json& value) {
  if (!value.is_array()) return false;
  std::vector<std::uint16_t> ports;
  for (const auto& item : value) {
    const auto port = bounded_integer(item, 1, 65'535);
    if (!port) return false;
    ports.push_back(static_cast<std::uint16_t>(*port));
  }
  out = std::move(ports);
  return true;
}

bool take(std::vector<std::string>& out, const json& value) {
  if (!value.is_array()) return false;
  std::vector<std::string> texts;
  for (const auto& item : value) {
    if (!item.is_string()) return false;
    texts.push_back(item.get<std::string>());
  }
  out = std::move(texts);
  return true;
}

// Only an object is a schema worth writing down; `true` says nothing.
bool take(JsonText& out, const json& value) {
  if (!value.is_object()) return false;
  out.text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return true;
}

bool take_number(double& out, const json& value, std::int64_t low, std::int64_t high) {
  if (!value.is_number()) return false;
  const double number = value.get<double>();
  if (!(number >= static_cast<double>(low) && number <= static_cast<double>(high))) return false;
  out = number;
  return true;
}

bool take_integers(std::vector<int>& out, const json& value, std::int64_t low, std::int64_t high) {
  if (!value.is_array()) return false;
  std::vector<int> numbers;
  for (const auto& item : value) {
    const auto number = bounded_integer(item, low, high);
    if (!number) return false;
    numbers.push_back(static_cast<int>(*number));
  }
  out = std::move(numbers);
  return true;
}

bool take(HeaderMap& out, const json& value) {
  if (!value.is_object()) return false;
  HeaderMap headers;
  for (const auto& [name, text] : value.items()) {
    if (!text.is_string() || !is_header_name(name) ||
        !is_header_text(text.get_ref<const std::string&>()))
      return false;
    headers[name] = text.get<std::string>();
  }
  out = std::move(headers);
  return true;
}

std::optional<FaultyElement> faulty_integer(const json& value,
                                            std::int64_t low,
                                            std::int64_t high) {
  return faulty_element(
      value, "integer " + std::to_string(low) + ".." + std::to_string(high),
      [&](const json& item) { return bounded_integer(item, low, high).has_value(); });
}

std::optional<FaultyElement> faulty_text(const json& value) {
  return faulty_element(value, "string", [](const json& item) { return item.is_string(); });
}

std::optional<FaultyElement> faulty_header(const json& value) {
  if (!value.is_object()) return std::nullopt;
  for (const auto& [name, text] : value.items()) {
    if (!is_header_name(name))
      return FaultyElement{pointer_child("", name), "the name of a header field", name};
    if (!text.is_string())
      return FaultyElement{pointer_child("", name), "the header field's text", text};
    if (!is_header_text(text.get_ref<const std::string&>()))
      return FaultyElement{pointer_child("", name),
                           "one line of text without control characters, for a header field", text};
  }
  return std::nullopt;
}

ordered_json shown(bool value) {
  return value;
}
ordered_json shown(const ListenAddress& value) {
  return to_string(value);
}
ordered_json shown(const std::vector<std::uint16_t>& value) {
  return value;
}
ordered_json shown(const std::vector<std::string>& value) {
  return value;
}
ordered_json shown(const std::vector<int>& value) {
  return value;
}
ordered_json shown(double value) {
  return value;
}
ordered_json shown(const JsonText& value) {
  return ordered_json::parse(value.text.empty() ? "{}" : value.text);
}
ordered_json shown(const HeaderMap& value) {
  ordered_json headers = ordered_json::object();
  for (const auto& [name, text] : value) headers[name] = text.empty() ? "" : "…";
  return headers;
}

}  // namespace taskgate::app
