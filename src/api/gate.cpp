// Who may do what: runs on the head of every request, before a byte of its body is read.

#include "api/problem.hpp"
#include "api/request_parts.hpp"
#include "api/route_table.hpp"
#include "taskgate/api/routes.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace taskgate::api {
namespace {

// Names under which clients are known to put keys into URLs.
constexpr auto kKeyParameters = std::to_array<std::string_view>(
    {"api_key", "apikey", "api-key", "key", "access_token", "token", "authorization"});

bool has_key_in_query(std::string_view query) {
  if (query.find("tg_live_") != std::string_view::npos) return true;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto name = query.substr(0, std::min(query.find('='), end));
    const bool known =
        std::any_of(kKeyParameters.begin(), kKeyParameters.end(),
                    [name](std::string_view word) { return same_token(name, word); });
    if (known) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

net::Response unauthenticated(const net::Request& request, const Error& error, bool tried) {
  auto response = problem_response(request, error);
  // RFC 6750 §3: a request without credentials gets no error code.
  response.set("WWW-Authenticate", tried ? R"(Bearer realm="taskgate", error="invalid_token")"
                                         : R"(Bearer realm="taskgate")");
  return response;
}

net::Response missing_scope(const net::Request& request, Scope scope) {
  const std::string name = to_string(scope);
  const Problem problem(ProblemCode::insufficient_scope,
                        "this route needs a key with the scope \"" + name + "\"");
  auto response = problem_response(request, problem);
  response.set("WWW-Authenticate",
               R"(Bearer realm="taskgate", error="insufficient_scope", scope=")" + name + "\"");
  return response;
}

std::optional<net::Response> judge(const KeyRing& keys, net::Request& request) {
  const auto access = find_access(request.method, request.route);
  if (access.is_public) return std::nullopt;
  if (has_key_in_query(request.query)) {
    const Problem problem(ProblemCode::key_in_query,
                          "send the API key in the Authorization header, never in the URL; a key "
                          "that was sent in a URL should be revoked");
    return problem_response(request, problem);
  }
  if (request.headers.count("Authorization") > 1) {
    const Problem problem(ProblemCode::malformed_request,
                          "the Authorization header is given more than once");
    return problem_response(request, problem);
  }
  const auto authorization = request.headers.find("Authorization");
  auto principal = keys.authenticate(authorization);
  if (!principal) return unauthenticated(request, principal.error(), authorization.has_value());
  if (!has_scope(principal->scopes, access.scope)) return missing_scope(request, access.scope);
  request.context = std::move(*principal);
  return std::nullopt;
}

}  // namespace

net::Gate make_gate(const KeyRing& keys) {
  return [&keys](net::Request& request) { return judge(keys, request); };
}

}  // namespace taskgate::api
