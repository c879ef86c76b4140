#pragma once
// Base64 of RFC 4648 §4: the standard alphabet, with padding. Used by webhook signatures and
// secrets.

#include <optional>
#include <string>
#include <string_view>

namespace taskgate {

std::string base64_encode(std::string_view bytes);

/// Strict: padding required, no white space, no characters of other alphabets, unused bits zero (so
/// that one value has one spelling). nullopt for anything else.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace taskgate
