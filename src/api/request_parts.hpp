#pragma once
// What handlers read from a request besides its body: who asks, media types, preferences, keys,
// entity tags. Pure functions over the header snapshot.

#include "api/problem.hpp"
#include "taskgate/api/auth.hpp"
#include "taskgate/net/http.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::api {

/// Set by the gate. A handler behind no gate is a bug: std::bad_any_cast.
const Principal& principal_of(const net::Request& request);

/// 415 unless Content-Type is application/json (parameters are ignored: JSON is UTF-8).
std::optional<Problem> check_json_content(const net::Request& request);

/// 406 when Accept excludes `type`/`subtype`, e.g. ("application", "json").
std::optional<Problem> check_accept(const net::Request& request,
                                    std::string_view type,
                                    std::string_view subtype);

/// The Idempotency-Key header: a key, none, or why it is refused.
struct IdempotencyHeader {
  std::optional<std::string> key;
  std::optional<Problem> problem;
};
IdempotencyHeader read_idempotency_key(const net::Request& request);

/// `Prefer: wait=N` (RFC 7240 §4.3), cut to 60 s; nullopt when absent, 0 or not a number: a
/// preference that cannot be read is ignored, as RFC 7240 §2 asks.
std::optional<std::chrono::seconds> preferred_wait(const net::Request& request);

/// True when If-None-Match names `etag` (quotes included), or is `*`. Weak comparison.
bool matches_etag(const net::Request& request, std::string_view etag);

/// 422 unless the body is empty or an empty JSON object: for routes that take no fields.
std::optional<Problem> check_no_fields(const net::Request& request);

/// Optional white space (RFC 9110 §5.6.3) off both ends.
std::string_view trim(std::string_view text) noexcept;
/// ASCII letters compare without case.
bool same_token(std::string_view a, std::string_view b) noexcept;

}  // namespace taskgate::api
