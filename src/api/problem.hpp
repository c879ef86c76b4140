#pragma once
// Errors of the exchange itself as RFC 9457 problem documents. One table holds every code that this
// program may answer, its HTTP status and what its page under /errors/{code} says; nothing else
// knows the mapping from Errc to a status.

#include "taskgate/core/result.hpp"
#include "taskgate/net/http.hpp"
#include "taskgate/net/server.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::api {

/// Every kind of refusal. The wire name is ProblemType::code.
enum class ProblemCode : std::uint8_t {
  malformed_request,
  invalid_parameter,
  invalid_cursor,
  invalid_idempotency_key,
  key_in_query,
  unauthenticated,
  insufficient_scope,
  forbidden,
  not_found,
  method_not_allowed,
  not_acceptable,
  request_timeout,
  conflict,
  purged,
  length_required,
  body_too_large,
  uri_too_long,
  unsupported_media_type,
  unsupported_content_encoding,
  expectation_failed,
  invalid_request,
  idempotency_key_reused,
  rate_limited,
  header_too_large,
  internal,
  method_not_implemented,
  upstream_rejected,
  upstream_unavailable,
  overloaded,
  storage_unavailable,
  not_ready,
  too_many_connections,
  timeout,
  version_not_supported
};

/// One row of the table: the status, and the page that explains it.
struct ProblemType {
  ProblemCode id;
  std::string_view code;  ///< e.g. "not_found"; the last segment of `type`
  unsigned status;
  std::string_view title;
  std::string_view cause;
  std::string_view actor;  ///< who must act: client, operator …
  std::string_view fix;
};

/// The whole table, in the order of ProblemCode.
std::span<const ProblemType> problem_types() noexcept;
const ProblemType& problem_type(ProblemCode code) noexcept;
/// nullptr when no such code exists.
const ProblemType* find_problem_type(std::string_view code) noexcept;
/// What an Errc becomes on the wire, unless the handler knows better.
ProblemCode problem_code(Errc code) noexcept;

/// One fault of a request body or query.
struct Fault {
  std::string path;  ///< JSON pointer into the body (RFC 6901), or "?name" for a query parameter
  std::string message;
};

/// A refusal on its way out.
struct Problem {
  Problem(ProblemCode problem_id, std::string text) : code(problem_id), detail(std::move(text)) {}
  /// From an error of the layers below. Errc::internal and Errc::storage never show their message.
  explicit Problem(const Error& error);

  ProblemCode code;
  std::string detail;
  std::vector<Fault> faults;
  std::optional<std::chrono::milliseconds> retry_after;
};

/// application/problem+json; Retry-After in whole seconds, rounded up, when the problem has one.
net::Response problem_response(const net::Request& request, const Problem& problem);
net::Response problem_response(const net::Request& request, const Error& error);

/// Seconds for a Retry-After header: rounded up, at least 1.
std::string retry_after_seconds(std::chrono::milliseconds delay);

/// The server's own refusals in the same shape. A code that the table does not know falls back to
/// the row of its status.
net::Response refusal_response(const net::Refusal& refusal);

/// GET /errors/{code}: a small HTML page on one code.
boost::asio::awaitable<net::Response> error_page(net::Request& request);

}  // namespace taskgate::api
