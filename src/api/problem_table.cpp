// The table of problem types: what each refusal means, who must act, and what to do.

#include "api/problem.hpp"

#include <array>

namespace taskgate::api {
namespace {

constexpr auto make_table() {
  using enum ProblemCode;
  return std::to_array<ProblemType>({
      {malformed_request, "malformed_request", 400, "Malformed request",
       "The bytes of the request are not what HTTP or JSON allow: a broken header, a body that is "
       "not "
       "valid JSON (or nests deeper than 128 levels, or holds a NUL byte or invalid UTF-8).",
       "The client.", "Send valid HTTP/1.1 and a JSON body in UTF-8; `errors` names the position."},
      {invalid_parameter, "invalid_parameter", 400, "Invalid query parameter",
       "A query parameter is unknown, is given twice, or has a value outside its range.",
       "The client.", "`errors` lists each parameter and what is allowed."},
      {invalid_cursor, "invalid_cursor", 400, "Invalid cursor",
       "The `cursor` is not one that this server gave out.", "The client.",
       "Pass `next_cursor` of the previous page unchanged, or leave `cursor` out to start again."},
      {invalid_idempotency_key, "invalid_idempotency_key", 400, "Invalid Idempotency-Key",
       "The Idempotency-Key header is empty, too long, given twice, or holds characters that are "
       "not "
       "visible ASCII.",
       "The client.",
       "Send one key of 1 to 255 visible ASCII characters, in double quotes or bare, for example a "
       "UUID."},
      {key_in_query, "key_in_query", 400, "API key in the query",
       "An API key was sent in the URL, where logs and proxies would keep it.", "The client.",
       "Send the key as `Authorization: Bearer tg_live_…`, and revoke the one that was in a URL."},
      {unauthenticated, "unauthenticated", 401, "Not authenticated",
       "There is no API key in the Authorization header, or it is unknown, mistyped, expired or "
       "revoked.",
       "The client, or whoever gives out keys.",
       "Send `Authorization: Bearer tg_live_…` with a valid key; `taskgate keys create` makes "
       "one."},
      {insufficient_scope, "insufficient_scope", 403, "The key lacks a scope",
       "The API key is valid but was not given the scope that this route needs (`read`, `submit`, "
       "`operate` or `admin`).",
       "Whoever gives out keys.", "Use a key that has the scope named in `detail`."},
      {forbidden, "forbidden", 403, "Not allowed",
       "The API key is valid, but this action is not open to it.", "Whoever gives out keys.",
       "`detail` says what is not allowed."},
      {not_found, "not_found", 404, "Not found",
       "There is no such route or resource, or it belongs to another tenant: the two are never "
       "told "
       "apart.",
       "The client.",
       "Check the id and that the key belongs to the tenant that made the resource."},
      {method_not_allowed, "method_not_allowed", 405, "Method not allowed",
       "The route exists, but not with this method.", "The client.",
       "Use one of the methods in the Allow header."},
      {not_acceptable, "not_acceptable", 406, "Not acceptable",
       "The Accept header excludes the only media type that this route can answer with.",
       "The client.",
       "Accept application/json (text/event-stream on a stream), or leave the header out."},
      {request_timeout, "request_timeout", 408, "The request took too long",
       "The head or the body of the request did not arrive in time.", "The client or its network.",
       "Send the request again; upload faster or send less."},
      {conflict, "conflict", 409, "Conflict with the current state",
       "The client's own id is taken by a task with another body, or the action does not fit the "
       "task's state (a live task cannot be deleted).",
       "The client.", "Use another id; or cancel the task, wait until it is final, and try again."},
      {purged, "purged", 410, "Purged",
       "The task existed, but its content was deleted: on request, or because its result's time "
       "was "
       "up.",
       "Nobody.", "Raise `result_ttl_seconds` of later tasks when results are fetched late."},
      {length_required, "length_required", 411, "Length required",
       "The request has a body without Content-Length or chunked framing.", "The client.",
       "Send Content-Length."},
      {body_too_large, "body_too_large", 413, "Body too large",
       "The body is over the limit of this route.",
       "The client, or the operator who sets the limit.",
       "Send less, or raise the limit (docs/limits.md)."},
      {uri_too_long, "uri_too_long", 414, "URL too long", "The request target is over 8 KiB.",
       "The client.", "Use fewer or shorter query parameters."},
      {unsupported_media_type, "unsupported_media_type", 415, "Unsupported media type",
       "The body is not declared as JSON.", "The client.",
       "Send `Content-Type: application/json`."},
      {unsupported_content_encoding, "unsupported_content_encoding", 415,
       "Unsupported content encoding", "The body is compressed.", "The client.",
       "Send the body as it is, without Content-Encoding."},
      {expectation_failed, "expectation_failed", 417, "Expectation failed",
       "The Expect header asks for something other than 100-continue.", "The client.",
       "Leave the Expect header out."},
      {invalid_request, "invalid_request", 422, "Invalid request",
       "The body is valid JSON, but some of its fields are missing, unknown, of the wrong type or "
       "out "
       "of range, or the model is unknown.",
       "The client.", "`errors` lists every fault with a JSON pointer to it."},
      {idempotency_key_reused, "idempotency_key_reused", 422,
       "Idempotency-Key reused with another body",
       "The Idempotency-Key belongs to an earlier request whose body was different.", "The client.",
       "Use a fresh key for each new request; repeat a key only with the same body."},
      {rate_limited, "rate_limited", 429, "Too many requests or tasks",
       "The tenant has as many tasks waiting as its limit allows.",
       "The client, or the operator who sets the limit.",
       "Wait as long as Retry-After says; it is computed from how fast the queue drains."},
      {header_too_large, "header_too_large", 431, "Headers too large",
       "The request has more than 64 header fields or 16 KiB of them.", "The client.",
       "Send fewer or shorter headers (cookies are not used here)."},
      {internal, "internal", 500, "Internal error", "A fault in taskgate itself.", "The operator.",
       "Look for the `request_id` in the server's log and report it. Repeating the request with "
       "the "
       "same Idempotency-Key is safe."},
      {method_not_implemented, "method_not_implemented", 501, "Not implemented",
       "The request uses a part of HTTP that this server does not speak.", "The client.",
       "Use GET, HEAD, POST, PUT or DELETE over HTTP/1.1."},
      {upstream_rejected, "upstream_rejected", 502, "The upstream refused",
       "A service behind this server answered with a refusal.", "The operator.",
       "`detail` says which; check its credentials and limits."},
      {upstream_unavailable, "upstream_unavailable", 502, "The upstream is unavailable",
       "A service behind this server could not be reached.", "The operator.",
       "Try again later; check the network and the service's status."},
      {overloaded, "overloaded", 503, "Overloaded",
       "The server's own queue is full. Nothing was accepted.", "The operator.",
       "Wait as long as Retry-After says, then repeat the request."},
      {storage_unavailable, "storage_unavailable", 503, "Storage unavailable",
       "The database cannot write at the moment. Nothing was accepted.", "The operator.",
       "Check the disk (`/readyz` says what is wrong); repeating the request later is safe."},
      {not_ready, "not_ready", 503, "Not ready",
       "The server is starting, draining before it stops, or cannot take work.", "The operator.",
       "Wait, or send the request to another node."},
      {too_many_connections, "too_many_connections", 503, "Too many connections",
       "The server holds as many connections as it may.", "The operator.",
       "Close connections that are not needed and try again; or raise the limit (docs/limits.md)."},
      {timeout, "timeout", 504, "Timed out", "The answer was not there within its deadline.",
       "The client or the operator.", "Try again; follow the task by its id instead of waiting."},
      {version_not_supported, "version_not_supported", 505, "HTTP version not supported",
       "The request is not HTTP/1.0 or HTTP/1.1.", "The client.", "Use HTTP/1.1."},
  });
}
constexpr auto kProblemTypes = make_table();

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < kProblemTypes.size(); ++i) {
    if (static_cast<std::size_t>(kProblemTypes[i].id) != i) return false;
  }
  return true;
}
static_assert(in_enum_order() && kProblemTypes.back().id == ProblemCode::version_not_supported,
              "one row for each ProblemCode, in its order");

}  // namespace

std::span<const ProblemType> problem_types() noexcept {
  return kProblemTypes;
}

const ProblemType& problem_type(ProblemCode code) noexcept {
  return kProblemTypes[static_cast<std::size_t>(code)];
}

const ProblemType* find_problem_type(std::string_view code) noexcept {
  for (const auto& type : kProblemTypes) {
    if (type.code == code) return &type;
  }
  return nullptr;
}

ProblemCode problem_code(Errc code) noexcept {
  using enum ProblemCode;
  switch (code) {
    case Errc::invalid_argument:
      return malformed_request;
    case Errc::unauthenticated:
      return unauthenticated;
    case Errc::forbidden:
      return forbidden;
    case Errc::not_found:
      return not_found;
    case Errc::conflict:
      return conflict;
    case Errc::gone:
      return purged;
    case Errc::too_large:
      return body_too_large;
    case Errc::unprocessable:
      return invalid_request;
    case Errc::rate_limited:
      return rate_limited;
    case Errc::overloaded:
      return overloaded;
    case Errc::timeout:
      return timeout;
    case Errc::cancelled:
      return not_ready;
    case Errc::upstream_rejected:
      return upstream_rejected;
    case Errc::upstream_unavailable:
      return upstream_unavailable;
    case Errc::storage:
      return storage_unavailable;
    case Errc::internal:
      return internal;
  }
  return internal;
}

}  // namespace taskgate::api
