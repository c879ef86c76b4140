#pragma once
// What "characters" means in this API's limits.

#include <cstddef>
#include <string_view>

namespace taskgate::api {

/// The number of code points in valid UTF-8.
std::size_t count_characters(std::string_view utf8) noexcept;

}  // namespace taskgate::api
