#include "checks/schema/equality.hpp"

#include "checks/schema/number.hpp"

#include <nlohmann/json.hpp>

#include <cstring>
#include <functional>
#include <string_view>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;
using Kind = Json::value_t;

constexpr std::size_t kBytesPerStep = 64;

std::uint64_t mixed(std::uint64_t seed, std::uint64_t value) {
  // The finalizer of splitmix64: every bit of the input reaches every bit of the output.
  std::uint64_t x = seed * 0x9E3779B97F4A7C15 + value + 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

std::uint64_t text_hash(const std::string& text, std::int64_t& steps) {
  steps -= static_cast<std::int64_t>(text.size() / kBytesPerStep);
  return mixed(5, std::hash<std::string_view>{}(text));
}

// Whole doubles that an integer could hold hash as that integer.
std::uint64_t number_hash(const Json& number) {
  if (!number.is_number_float()) return mixed(2, number.get<std::uint64_t>());
  const double value = number.get<double>();
  if (is_integral(number)) {
    if (value >= -9223372036854775808.0 && value < 9223372036854775808.0)
      return mixed(2, static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
    if (value > 0 && value < 18446744073709551616.0)
      return mixed(2, static_cast<std::uint64_t>(value));
  }
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return mixed(3, bits);
}

bool equal_objects(const Json& a, const Json& b, std::int64_t& steps) {
  if (a.size() != b.size()) return false;
  auto other = b.begin();  // both are sorted by name
  for (auto it = a.begin(); it != a.end(); ++it, ++other) {
    steps -= static_cast<std::int64_t>(it.key().size() / kBytesPerStep);
    if (it.key() != other.key() || !equal(it.value(), other.value(), steps)) return false;
  }
  return true;
}

bool equal_arrays(const Json& a, const Json& b, std::int64_t& steps) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!equal(a[i], b[i], steps)) return false;
  }
  return true;
}

}  // namespace

bool equal(const Json& a, const Json& b, std::int64_t& steps) {
  if (--steps < 0) return false;
  if (a.is_number() || b.is_number())
    return a.is_number() && b.is_number() && compare_numbers(a, b) == 0;
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case Kind::object:
      return equal_objects(a, b, steps);
    case Kind::array:
      return equal_arrays(a, b, steps);
    case Kind::string: {
      const auto& text = a.get_ref<const std::string&>();
      steps -= static_cast<std::int64_t>(text.size() / kBytesPerStep);
      return text == b.get_ref<const std::string&>();
    }
    case Kind::boolean:
      return a.get<bool>() == b.get<bool>();
    default:
      return true;
  }
}

std::uint64_t hash_of(const Json& value, std::int64_t& steps) {
  if (--steps < 0) return 0;
  switch (value.type()) {
    case Kind::object: {
      std::uint64_t hash = 6;
      for (auto it = value.begin(); it != value.end(); ++it)
        hash = mixed(mixed(hash, text_hash(it.key(), steps)), hash_of(it.value(), steps));
      return hash;
    }
    case Kind::array: {
      std::uint64_t hash = 7;
      for (const Json& item : value) hash = mixed(hash, hash_of(item, steps));
      return hash;
    }
    case Kind::string:
      return text_hash(value.get_ref<const std::string&>(), steps);
    case Kind::boolean:
      return mixed(1, value.get<bool>() ? 1 : 0);
    case Kind::number_integer:
    case Kind::number_unsigned:
    case Kind::number_float:
      return number_hash(value);
    default:
      return mixed(0, 0);
  }
}

}  // namespace taskgate::checks::schema
