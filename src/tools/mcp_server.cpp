#include "tools/mcp_server.hpp"

#include "taskgate/observe/log.hpp"
#include "tools/classify.hpp"
#include "tools/contract.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::tools {

namespace asio = boost::asio;
using runtime::SteadyClock;
using runtime::SteadyTime;

namespace {

using mcp::kMaxMessage;

constexpr int kMaxPages = 50;
constexpr int kListingTimeouts = 2;  // of the server's timeout, for the last page to begin
constexpr std::chrono::milliseconds kEventDrain{20};

bool has_media_type(const net::Headers& headers, std::string_view type) {
  const auto value = headers.find("content-type");
  if (!value || value->size() < type.size()) return false;
  return std::equal(type.begin(), type.end(), value->begin(), [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
  });
}

bool is_ok(const Exchange& http) {
  return http.status >= 200 && http.status < 300 && !http.error;
}

// Why an exchange that was no reply failed, for whoever wanted to use a tool.
Error server_error(const std::string& server, const std::string& what, const Exchange& http) {
  const bool timeout = http.error && http.error->code() == Errc::timeout;
  Error error(
      timeout ? Errc::timeout : Errc::upstream_unavailable,
      "the MCP server \"" + server + "\" did not answer " + what + ": " + evidence_of(http));
  return error;
}

Error reply_error(const std::string& server, const std::string& what, const mcp::Reply& reply) {
  return Error(Errc::upstream_rejected, "the MCP server \"" + server + "\" refused " + what + ": " +
                                            reply.error_message.substr(0, 200));
}

}  // namespace

// Named, not anonymous: it is in the frame of a coroutine that others can name.
namespace mcp {

// Looks for one reply among the events of a stream.
class ReplyFinder final : public net::SseVisitor {
 public:
  explicit ReplyFinder(std::int64_t id) : id_(id) {}
  void on_event(const net::SseEvent& event) override {
    if (!reply) reply = find_reply(event.data, id_);
  }
  std::optional<Reply> reply;

 private:
  std::int64_t id_;
};

}  // namespace mcp

McpServer::McpServer(McpServerConfig config,
                     net::HttpClient& client,
                     std::vector<net::ListenEndpoint> own_listeners)
    : config_(std::move(config)), client_(client) {
  destination_.policy = policy_of(config_.allow_private, std::move(own_listeners));
  destination_.headers = config_.headers;
}

// --- state ------------------------------------------------------------------------------------

ContractPtr McpServer::contract(const std::string& remote_name) const {
  const std::lock_guard lock(mutex_);
  const auto found = contracts_.find(remote_name);
  return found == contracts_.end() ? nullptr : found->second;
}

McpServer::SessionPtr McpServer::session() const {
  const std::lock_guard lock(mutex_);
  return session_;
}

void McpServer::forget(const SessionPtr& session) {
  const std::lock_guard lock(mutex_);
  if (session_ == session) session_.reset();
}

// How making a session failed for whoever was waited for since then.
std::optional<Error> McpServer::failure_since(SteadyTime asked_at) const {
  const std::lock_guard lock(mutex_);
  if (!no_session_ || no_session_->at < asked_at) return std::nullopt;
  return no_session_->error;
}

// How the last listing failed, while that is not long ago.
std::optional<Error> McpServer::recent_failure() const {
  const std::lock_guard lock(mutex_);
  if (!no_list_ || SteadyClock::now() - no_list_->at >= config_.failure_memory) return std::nullopt;
  return no_list_->error;
}

bool McpServer::is_fresh() const {
  const std::lock_guard lock(mutex_);
  return listed_at_ && SteadyClock::now() - *listed_at_ < config_.refresh;
}

// A tool that the server no longer offers keeps no contract; one whose schema cannot be used says
// why.
void McpServer::keep(const std::vector<mcp::ListedTool>& listed) {
  std::map<std::string, ContractPtr> contracts;
  std::map<std::string, std::string> unusable;
  for (const auto& tool : config_.tools) {
    const auto found = std::find_if(listed.begin(), listed.end(),
                                    [&](const auto& one) { return one.name == tool.remote_name; });
    if (found == listed.end()) continue;
    auto made = make_contract(mcp::merged_definition(tool.definition, *found),
                              {"mcp", config_.url, tool.remote_name});
    if (made) {
      contracts.emplace(tool.remote_name, std::move(*made));
    } else {
      log::warning("tools.mcp_schema_unusable", {{"server", config_.name},
                                                 {"tool", tool.remote_name},
                                                 {"reason", made.error().message()}});
      unusable.emplace(tool.remote_name, made.error().message());
    }
  }
  const std::lock_guard lock(mutex_);
  contracts_ = std::move(contracts);
  unusable_ = std::move(unusable);
  no_list_.reset();
  listed_at_ = SteadyClock::now();
}

// --- exchanges --------------------------------------------------------------------------------

Result<net::ClientRequest> McpServer::make_request(const Session* session,
                                                   const HeaderList& more,
                                                   std::chrono::milliseconds timeout) const {
  HeaderList own{{"Content-Type", "application/json"},
                 {"Accept", "application/json, text/event-stream"}};
  if (session != nullptr) {
    own.emplace_back("MCP-Protocol-Version", session->version);
    if (!session->id.empty()) own.emplace_back("Mcp-Session-Id", session->id);
  }
  own.insert(own.end(), more.begin(), more.end());
  auto request = guarded_request(destination_, config_.url, own, timeout);
  if (!request) return request.error();
  request->method = net::Method::post;
  return request;
}

// The answer to one message: a JSON document, or a stream of events in which the reply is one.
asio::awaitable<McpAnswer> McpServer::send(net::ClientRequest request, std::int64_t id) {
  McpAnswer answer;
  const auto stream = co_await open_exchange(client_, std::move(request), answer.http);
  if (stream == nullptr) co_return answer;
  answer.http.status = static_cast<int>(stream->status());
  answer.http.headers = stream->headers();
  const bool events = has_media_type(stream->headers(), "text/event-stream");
  net::SseLimits limits;
  limits.max_line_bytes = kMaxMessage;
  limits.max_event_bytes = kMaxMessage;
  net::SseParser parser(limits);
  mcp::ReplyFinder finder(id);
  std::size_t total = 0;
  while (!finder.reply && !answer.http.cut) {
    const auto piece = co_await stream->read();
    if (!piece) answer.http.error = piece.error();
    if (!piece || piece->empty()) break;
    total += piece->size();
    answer.http.cut = total > kMaxMessage;
    if (events) {
      if (parser.feed(*piece, finder) != net::SseParser::Status::ok) answer.http.cut = true;
    } else {
      answer.http.body.append(*piece);
    }
  }
  if (events && !finder.reply) (void)parser.finish(finder);  // its status: no reply either way
  if (finder.reply) {
    answer.http.error.reset();
    co_await stream->drain(kEventDrain);
  } else if (!events && !answer.http.cut && !answer.http.error) {
    finder.reply = mcp::find_reply(answer.http.body, id);
  }
  // Under another status the status speaks, whatever the body says.
  if (answer.http.status >= 200 && answer.http.status < 300) answer.reply = std::move(finder.reply);
  co_return answer;
}

asio::awaitable<Result<mcp::Reply>> McpServer::ask(SessionPtr session,
                                                   std::string method,
                                                   nlohmann::json params) {
  const std::int64_t id = next_id_++;
  auto request = make_request(session.get(), {}, config_.timeout);
  if (!request) co_return request.error();
  request->body = mcp::request_text(id, method, params);
  request->replay = net::Replay::if_unsent;
  McpAnswer answer = co_await send(std::move(*request), id);
  if (!answer.reply) co_return server_error(config_.name, method, answer.http);
  if (answer.reply->error_code) co_return reply_error(config_.name, method, *answer.reply);
  co_return std::move(*answer.reply);
}

asio::awaitable<Result<McpServer::SessionPtr>> McpServer::initialize() {
  const std::int64_t id = next_id_++;
  auto request = make_request(nullptr, {}, config_.timeout);
  if (!request) co_return request.error();
  request->body = mcp::request_text(id, "initialize", mcp::initialize_params());
  McpAnswer answer = co_await send(std::move(*request), id);
  if (!answer.reply) co_return server_error(config_.name, "initialize", answer.http);
  if (answer.reply->error_code) co_return reply_error(config_.name, "initialize", *answer.reply);

  auto made = std::make_shared<Session>();
  made->version = mcp::text_member(answer.reply->result, "protocolVersion");
  if (!mcp::is_known_version(made->version)) {
    co_return Error(Errc::upstream_rejected, "the MCP server \"" + config_.name +
                                                 "\" speaks a version that is not known here: " +
                                                 made->version.substr(0, 40));
  }
  if (const auto given = answer.http.headers.find("mcp-session-id")) made->id = *given;

  auto notice = make_request(made.get(), {}, config_.timeout);
  if (!notice) co_return notice.error();
  notice->body = mcp::notification_text("notifications/initialized");
  const Exchange told = co_await exchange(client_, std::move(*notice), kMaxMessage);
  if (!is_ok(told)) co_return server_error(config_.name, "notifications/initialized", told);
  co_return SessionPtr(std::move(made));
}

asio::awaitable<Result<McpServer::SessionPtr>> McpServer::open_session() {
  if (auto existing = session()) co_return existing;
  const auto asked_at = SteadyClock::now();
  const auto turn = co_await turns_.take();
  if (auto existing = session()) co_return existing;
  if (auto failure = failure_since(asked_at)) co_return std::move(*failure);
  auto made = co_await session_in_turn();
  co_return made;
}

// For whoever has the turn.
asio::awaitable<Result<McpServer::SessionPtr>> McpServer::session_in_turn() {
  if (auto existing = session()) co_return existing;
  auto made = co_await initialize();
  const std::lock_guard lock(mutex_);
  if (made) {
    session_ = *made;
    no_session_.reset();
  } else {
    no_session_.emplace(made.error(), SteadyClock::now());
  }
  co_return made;
}

// --- what it offers ---------------------------------------------------------------------------

asio::awaitable<Result<std::vector<mcp::ListedTool>>> McpServer::list_tools(SteadyTime until) {
  auto session = co_await session_in_turn();
  if (!session) co_return session.error();
  std::set<std::string> wanted;  // and not yet found
  for (const auto& tool : config_.tools) wanted.insert(tool.remote_name);
  std::vector<mcp::ListedTool> all;
  std::size_t kept = 0;
  std::string cursor;
  for (int page_number = 0; page_number < kMaxPages; ++page_number) {
    if (SteadyClock::now() >= until) {
      co_return Error(Errc::timeout,
                      "the MCP server \"" + config_.name + "\" takes too long to list its tools");
    }
    nlohmann::json params = nlohmann::json::object();
    if (!cursor.empty()) params["cursor"] = cursor;
    auto reply = co_await ask(*session, "tools/list", std::move(params));
    if (!reply) {
      forget(*session);  // if it had expired, the next attempt begins a new one
      co_return reply.error();
    }
    auto page = mcp::read_tool_page(reply->result, wanted);
    if (!page) co_return page.error();
    for (auto& tool : page->tools) {
      if (wanted.erase(tool.name) == 0) continue;  // listed twice: the first one counts
      kept += tool.description.size() + tool.input_schema.size();
      all.push_back(std::move(tool));
    }
    if (kept > kMaxMessage) {
      co_return Error(Errc::upstream_rejected, "the MCP server \"" + config_.name +
                                                   "\" describes its tools at too great a length");
    }
    cursor = page->next_cursor;
    if (cursor.empty()) co_return all;
  }
  co_return Error(Errc::upstream_rejected, "the MCP server \"" + config_.name +
                                               "\" has more than " + std::to_string(kMaxPages) +
                                               " pages of tools");
}

asio::awaitable<Result<void>> McpServer::refresh() {
  const auto turn = co_await turns_.take();
  if (is_fresh()) co_return Result<void>();  // whoever was waited for has asked
  if (auto failure = recent_failure()) co_return std::move(*failure);
  const bool had_session = session() != nullptr;
  const auto until = SteadyClock::now() + kListingTimeouts * config_.timeout;
  auto listed = co_await list_tools(until);
  const bool may_have_expired = !listed && had_session && listed.error().code() != Errc::timeout;
  if (may_have_expired) listed = co_await list_tools(until);
  if (!listed) {
    const std::lock_guard lock(mutex_);
    no_list_.emplace(listed.error(), SteadyClock::now());
    co_return listed.error();
  }
  keep(*listed);
  co_return Result<void>();
}

asio::awaitable<Result<ContractPtr>> McpServer::fresh_contract(std::string remote_name) {
  if (!is_fresh()) {
    auto older = contract(remote_name);
    auto failure = recent_failure();
    // Nobody waits for news of what is known already but the one who asks for them.
    if (older && (failure || turns_.is_taken())) co_return older;
    if (!failure) {
      const auto refreshed = co_await refresh();
      if (!refreshed) failure = refreshed.error();
    }
    if (failure && older) co_return older;
    if (failure) co_return std::move(*failure);
  }
  if (auto known = contract(remote_name)) co_return known;
  const std::lock_guard lock(mutex_);
  const auto why = unusable_.find(remote_name);
  if (why != unusable_.end()) {
    co_return Error(Errc::unprocessable, "the schema of \"" + remote_name +
                                             "\" of the MCP server \"" + config_.name +
                                             "\" cannot be used: " + why->second);
  }
  co_return Error(Errc::not_found,
                  "the MCP server \"" + config_.name + "\" offers no tool \"" + remote_name + "\"");
}

// --- calls ------------------------------------------------------------------------------------

asio::awaitable<Result<McpAnswer>> McpServer::call(ToolCallRequest request,
                                                   ContractPtr contract,
                                                   std::string remote_name) {
  auto session = co_await open_session();
  if (!session) co_return session.error();
  if (request.may_send && !request.may_send()) {  // the session may have taken its time
    McpAnswer held;
    held.http = held_back_exchange();
    co_return held;
  }
  const auto& definition = contract->definition;
  const std::int64_t id = next_id_++;
  HeaderList more;
  std::string key;
  if (definition.effect == Effect::write) {
    key = request.key;
    more.emplace_back(definition.idempotency_header, key);
  }
  if (!request.task_id.empty()) more.emplace_back("X-Taskgate-Task", request.task_id);
  auto http = make_request(session->get(), more, definition.timeout);
  if (!http) co_return http.error();
  http->body = mcp::call_text(id, remote_name, request.arguments, key);
  http->replay = net::Replay::if_unsent;
  http->may_send = std::move(request.may_send);
  McpAnswer answer = co_await send(std::move(*http), id);
  // 404: the session is over. Servers that never knew it tend to answer 400.
  const int status = answer.http.status;
  answer.session_lost =
      !answer.reply && (status == 404 || status == 400) && !(*session)->id.empty();
  if (answer.session_lost) forget(*session);
  co_return answer;
}

}  // namespace taskgate::tools
