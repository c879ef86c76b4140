#pragma once
// One guarded HTTP exchange of a tool: the URL judged before, the address judged at the connection,
// the answer read up to a bound, and what is known of it afterwards.

#include "taskgate/net/http_client.hpp"
#include "taskgate/net/ssrf_guard.hpp"
#include "taskgate/tools/make_toolbox.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace taskgate::tools {

/// What came of an exchange. Not an aggregate: it is made beside co_await (GCC PR 107288).
struct Exchange {
  Exchange() = default;
  bool left = false;           ///< some of the request may be with the downstream
  bool held_back = false;      ///< may_send said no, and nothing had left before
  std::optional<Error> error;  ///< no answer (status 0), or one that broke off
  int status = 0;
  net::Headers headers;
  std::string body;
  bool cut = false;  ///< the body was longer than what was asked for
};

/// Where the requests of one tool, or of one server, may go.
struct Destination {
  net::SsrfPolicy policy;
  HeaderList headers;  ///< the operator's
};

/// The policy for URLs that the operator wrote: https to public addresses on any port, or more.
net::SsrfPolicy policy_of(bool allow_private, std::vector<net::ListenEndpoint> own_listeners);

/// A request to `url`, which is judged first. `own` are our fields, each left out where the
/// operator has one of that name. Errors: of check_webhook_url().
Result<net::ClientRequest> guarded_request(const Destination& destination,
                                           const std::string& url,
                                           const HeaderList& own,
                                           std::chrono::milliseconds timeout);

/// Sends the head and the body. Null: no answer, `out.error` says why; one that was stopped before
/// any of it left is `held_back`. Throws when it is stopped later.
boost::asio::awaitable<std::unique_ptr<net::ClientStream>> open_exchange(net::HttpClient& client,
                                                                         net::ClientRequest request,
                                                                         Exchange& out);

/// Sends `request` and reads at most `limit` bytes of the answer's body.
boost::asio::awaitable<Exchange> exchange(net::HttpClient& client,
                                          net::ClientRequest request,
                                          std::size_t limit);

/// For the ledger and for people: "HTTP 422"; "the upstream did not answer in time, after the
/// request was sent"; "…: nothing was sent".
std::string evidence_of(const Exchange& exchange);

/// `text` with everything but unreserved characters percent-encoded (RFC 3986 §2.3).
std::string percent_encode(std::string_view text);

}  // namespace taskgate::tools
