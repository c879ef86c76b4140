#pragma once
// The strict reading of a request's head, applied before a byte of the body is read. What two
// parsers could read in two ways is refused, so that nothing can be smuggled past a proxy in front
// of us. A pure function: no socket, no Beast.

#include "taskgate/net/http.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::net {

/// A head as the parser read it, before anything is believed of it.
struct RequestHead {
  std::string method;     ///< as sent
  std::string target;     ///< as sent
  int version = 11;       ///< 10 or 11
  Headers headers;        ///< in order of arrival
  std::size_t bytes = 0;  ///< size on the wire
};

struct GuardLimits {
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_header_count = 64;
  std::size_t max_target_bytes = 8 * 1024;
};

/// Why a head is refused. The connection must be closed after the answer: its framing is not
/// trusted any more.
struct GuardRefusal {
  unsigned status = 400;
  const char* code = "";
  const char* detail = "";
};

/// The method by its exact name (they are case-sensitive, RFC 9110 §9.1); nullopt for others.
std::optional<Method> parse_method(std::string_view name) noexcept;

/// Nullopt when the head may be believed.
std::optional<GuardRefusal> check_head(const RequestHead& head, const GuardLimits& limits);

/// True when the raw bytes of a head hold a folded line (RFC 9112 §5.2), which a parser may hide.
bool has_folded_line(std::string_view raw) noexcept;

}  // namespace taskgate::net
