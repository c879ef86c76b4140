#pragma once
// Signatures of webhooks, Standard Webhooks 1.0.0 (standardwebhooks.com): HMAC-SHA256 over
// "id.timestamp.body", symmetric scheme "v1". Pure.

#include "taskgate/core/result.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::delivery {

/// What goes into the headers of one attempt.
struct SignedMessage {
  std::string_view id;           ///< webhook-id: the same for every attempt, without a '.'
  std::chrono::seconds unix_at;  ///< webhook-timestamp: of this attempt
  std::string_view body;
};

/// The webhook-signature header: one "v1,<base64>" per secret, separated by spaces, in the order
/// given. Two secrets while one is being replaced; at most kMaxSecrets are used. Secrets are
/// "whsec_" and base64 (the prefix may be missing). Errors: Errc::internal when there is no secret
/// or one is malformed; the message never holds it.
Result<std::string> sign(const SignedMessage& message, const std::vector<std::string>& secrets);

/// Signatures in one header: the spec's rotation needs two.
inline constexpr std::size_t kMaxSecrets = 2;

/// The three headers as a receiver sees them.
struct ReceivedHeaders {
  std::string_view id;
  std::string_view timestamp;
  std::string_view signature;
};

/// The receiver's side, as the specification's libraries do it: what the tests (and `taskgate`'s
/// own tools) check deliveries with. Errors: Errc::unauthenticated; the message says which check.
Result<void> verify(const ReceivedHeaders& headers,
                    std::string_view body,
                    std::string_view secret,
                    std::chrono::seconds now,
                    std::chrono::seconds tolerance = std::chrono::minutes(5));

}  // namespace taskgate::delivery
