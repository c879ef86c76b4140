// GET /tasks: filters, pages.

#include "api/query_reader.hpp"
#include "api/request_parts.hpp"
#include "api/task_json.hpp"
#include "api/tasks.hpp"
#include "taskgate/core/json_text.hpp"
#include "taskgate/core/suggest.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace taskgate::api {
namespace {

namespace asio = boost::asio;

constexpr char kTaskCursor = 't';
constexpr auto kListParameters = std::to_array<std::string_view>(
    {"status", "model", "tag", "metadata.", "created_after", "created_before", "limit", "cursor"});
constexpr auto kStatusWords =
    std::to_array<std::string_view>({"queued", "running", "waiting", "success", "partial_success",
                                     "failed", "cancelled", "expired"});

void read_statuses(QueryReader& query, store::ListFilter& filter) {
  for (const auto& name : query.list("status")) {
    if (const auto status = parse_task_status(name)) {
      filter.statuses.push_back(*status);
    } else {
      query.add_fault("status",
                      "is not a status of a task" +
                          did_you_mean(std::string_view(name).substr(0, 40), kStatusWords));
    }
  }
}

store::ListFilter read_filter(QueryReader& query) {
  store::ListFilter filter;
  read_statuses(query, filter);
  filter.model = query.text("model");
  filter.tag = query.text("tag");
  filter.metadata = query.with_prefix("metadata.");
  filter.created_after = query.time("created_after");
  filter.created_before = query.time("created_before");
  filter.limit = static_cast<int>(query.integer("limit", 1, 100).value_or(20));
  return filter;
}

std::string cursor_before(const TaskId& id) {
  return make_cursor(kTaskCursor, std::string(id.bytes.begin(), id.bytes.end()));
}

// False when the text is not a cursor of this route.
bool read_place(const std::string& text, store::ListFilter& filter) {
  const auto bytes = read_cursor(kTaskCursor, text);
  TaskId id;
  if (!bytes || bytes->size() != id.bytes.size()) return false;
  std::memcpy(id.bytes.data(), bytes->data(), id.bytes.size());
  filter.before = id;
  return true;
}

std::string page_body(const store::TaskPage& page) {
  std::string out = R"({"object":"list","data":[)";
  for (const auto& task : page.tasks) {
    if (out.back() != '[') out += ',';
    append_task_summary(out, task);
  }
  // A page may be short, even empty, and still not be the last: the store looks at a bounded number
  // of rows.
  const bool more = page.has_more && page.next_before.has_value();
  out += more ? R"(],"has_more":true,"next_cursor":)" : R"(],"has_more":false,"next_cursor":)";
  if (more) {
    append_json_string(out, cursor_before(*page.next_before));
  } else {
    out += "null";
  }
  out += '}';
  return out;
}

}  // namespace

asio::awaitable<net::Response> TaskRoutes::list(net::Request& request) {
  if (const auto problem = check_accept(request, "application", "json"))
    co_return problem_response(request, *problem);
  QueryReader query(request, kListParameters);
  auto filter = read_filter(query);
  if (const auto problem = query.problem()) co_return problem_response(request, *problem);
  if (const auto cursor = query.text("cursor"); cursor && !read_place(*cursor, filter)) {
    const Problem problem(ProblemCode::invalid_cursor, "the cursor is not one of this list");
    co_return problem_response(request, problem);
  }
  filter.tenant = principal_of(request).tenant;
  const auto page = co_await gateway_.list(std::move(filter));
  if (!page) co_return problem_response(request, page.error());
  auto response = net::Response::json(200, page_body(*page));
  response.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace taskgate::api
