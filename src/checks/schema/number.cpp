#include "checks/schema/number.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;
__extension__ typedef unsigned __int128 Wide;

constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;

// magnitude × 10^exponent; the sign does not matter to divisibility.
struct Decimal {
  std::uint64_t magnitude = 0;
  int exponent = 0;
};

Decimal decimal_of(double value) {
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), std::fabs(value),
                                 std::chars_format::scientific)
                       .ptr;
  Decimal out;
  int decimals = 0;
  bool after_point = false;
  const char* at = text.data();
  for (; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      after_point = true;
      continue;
    }
    out.magnitude = out.magnitude * 10 + static_cast<std::uint64_t>(*at - '0');
    if (after_point) ++decimals;
  }
  int exponent = 0;
  if (at != end) {
    ++at;
    if (at != end && *at == '+') ++at;
    std::from_chars(at, end, exponent);
  }
  out.exponent = exponent - decimals;
  return out;
}

std::uint64_t magnitude_of(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

Decimal decimal_of(const Json& number) {
  if (number.is_number_unsigned()) return {number.get<std::uint64_t>(), 0};
  if (number.is_number_integer()) return {magnitude_of(number.get<std::int64_t>()), 0};
  return decimal_of(number.get<double>());
}

std::uint64_t power_of_ten_modulo(int exponent, std::uint64_t modulus) {
  Wide result = 1 % modulus;
  Wide base = 10 % modulus;
  for (int left = exponent; left > 0; left /= 2) {
    if (left % 2 != 0) result = result * base % modulus;
    base = base * base % modulus;
  }
  return static_cast<std::uint64_t>(result);
}

template <class T>
int order(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

int compare_with_double(std::int64_t a, double b) {
  if (b >= kTwo63) return -1;
  if (b < -kTwo63) return 1;
  const double whole = std::trunc(b);
  const int by_whole = order(a, static_cast<std::int64_t>(whole));
  return by_whole != 0 ? by_whole : order(whole, b);
}

int compare_with_double(std::uint64_t a, double b) {
  if (b >= kTwo64) return -1;
  if (b < 0) return 1;
  const double whole = std::trunc(b);
  const int by_whole = order(a, static_cast<std::uint64_t>(whole));
  return by_whole != 0 ? by_whole : order(whole, b);
}

int compare_with_double(const Json& a, double b) {
  if (a.is_number_unsigned()) return compare_with_double(a.get<std::uint64_t>(), b);
  return compare_with_double(a.get<std::int64_t>(), b);
}

}  // namespace

int compare_numbers(const Json& a, const Json& b) {
  if (a.is_number_float() && b.is_number_float()) return order(a.get<double>(), b.get<double>());
  if (b.is_number_float()) return compare_with_double(a, b.get<double>());
  if (a.is_number_float()) return -compare_with_double(b, a.get<double>());
  // Non-negative integers are unsigned in a parsed document, but not in one made by hand.
  const bool a_negative = !a.is_number_unsigned() && a.get<std::int64_t>() < 0;
  const bool b_negative = !b.is_number_unsigned() && b.get<std::int64_t>() < 0;
  if (a_negative != b_negative) return a_negative ? -1 : 1;
  if (a_negative) return order(a.get<std::int64_t>(), b.get<std::int64_t>());
  return order(a.get<std::uint64_t>(), b.get<std::uint64_t>());
}

bool is_integral(const Json& number) {
  if (!number.is_number_float()) return true;
  const double value = number.get<double>();
  return std::trunc(value) == value;
}

bool is_multiple_of(const Json& value, const Json& divisor) {
  const Decimal a = decimal_of(value);
  const Decimal b = decimal_of(divisor);
  if (a.magnitude == 0) return true;
  if (b.magnitude == 0) return false;
  if (a.exponent >= b.exponent) {
    const Wide scale = power_of_ten_modulo(a.exponent - b.exponent, b.magnitude);
    return scale * (a.magnitude % b.magnitude) % b.magnitude == 0;
  }
  Wide scaled = b.magnitude;
  for (int shift = b.exponent - a.exponent; shift > 0; --shift) {
    scaled *= 10;
    if (scaled > a.magnitude) return false;
  }
  return a.magnitude % static_cast<std::uint64_t>(scaled) == 0;
}

}  // namespace taskgate::checks::schema
