#pragma once
// Reads the head of an HTTP/1.1 response (RFC 9112) and says how its body is framed. Strict where
// laxness lets two readers disagree: no bare LF, no folding, one unambiguous framing. Pure.

#include "taskgate/core/result.hpp"
#include "taskgate/net/http.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace taskgate::net {

struct ResponseHead {
  unsigned status = 0;
  int minor_version = 1;
  Headers headers;
};

/// How the bytes after the head make up the body.
struct BodyFraming {
  enum class Kind { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t length = 0;  ///< of Kind::length
  bool may_reuse = false;    ///< the connection outlives this response
};

/// The size of the head in `bytes`, its blank line included; nullopt while incomplete. `searched`
/// remembers how far earlier calls looked; start it with 0.
std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t& searched) noexcept;

/// Parses a complete head. Errors: Errc::upstream_unavailable ("malformed response").
Result<ResponseHead> parse_response_head(std::string_view bytes);

/// Decides the framing (RFC 9112 §6.3). Errors: Errc::upstream_unavailable when it is ambiguous, of
/// a transfer coding other than chunked, or the content of an answer (not of a refusal) is
/// compressed.
Result<BodyFraming> body_framing(const ResponseHead& head, Method request_method);

}  // namespace taskgate::net
