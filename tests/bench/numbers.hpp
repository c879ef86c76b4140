#pragma once
// Numbers of the command line and of /proc.

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>

namespace taskgate::bench {

/// The whole text as a number; throws std::runtime_error when it is not one.
template <class T>
T parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  throw std::runtime_error("not a number: '" + std::string(text) + "'");
}

}  // namespace taskgate::bench
