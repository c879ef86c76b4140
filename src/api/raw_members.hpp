#pragma once
// The members of a JSON object as they were written: nlohmann/json alone rounds large integers and
// keeps the last of two equal names.

#include <string>
#include <string_view>
#include <vector>

namespace taskgate::api {

struct RawMember {
  std::string name;        ///< without escapes
  std::string_view value;  ///< of the text, without the white space around it
};

/// In order. `object` must be valid JSON, an object; the values point into it.
std::vector<RawMember> raw_members(std::string_view object);

/// The name that stands in `members` more than once; empty: none.
std::string repeated_name(const std::vector<RawMember>& members);

}  // namespace taskgate::api
