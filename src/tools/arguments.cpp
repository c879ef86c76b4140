#include "tools/arguments.hpp"

#include "taskgate/core/json_guard.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace taskgate::tools {
namespace {

using nlohmann::json;

constexpr std::int64_t kLargestExact = 9007199254740991;  // 2^53 − 1 (RFC 7493 §2.2)
constexpr char kTag = '\x01';
constexpr long kLongestExponent = 400;  // no double is larger than 1.8e308

std::string tagged(std::string digits) {
  return kTag + std::move(digits);
}

std::string escaped(std::string text) {
  if (!text.empty() && text.front() == kTag) text.insert(text.begin(), kTag);
  return text;
}

json integer_value(std::int64_t number) {
  if (number >= -kLargestExact && number <= kLargestExact) return number;
  return tagged(std::to_string(number));
}

json integer_value(std::uint64_t number) {
  if (number <= static_cast<std::uint64_t>(kLargestExact)) return number;
  return tagged(std::to_string(number));
}

// The digits of a JSON number that is an integer ("12.50e1" is 125); nullopt for any other.
std::optional<std::string> integer_digits(std::string_view raw) {
  const bool negative = raw.starts_with('-');
  if (negative) raw.remove_prefix(1);
  const auto mark = raw.find_first_of("eE");
  const std::string_view mantissa = raw.substr(0, mark);
  long exponent = 0;
  if (mark != std::string_view::npos) {
    std::string_view text = raw.substr(mark + 1);
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  }
  const auto dot = mantissa.find('.');
  std::string digits(mantissa.substr(0, dot));
  if (dot != std::string_view::npos) {
    const auto fraction = mantissa.substr(dot + 1);
    digits += fraction;
    exponent -= static_cast<long>(fraction.size());
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  while (exponent < 0 && digits.ends_with('0')) {
    digits.pop_back();
    ++exponent;
  }
  if (digits.empty()) return "0";
  if (exponent < 0 || exponent > kLongestExponent) return std::nullopt;
  digits.append(static_cast<std::size_t>(exponent), '0');
  return negative ? "-" + digits : digits;
}

json number_value(double number, std::string_view raw) {
  if (std::abs(number) <= static_cast<double>(kLargestExact)) return number;
  auto digits = integer_digits(raw);
  if (!digits) return number;
  return tagged(std::move(*digits));
}

// Builds the document; the values that are open are on a stack.
class ExactReader final : public nlohmann::json_sax<json> {
 public:
  json take() { return std::move(root_); }
  const std::string& fault() const { return fault_; }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(integer_value(value)); }
  bool number_unsigned(number_unsigned_t value) override { return put(integer_value(value)); }
  bool number_float(number_float_t value, const string_t& raw) override {
    return put(number_value(value, raw));
  }
  bool string(string_t& text) override { return put(escaped(std::move(text))); }
  bool binary(binary_t&) override { return false; }  // not in JSON

  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool key(string_t& name) override {
    if (open_.back()->contains(name)) {
      fault_ = "the member \"" + name.substr(0, 100) + "\" stands twice in one object";
      return false;
    }
    key_ = std::move(name);
    return true;
  }
  bool end_array() override { return close(); }
  bool end_object() override { return close(); }
  bool parse_error(std::size_t position,
                   const std::string&,
                   const nlohmann::detail::exception& error) override {
    // 406: a number that no double holds
    fault_ = error.id == 406 ? "a number is out of range" : "not JSON";
    fault_ += " at byte " + std::to_string(position);
    return false;
  }

 private:
  json* add(json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    json& member = parent[key_];
    member = std::move(value);
    return &member;
  }
  bool put(json value) {
    add(std::move(value));
    return true;
  }
  // What is open is the last of its parent, so that its address stays good until it is closed.
  bool open(json container) {
    open_.push_back(add(std::move(container)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  json root_;
  std::vector<json*> open_;
  std::string key_;
  std::string fault_;
};

}  // namespace

Result<json> read_exactly(std::string_view text) {
  if (const auto fault = guard_json(text)) {
    return Error(Errc::invalid_argument, "the arguments are refused: " + to_string(*fault));
  }
  ExactReader reader;
  if (!json::sax_parse(text.begin(), text.end(), &reader)) {
    return Error(Errc::invalid_argument, "the arguments are refused: " + reader.fault());
  }
  return reader.take();
}

json exact_form(const json& value) {
  if (value.is_object()) {
    json copy = json::object();
    for (const auto& [name, member] : value.items()) copy[name] = exact_form(member);
    return copy;
  }
  if (value.is_array()) {
    json copy = json::array();
    for (const auto& item : value) copy.push_back(exact_form(item));
    return copy;
  }
  if (value.is_string()) return escaped(value.get<std::string>());
  if (value.is_number_unsigned()) return integer_value(value.get<std::uint64_t>());
  if (value.is_number_integer()) return integer_value(value.get<std::int64_t>());
  if (!value.is_number_float()) return value;
  const double number = value.get<double>();
  char text[400];
  const auto done =
      std::to_chars(std::begin(text), std::end(text), number, std::chars_format::fixed);
  return number_value(number, std::string_view(text, static_cast<std::size_t>(done.ptr - text)));
}

}  // namespace taskgate::tools
