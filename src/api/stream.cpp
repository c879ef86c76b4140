#include "api/stream.hpp"

#include "api/query_reader.hpp"
#include "api/request_parts.hpp"
#include "api/task_json.hpp"
#include "taskgate/core/json_text.hpp"
#include "taskgate/net/sse.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <memory>
#include <utility>

namespace taskgate::api {
namespace {

namespace asio = boost::asio;

constexpr auto kEventParameters = std::to_array<std::string_view>({"after", "limit"});
constexpr std::string_view kPreamble = "retry: 2000\n\n: connected\n\n";
constexpr std::string_view kHeartbeat = ": still here\n\n";

// Decimal digits only, so that "12abc" is garbage and not 12.
std::optional<std::uint64_t> read_seq(std::string_view text) {
  std::uint64_t value = 0;
  const auto* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

void append_frames(std::string& out, const std::vector<Event>& events, std::string_view id) {
  std::string data;
  for (const auto& event : events) {
    data.clear();
    append_event_json(data, event, id);
    net::append_sse_frame(out, event.seq, to_string(event.type), data);
  }
}

}  // namespace

// Not in the anonymous namespace: coroutines' frames hold it.
namespace detail {

// A task's log as SSE, until its end or the client's leave. Between events it holds no buffer and
// no frame.
class EventFeed final : public net::StreamFeed {
 public:
  EventFeed(std::unique_ptr<engine::Subscription> subscription,
            std::string id,
            std::chrono::milliseconds heartbeat)
      : subscription_(std::move(subscription)), id_(std::move(id)), heartbeat_(heartbeat) {}

  asio::awaitable<State> fill(std::string& out) override {
    const auto now = std::chrono::steady_clock::now();
    if (!greeted_) {
      greeted_ = true;
      heartbeat_at_ = now + heartbeat_;
      out = kPreamble;
      co_return State::more;
    }
    const auto batch = co_await subscription_->ready();
    // On an error the stream just ends: the client comes back with its cursor.
    if (!batch || batch->purged) co_return State::ended;
    append_frames(out, batch->events, id_);
    if (batch->finished) co_return State::ended;
    const bool drained = batch->events.empty();
    if (drained && now >= heartbeat_at_) out = kHeartbeat;
    if (!out.empty()) heartbeat_at_ = now + heartbeat_;
    co_return drained ? State::waiting : State::more;  // a batch may be one page of several
  }

  asio::steady_timer* sleep() override { return subscription_->sleep_until(heartbeat_at_); }

 private:
  const std::unique_ptr<engine::Subscription> subscription_;
  const std::string id_;
  const std::chrono::milliseconds heartbeat_;
  std::chrono::steady_clock::time_point heartbeat_at_{};
  bool greeted_ = false;
};

}  // namespace detail

std::uint64_t stream_cursor(const net::Request& request) {
  if (const auto header = request.headers.find("Last-Event-ID"))
    return read_seq(trim(*header)).value_or(0);
  for (const std::string_view name : {"after", "starting_after"}) {
    if (const auto value = request.query_value(name)) return read_seq(*value).value_or(0);
  }
  return 0;
}

std::string event_page_json(const store::EventPage& page,
                            std::string_view id,
                            std::uint64_t after) {
  std::string out = R"({"object":"list","data":[)";
  for (const auto& event : page.events) {
    if (out.back() != '[') out += ',';
    append_event_json(out, event, id);
  }
  const auto reached = page.events.empty() ? after : page.events.back().seq;
  out += R"(],"last_seq":)";
  append_json_number(out, static_cast<std::int64_t>(page.last_seq));
  out += R"(,"has_more":)";
  out += reached < page.last_seq ? "true}" : "false}";
  return out;
}

asio::awaitable<net::Response> StreamRoutes::stream(net::Request& request) {
  if (const auto problem = check_accept(request, "text", "event-stream"))
    co_return problem_response(request, *problem);
  const std::string tenant = principal_of(request).tenant;
  const std::string id = request.params.at(0);
  const auto after = stream_cursor(request);
  auto subscribed = co_await gateway_.subscribe(tenant, id, after);
  if (!subscribed) co_return problem_response(request, subscribed.error());

  const bool beyond = after > (*subscribed)->task().last_seq;
  const bool live = !is_final((*subscribed)->task().status);
  if (live && beyond) {
    // No event of that number was ever sent (what is sent is durable, and last_seq with it): the
    // cursor is not of this log.
    subscribed = co_await gateway_.subscribe(tenant, id, 0);
    if (!subscribed) co_return problem_response(request, subscribed.error());
  }
  const auto& task = (*subscribed)->task();
  if (task.purged) co_return purged_response(request);
  // 204 tells an EventSource not to come back (WHATWG HTML §9.2.2).
  if (is_final(task.status) && after >= task.last_seq) co_return net::Response(204);

  net::Response response(200);
  response.set("Content-Type", "text/event-stream; charset=utf-8")
      .set("Cache-Control", "no-cache, no-transform")
      .set("X-Accel-Buffering", "no");
  auto public_id = task.public_id();
  response.stream(std::make_shared<detail::EventFeed>(std::move(*subscribed), std::move(public_id),
                                                      heartbeat_));
  co_return response;
}

asio::awaitable<net::Response> StreamRoutes::events(net::Request& request) {
  if (const auto problem = check_accept(request, "application", "json"))
    co_return problem_response(request, *problem);
  QueryReader query(request, kEventParameters);
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const auto after = static_cast<std::uint64_t>(query.integer("after", 0, kMost).value_or(0));
  const int limit = static_cast<int>(query.integer("limit", 1, 1000).value_or(100));
  if (const auto problem = query.problem()) co_return problem_response(request, *problem);

  const std::string tenant = principal_of(request).tenant;
  const std::string id = request.params.at(0);
  const auto page = co_await gateway_.events(tenant, id, after, limit);
  if (!page) co_return problem_response(request, page.error());
  // Numbers are dense: events that are missing were purged.
  if (page->events.empty() && after < page->last_seq) co_return purged_response(request);
  auto response = net::Response::json(200, event_page_json(*page, id, after));
  response.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace taskgate::api
