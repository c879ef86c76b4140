#include "providers/json_values.hpp"

#include "providers/text_stitcher.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace taskgate::providers {

std::string_view member(std::string_view object, std::string_view name) {
  const auto found = members(object, std::array<std::string_view, 1>{name});
  return found ? (*found)[0] : std::string_view();
}

std::string text_value(std::string_view value) {
  const auto raw = raw_string(value);
  return raw ? to_valid_utf8(unescape(*raw)) : std::string();
}

void assign_text(std::string& out, std::string_view value) {
  const auto raw = raw_string(value);
  if (!raw || raw->empty()) return;
  if (out != *raw) out = to_valid_utf8(unescape(*raw));
}

std::int64_t count_value(std::string_view value) noexcept {
  constexpr std::int64_t kMost = 1'000'000'000'000'000;  // sums of a few stay far from overflow
  return std::clamp<std::int64_t>(raw_integer(value).value_or(0), 0, kMost);
}

std::optional<double> number_value(std::string_view value) noexcept {
  double number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (value.empty() || error != std::errc() || stop != end || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

bool is_whole_object(std::string_view text) {
  JsonCursor cursor(text);
  return cursor.object([&](std::string_view) { cursor.value(); }) && cursor.at_end();
}

}  // namespace taskgate::providers
