#pragma once
// The kinds of value that a setting can have: each taken from JSON and shown as JSON. Numbers with
// bounds, choices and texts are setting_values.cpp's.

#include "app/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::app {

/// The integer, when `value` is one within the bounds.
std::optional<std::int64_t> bounded_integer(const nlohmann::json& value,
                                            std::int64_t low,
                                            std::int64_t high);

/// False leaves `out` as it was: `value` is of another kind, or out of bounds.
bool take(std::string& out, const nlohmann::json& value);
bool take(bool& out, const nlohmann::json& value);
bool take(ListenAddress& out, const nlohmann::json& value);
bool take(std::vector<std::uint16_t>& out, const nlohmann::json& value);
bool take(std::vector<std::string>& out, const nlohmann::json& value);
bool take(JsonText& out, const nlohmann::json& value);
bool take(HeaderMap& out, const nlohmann::json& value);
bool take_number(double& out, const nlohmann::json& value, std::int64_t low, std::int64_t high);
bool take_integers(std::vector<int>& out,
                   const nlohmann::json& value,
                   std::int64_t low,
                   std::int64_t high);

/// What of a list, or of header fields, is to blame when take() has refused it.
struct FaultyElement {
  std::string below;     ///< its JSON pointer within the value
  std::string expected;  ///< what it should have been
  nlohmann::json value;
};
/// nullopt: `value` is no list (no object), or nothing in it is wrong.
std::optional<FaultyElement> faulty_integer(const nlohmann::json& value,
                                            std::int64_t low,
                                            std::int64_t high);
std::optional<FaultyElement> faulty_text(const nlohmann::json& value);
std::optional<FaultyElement> faulty_header(const nlohmann::json& value);

nlohmann::ordered_json shown(bool value);
nlohmann::ordered_json shown(double value);
nlohmann::ordered_json shown(const ListenAddress& value);
nlohmann::ordered_json shown(const std::vector<std::uint16_t>& value);
nlohmann::ordered_json shown(const std::vector<std::string>& value);
nlohmann::ordered_json shown(const std::vector<int>& value);
nlohmann::ordered_json shown(const JsonText& value);
/// Values masked.
nlohmann::ordered_json shown(const HeaderMap& value);

}  // namespace taskgate::app
