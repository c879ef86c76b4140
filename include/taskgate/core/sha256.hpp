#pragma once
// SHA-256, HMAC-SHA-256 and comparison in constant time, from OpenSSL. For key hashes, idempotency
// fingerprints and webhook signatures.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace taskgate {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// FIPS 180-4. Throws std::runtime_error only when OpenSSL itself is broken.
Sha256Digest sha256(std::string_view data);

/// RFC 2104 over SHA-256; any length of key, also none.
Sha256Digest hmac_sha256(std::string_view key, std::string_view data);

/// Lower-case hexadecimal.
std::string to_hex(std::span<const std::uint8_t> bytes);

/// The bytes as a string, e.g. for base64_encode.
std::string to_bytes(const Sha256Digest& digest);

/// Equality whose duration depends on the lengths alone: for secrets and signatures.
bool constant_time_equal(std::string_view a, std::string_view b) noexcept;
bool constant_time_equal(const Sha256Digest& a, const Sha256Digest& b) noexcept;

}  // namespace taskgate
