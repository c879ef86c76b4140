#include "taskgate/delivery/signer.hpp"

#include "taskgate/core/base64.hpp"
#include "taskgate/core/sha256.hpp"

#include <charconv>
#include <optional>

namespace taskgate::delivery {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::string_view kScheme = "v1,";

std::optional<std::string> secret_key(std::string_view secret) {
  if (secret.starts_with(kSecretPrefix)) secret.remove_prefix(kSecretPrefix.size());
  auto key = base64_decode(secret);
  if (key && key->empty()) return std::nullopt;
  return key;
}

std::string signature_of(std::string_view key, const SignedMessage& message) {
  std::string content;
  content.reserve(message.id.size() + message.body.size() + 24);
  content.append(message.id).append(".");
  content.append(std::to_string(message.unix_at.count())).append(".");
  content.append(message.body);
  return base64_encode(to_bytes(hmac_sha256(key, content)));
}

Error unverified(std::string why) {
  return {Errc::unauthenticated, std::move(why)};
}

}  // namespace

Result<std::string> sign(const SignedMessage& message, const std::vector<std::string>& secrets) {
  if (secrets.empty()) return Error(Errc::internal, "there is no webhook secret");
  std::string header;
  for (std::size_t i = 0; i < secrets.size() && i < kMaxSecrets; ++i) {
    const auto key = secret_key(secrets[i]);
    if (!key) return Error(Errc::internal, "a webhook secret is malformed");
    if (!header.empty()) header += ' ';
    header.append(kScheme).append(signature_of(*key, message));
  }
  return header;
}

Result<void> verify(const ReceivedHeaders& headers,
                    std::string_view body,
                    std::string_view secret,
                    std::chrono::seconds now,
                    std::chrono::seconds tolerance) {
  if (headers.id.empty() || headers.timestamp.empty() || headers.signature.empty()) {
    return unverified("a webhook header is missing");
  }
  const auto key = secret_key(secret);
  if (!key) return unverified("the webhook secret is malformed");
  std::int64_t seconds = 0;
  const auto* last = headers.timestamp.data() + headers.timestamp.size();
  const auto [end, ec] = std::from_chars(headers.timestamp.data(), last, seconds);
  if (ec != std::errc() || end != last) return unverified("the timestamp is not a number");
  const std::chrono::seconds at(seconds);
  if (at < now - tolerance) return unverified("the timestamp is too old");
  if (at > now + tolerance) return unverified("the timestamp is too new");

  const auto expected = signature_of(*key, {headers.id, at, body});
  for (auto rest = headers.signature; !rest.empty();) {
    const auto space = rest.find(' ');
    const auto one = rest.substr(0, space);
    rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
    if (!one.starts_with(kScheme)) continue;  // v1a, or a scheme of the future
    if (constant_time_equal(one.substr(kScheme.size()), expected)) return {};
  }
  return unverified("no signature matches");
}

}  // namespace taskgate::delivery
