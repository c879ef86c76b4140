// GET /tasks/{id}, cancel and purge.

#include "api/tasks.hpp"

#include "api/query_reader.hpp"
#include "api/request_parts.hpp"
#include "api/stream.hpp"
#include "api/task_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace taskgate::api {
namespace {

namespace asio = boost::asio;

constexpr auto kGetParameters = std::to_array<std::string_view>({"wait", "include"});
constexpr auto kIncludeNames =
    std::to_array<std::string_view>({"input", "steps", "tool_calls", "events"});
constexpr int kIncludedEvents = 1000;
constexpr std::int64_t kMaxWait = 60;

net::Response not_modified(const engine::TaskView& view, std::string_view etag) {
  net::Response response(304);
  response.set("ETag", etag).set("Cache-Control", "no-store");
  set_retry_after(response, view);
  return response;
}

// The `input` member of a stored body. A tree is built, but only for callers who asked for it.
std::string input_of(const std::string& body) {
  const auto document = nlohmann::json::parse(body, nullptr, false);
  if (!document.is_object() || !document.contains("input")) return "null";
  return document["input"].dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

struct TaskRoutes::Includes {
  bool input = false;
  bool events = false;
  bool steps = false;
  bool tool_calls = false;
  bool any() const noexcept { return input || events || steps || tool_calls; }
};

TaskRoutes::TaskRoutes(engine::Gateway& gateway,
                       const Clock& clock,
                       UrlCheck check_url,
                       ModelHint model_hint)
    : gateway_(gateway), reader_(clock, std::move(check_url)), model_hint_(std::move(model_hint)) {}

asio::awaitable<Result<engine::TaskView>> TaskRoutes::look(std::string tenant,
                                                           std::string id,
                                                           std::chrono::seconds wait) {
  if (wait.count() == 0) return gateway_.get(std::move(tenant), std::move(id));
  return gateway_.wait_final(std::move(tenant), std::move(id), wait);
}

asio::awaitable<Result<std::string>> TaskRoutes::with_includes(std::string tenant,
                                                               engine::TaskView view,
                                                               Includes includes) {
  const auto id = view.task.public_id();
  auto object = take_task_object(view);
  if (includes.input) {
    const auto body = co_await gateway_.request_body(tenant, id);
    if (!body) co_return body.error();
    insert_member(object, "input", input_of(*body));
  }
  if (includes.events) {
    const auto page = co_await gateway_.events(tenant, id, 0, kIncludedEvents);
    if (!page) co_return page.error();
    insert_member(object, "events", event_page_json(*page, id, 0));
  }
  if (includes.steps) {
    const auto steps = co_await gateway_.steps(tenant, id);
    if (!steps) co_return steps.error();
    insert_member(object, "steps", *steps);
  }
  if (includes.tool_calls) {
    const auto calls = co_await gateway_.tool_calls(tenant, id);
    if (!calls) co_return calls.error();
    insert_member(object, "tool_calls", *calls);
  }
  co_return object;
}

asio::awaitable<net::Response> TaskRoutes::get(net::Request& request) {
  if (const auto problem = check_accept(request, "application", "json"))
    co_return problem_response(request, *problem);
  QueryReader query(request, kGetParameters);
  const std::chrono::seconds wait(query.integer("wait", 0, kMaxWait).value_or(0));
  Includes includes;
  for (const auto& name : query.list("include")) {
    if (name == "input") includes.input = true;
    if (name == "events") includes.events = true;
    if (name == "steps") includes.steps = true;
    if (name == "tool_calls") includes.tool_calls = true;
    const bool known =
        std::find(kIncludeNames.begin(), kIncludeNames.end(), name) != kIncludeNames.end();
    if (!known) query.add_fault("include", "must name input, steps, tool_calls or events");
  }
  if (const auto problem = query.problem()) co_return problem_response(request, *problem);

  const std::string tenant = principal_of(request).tenant;
  auto view = co_await look(tenant, request.params.at(0), wait);
  if (!view) co_return problem_response(request, view.error());
  if (view->task.purged) co_return purged_response(request);
  const auto etag = etag_of(view->task);
  if (matches_etag(request, etag)) co_return not_modified(*view, etag);
  // A finished task's object holds them.
  if (is_final(view->task.status)) includes.steps = includes.tool_calls = false;
  if (!includes.any()) co_return task_response(200, *view);

  engine::TaskView head = *view;
  head.final_object.clear();
  auto object = co_await with_includes(tenant, std::move(*view), includes);
  if (!object) co_return problem_response(request, object.error());
  head.final_object = std::move(*object);
  co_return task_response(200, head);
}

asio::awaitable<net::Response> TaskRoutes::cancel(net::Request& request) {
  if (const auto problem = check_no_fields(request)) co_return problem_response(request, *problem);
  auto view = co_await gateway_.cancel(principal_of(request).tenant, request.params.at(0));
  if (!view) co_return problem_response(request, view.error());
  if (view->task.purged) co_return purged_response(request);
  const bool finished = is_final(view->task.status);
  co_return task_response(finished ? 200 : 202, *view);
}

asio::awaitable<net::Response> TaskRoutes::purge(net::Request& request) {
  const auto done = co_await gateway_.purge(principal_of(request).tenant, request.params.at(0));
  if (!done) co_return problem_response(request, done.error());
  co_return net::Response(204);
}

}  // namespace taskgate::api
