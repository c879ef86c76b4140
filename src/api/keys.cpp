#include "api/keys.hpp"

#include "api/key_request.hpp"
#include "api/request_parts.hpp"
#include "taskgate/core/json_text.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::api {
namespace {

namespace asio = boost::asio;

void append_moment(std::string& out, std::string_view name, const std::optional<TimePoint>& time) {
  out += ",\"";
  out += name;
  out += "\":";
  if (time) {
    append_json_string(out, to_rfc3339(*time));
  } else {
    out += "null";
  }
}

// Without the closing brace: the reply to a creation adds the key itself.
void append_key_head(std::string& out, const store::ApiKey& key) {
  out += R"({"id":)";
  append_json_string(out, key.id);
  out += R"(,"object":"api_key","name":)";
  append_json_string(out, key.name);
  out += R"(,"tenant":)";
  append_json_string(out, key.tenant);
  out += R"(,"scopes":[)";
  for (const auto name : scope_names(key.scopes)) {
    if (out.back() != '[') out += ',';
    append_json_string(out, name);
  }
  out += ']';
  append_moment(out, "created_at", key.created_at);
  append_moment(out, "expires_at", key.expires_at);
  append_moment(out, "revoked_at", key.revoked_at);
}

bool may_manage(const Principal& principal, std::string_view tenant) noexcept {
  return principal.tenant == kDefaultTenant || principal.tenant == tenant;
}

}  // namespace

asio::awaitable<net::Response> KeyRoutes::create(net::Request& request) {
  if (const auto problem = check_json_content(request))
    co_return problem_response(request, *problem);
  const auto& principal = principal_of(request);
  auto wanted = read_key_request(request.body, principal.tenant);
  if (wanted.problem) co_return problem_response(request, *wanted.problem);
  if (!may_manage(principal, wanted.tenant)) {
    const Problem problem(ProblemCode::forbidden,
                          "only admin keys of the tenant \"default\" make keys for other tenants");
    co_return problem_response(request, problem);
  }

  const auto generated = generate_key();
  store::ApiKey key;
  key.id = generated.id;
  key.tenant = std::move(wanted.tenant);
  key.name = std::move(wanted.name);
  key.secret_hash = generated.secret_hash;
  key.scopes = wanted.scopes;
  key.created_at = clock_.now();
  if (wanted.expires_in) key.expires_at = key.created_at + *wanted.expires_in;
  const auto stored = co_await store_.put_key(key);
  if (!stored) co_return problem_response(request, stored.error());
  (void)co_await ring_.reload();  // on failure the periodic reload brings the key in

  std::string body;
  append_key_head(body, key);
  body += R"(,"key":)";
  append_json_string(body, generated.text);
  body += '}';
  auto response = net::Response::json(201, std::move(body));
  response.set("Location", "/keys/" + key.id).set("Cache-Control", "no-store");
  co_return response;
}

asio::awaitable<net::Response> KeyRoutes::list(net::Request& request) {
  const auto keys = co_await store_.keys();
  if (!keys) co_return problem_response(request, keys.error());
  std::string body = R"({"object":"list","data":[)";
  for (const auto& key : *keys) {
    if (!may_manage(principal_of(request), key.tenant)) continue;
    if (body.back() != '[') body += ',';
    append_key_head(body, key);
    body += '}';
  }
  body += R"(],"has_more":false})";
  auto response = net::Response::json(200, std::move(body));
  response.set("Cache-Control", "no-store");
  co_return response;
}

asio::awaitable<net::Response> KeyRoutes::revoke(net::Request& request) {
  const std::string id = request.params.at(0);
  const auto keys = co_await store_.keys();
  if (!keys) co_return problem_response(request, keys.error());
  const auto found = std::find_if(keys->begin(), keys->end(),
                                  [&id](const store::ApiKey& key) { return key.id == id; });
  if (found == keys->end() || !may_manage(principal_of(request), found->tenant)) {
    const Problem problem(ProblemCode::not_found, "there is no such key");
    co_return problem_response(request, problem);
  }
  if (!found->revoked_at) {
    const auto revoked = co_await store_.revoke_key(id, clock_.now());
    if (!revoked) co_return problem_response(request, revoked.error());
  }
  // A revocation that this process has not taken in is no revocation: say so.
  const auto reloaded = co_await ring_.reload();
  if (!reloaded) co_return problem_response(request, reloaded.error());
  co_return net::Response(204);
}

}  // namespace taskgate::api
