// How a key is spelt: generator, parser, scopes.

#include "taskgate/api/auth.hpp"
#include "taskgate/core/ids.hpp"
#include "taskgate/core/sha256.hpp"

#include <algorithm>
#include <array>

namespace taskgate::api {
namespace {

constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kKeyPrefix = "tg_live_";
constexpr std::size_t kIdLength = 12;
constexpr std::size_t kSecretLength = 32;  // 32 · log2(62) ≈ 190 bits
constexpr std::size_t kCheckLength = 6;    // 62^6 > 2^32
constexpr std::size_t kSignedLength = kKeyPrefix.size() + kIdLength + 1 + kSecretLength;
constexpr std::size_t kKeyLength = kSignedLength + 1 + kCheckLength;

constexpr std::array<std::pair<Scope, const char*>, 4> kScopeNames{{{Scope::read, "read"},
                                                                    {Scope::submit, "submit"},
                                                                    {Scope::operate, "operate"},
                                                                    {Scope::admin, "admin"}}};

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1U) ? 0xEDB88320U : 0U);
    table[i] = value;
  }
  return table;
}
constexpr auto kCrcTable = make_crc_table();

// CRC-32 as of ISO-HDLC (zlib's): catches every single wrong character and swap.
std::uint32_t crc32(std::string_view text) noexcept {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : text)
    crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xFFU];
  return ~crc;
}

std::string check_of(std::string_view signed_part) {
  std::uint32_t value = crc32(signed_part);
  std::string check(kCheckLength, '0');
  for (std::size_t i = kCheckLength; i-- > 0; value /= 62U) check[i] = kBase62[value % 62U];
  return check;
}

bool is_base62(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return kBase62.find(c) != std::string_view::npos; });
}

// Uniform base62: bytes of 248 and above are drawn again (256 is not a multiple of 62).
std::string random_base62(std::size_t length) {
  std::string text;
  text.reserve(length);
  while (text.size() < length) {
    for (const char c : random_bytes(length)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 248 && text.size() < length) text += kBase62[byte % 62U];
    }
  }
  return text;
}

}  // namespace

const char* to_string(Scope scope) noexcept {
  for (const auto& [value, name] : kScopeNames) {
    if (value == scope) return name;
  }
  return "read";
}

std::optional<Scope> parse_scope(std::string_view name) noexcept {
  for (const auto& [value, text] : kScopeNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

bool has_scope(ScopeSet scopes, Scope wanted) noexcept {
  const auto admin = static_cast<ScopeSet>(Scope::admin);
  return (scopes & (static_cast<ScopeSet>(wanted) | admin)) != 0;
}

std::vector<std::string_view> scope_names(ScopeSet scopes) {
  std::vector<std::string_view> names;
  for (const auto& [value, name] : kScopeNames) {
    if ((scopes & static_cast<ScopeSet>(value)) != 0) names.emplace_back(name);
  }
  return names;
}

bool is_tenant_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 64 || !is_base62(name.substr(0, 1))) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return kBase62.find(c) != std::string_view::npos || c == '.' || c == '_' || c == '-';
  });
}

GeneratedKey generate_key() {
  GeneratedKey key;
  key.id = random_base62(kIdLength);
  const std::string secret = random_base62(kSecretLength);
  key.text = std::string(kKeyPrefix) + key.id + '_' + secret;
  key.text += '_' + check_of(key.text);
  key.secret_hash = sha256(secret);
  return key;
}

std::optional<KeyParts> parse_key(std::string_view text) noexcept {
  if (text.size() != kKeyLength || !text.starts_with(kKeyPrefix)) return std::nullopt;
  const KeyParts parts{text.substr(kKeyPrefix.size(), kIdLength),
                       text.substr(kKeyPrefix.size() + kIdLength + 1, kSecretLength)};
  if (text[kKeyPrefix.size() + kIdLength] != '_' || text[kSignedLength] != '_') return std::nullopt;
  if (!is_base62(parts.id) || !is_base62(parts.secret)) return std::nullopt;
  if (text.substr(kSignedLength + 1) != check_of(text.substr(0, kSignedLength)))
    return std::nullopt;
  return parts;
}

}  // namespace taskgate::api
