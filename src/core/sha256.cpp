#include "taskgate/core/sha256.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace taskgate {
namespace {

/// EVP_sha256() alone makes EVP_Digest fetch the implementation, under a lock, at every call: half
/// the price of hashing a request (OpenSSL 3.0, ossl-guide-libcrypto-introduction(7ossl)). Fetched
/// once; never freed, because OpenSSL cleans up before static objects may.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched != nullptr ? fetched : EVP_sha256();
}

}  // namespace

Sha256Digest sha256(std::string_view data) {
  Sha256Digest digest{};
  unsigned length = 0;
  const int done =
      EVP_Digest(data.data(), data.size(), digest.data(), &length, sha256_algorithm(), nullptr);
  if (done != 1 || length != digest.size()) throw std::runtime_error("sha-256 is not available");
  return digest;
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view data) {
  Sha256Digest digest{};
  unsigned length = 0;
  // HMAC() takes a null key as "the key of before": an empty one needs an address of its own.
  const void* const key_data = key.empty() ? "" : key.data();
  const auto* const result = HMAC(EVP_sha256(), key_data, static_cast<int>(key.size()),
                                  reinterpret_cast<const unsigned char*>(data.data()), data.size(),
                                  digest.data(), &length);
  if (result == nullptr || length != digest.size())
    throw std::runtime_error("hmac-sha-256 is not available");
  return digest;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 15];
  }
  return text;
}

std::string to_bytes(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool constant_time_equal(const Sha256Digest& a, const Sha256Digest& b) noexcept {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace taskgate
