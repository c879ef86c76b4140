#include "api/webhooks.hpp"

#include "api/query_reader.hpp"
#include "api/request_parts.hpp"
#include "taskgate/core/json_text.hpp"
#include "taskgate/delivery/payload.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace taskgate::api {
namespace {

namespace asio = boost::asio;

constexpr char kDeliveryCursor = 'd';
constexpr std::string_view kDeliveryPrefix = "delivery_";
constexpr auto kDeliveryParameters =
    std::to_array<std::string_view>({"task", "status", "limit", "cursor"});
constexpr std::array<std::pair<store::DeliveryState, std::string_view>, 4> kDeliveryStates{
    {{store::DeliveryState::pending, "pending"},
     {store::DeliveryState::delivered, "delivered"},
     {store::DeliveryState::exhausted, "exhausted"},
     {store::DeliveryState::cancelled, "cancelled"}}};

std::string_view state_name(store::DeliveryState state) noexcept {
  for (const auto& [value, name] : kDeliveryStates) {
    if (value == state) return name;
  }
  return "pending";
}

std::optional<store::DeliveryState> parse_state(std::string_view name) noexcept {
  for (const auto& [value, text] : kDeliveryStates) {
    if (text == name) return value;
  }
  return std::nullopt;
}

void append_text(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(out, value);
}

void append_http_status(std::string& out, std::string_view name, std::optional<int> status) {
  out += ",\"";
  out += name;
  out += "\":";
  out += status ? std::to_string(*status) : "null";
}

// Without the closing brace, so that a single delivery can carry its attempts.
void append_delivery_head(std::string& out, const store::Delivery& delivery) {
  out += R"({"id":")";
  out += delivery_public_id(delivery.id);
  out += R"(","object":"webhook_delivery")";
  append_text(out, "webhook_id", delivery::webhook_id(delivery.ref.id, delivery.seq));
  append_text(out, "task_id", delivery.public_task_id);
  out += ",\"seq\":";
  append_json_number(out, static_cast<std::int64_t>(delivery.seq));
  append_text(out, "event", to_string(delivery.type));
  append_text(out, "url", delivery.url);
  append_text(out, "status", state_name(delivery.state));
  out += ",\"attempts\":";
  append_json_number(out, std::int64_t{delivery.attempts});
  append_text(out, "created_at", to_rfc3339(delivery.created_at));
  if (delivery.state == store::DeliveryState::pending) {
    append_text(out, "next_attempt_at", to_rfc3339(delivery.next_attempt_at));
  } else {
    out += ",\"next_attempt_at\":null";
  }
  append_http_status(out, "last_http_status", delivery.last_http_status);
  append_text(out, "last_error", delivery.last_error);
}

void append_attempts(std::string& out, const std::vector<store::DeliveryAttempt>& attempts) {
  out += R"(,"attempt_log":[)";
  for (const auto& attempt : attempts) {
    if (out.back() != '[') out += ',';
    out += R"({"at":")";
    out += to_rfc3339(attempt.at);
    out += R"(","duration_ms":)";
    append_json_number(out, attempt.duration_ms);
    append_http_status(out, "http_status", attempt.http_status);
    append_text(out, "error", attempt.error);
    out += '}';
  }
  out += ']';
}

std::string delivery_page(const store::DeliveryPage& page) {
  std::string out = R"({"object":"list","data":[)";
  for (const auto& delivery : page.deliveries) {
    if (out.back() != '[') out += ',';
    append_delivery_head(out, delivery);
    out += '}';
  }
  const bool more = page.has_more && !page.deliveries.empty();
  out += more ? R"(],"has_more":true,"next_cursor":)" : R"(],"has_more":false,"next_cursor":)";
  if (more) {
    append_json_string(out,
                       make_cursor(kDeliveryCursor, std::to_string(page.deliveries.back().id)));
  } else {
    out += "null";
  }
  out += '}';
  return out;
}

std::optional<std::int64_t> parse_positive(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last || value < 1 || text.front() == '0') return std::nullopt;
  return value;
}

net::Response unstored_json(std::string body) {
  auto response = net::Response::json(200, std::move(body));
  response.set("Cache-Control", "no-store");
  return response;
}

Error no_delivery() {
  return Error(Errc::not_found, "there is no such delivery");
}

}  // namespace

std::string delivery_public_id(std::int64_t id) {
  return std::string(kDeliveryPrefix) + std::to_string(id);
}

std::optional<std::int64_t> parse_delivery_id(std::string_view text) noexcept {
  if (!text.starts_with(kDeliveryPrefix)) return std::nullopt;
  return parse_positive(text.substr(kDeliveryPrefix.size()));
}

// nullopt: no task of this tenant has that id, so no delivery can be listed.
asio::awaitable<Result<std::optional<TaskId>>> WebhookRoutes::find_task(std::string tenant,
                                                                        std::string public_id) {
  if (auto id = parse_task_id(public_id)) co_return id;
  auto found = co_await store_.find_client_id(std::move(tenant), std::move(public_id));
  if (found) co_return std::optional<TaskId>(*found);
  if (found.error().code() == Errc::not_found) co_return std::optional<TaskId>();
  co_return found.error();
}

asio::awaitable<Result<store::Delivery>> WebhookRoutes::find(std::string tenant, std::string id) {
  const auto number = parse_delivery_id(id);
  if (!number || *number == INT64_MAX) co_return no_delivery();
  store::DeliveryFilter filter;  // the newest of those below number + 1, if it is the one
  filter.tenant = std::move(tenant);
  filter.before = *number + 1;
  filter.limit = 1;
  auto page = co_await store_.list_deliveries(std::move(filter));
  if (!page) co_return page.error();
  if (page->deliveries.empty() || page->deliveries[0].id != *number) co_return no_delivery();
  co_return std::move(page->deliveries[0]);
}

asio::awaitable<net::Response> WebhookRoutes::list(net::Request& request) {
  QueryReader query(request, kDeliveryParameters);
  store::DeliveryFilter filter;
  filter.tenant = principal_of(request).tenant;
  filter.limit = static_cast<int>(query.integer("limit", 1, 100).value_or(20));
  if (const auto name = query.text("status")) {
    filter.state = parse_state(*name);
    if (!filter.state)
      query.add_fault("status", "must be one of pending, delivered, exhausted, cancelled");
  }
  if (const auto problem = query.problem()) co_return problem_response(request, *problem);
  if (const auto cursor = query.text("cursor")) {
    const auto place = read_cursor(kDeliveryCursor, *cursor);
    filter.before = parse_positive(place.value_or("0"));
    if (!filter.before) {
      const Problem problem(ProblemCode::invalid_cursor, "the cursor is not one of this list");
      co_return problem_response(request, problem);
    }
  }
  if (const auto task = query.text("task")) {
    const std::string tenant = filter.tenant;
    const auto found = co_await find_task(tenant, *task);
    if (!found) co_return problem_response(request, found.error());
    if (!*found) co_return unstored_json(delivery_page(store::DeliveryPage()));
    filter.task = *found;
  }
  const auto page = co_await store_.list_deliveries(std::move(filter));
  if (!page) co_return problem_response(request, page.error());
  co_return unstored_json(delivery_page(*page));
}

asio::awaitable<net::Response> WebhookRoutes::get(net::Request& request) {
  const std::string tenant = principal_of(request).tenant;
  const auto delivery = co_await find(tenant, request.params.at(0));
  if (!delivery) co_return problem_response(request, delivery.error());
  const auto attempts = co_await store_.delivery_attempts(tenant, delivery->id);
  if (!attempts) co_return problem_response(request, attempts.error());
  std::string body;
  append_delivery_head(body, *delivery);
  append_attempts(body, *attempts);
  body += '}';
  co_return unstored_json(std::move(body));
}

asio::awaitable<net::Response> WebhookRoutes::redeliver(net::Request& request) {
  if (const auto problem = check_no_fields(request)) co_return problem_response(request, *problem);
  const auto number = parse_delivery_id(request.params.at(0));
  if (!number) co_return problem_response(request, no_delivery());
  const std::string tenant = principal_of(request).tenant;
  const auto delivery = co_await store_.redeliver(tenant, *number, clock_.now());
  if (!delivery) co_return problem_response(request, delivery.error());
  std::string body;
  append_delivery_head(body, *delivery);
  body += '}';
  auto response = net::Response::json(202, std::move(body));
  response.set("Cache-Control", "no-store");
  co_return response;
}

asio::awaitable<net::Response> WebhookRoutes::secret(net::Request& request) {
  const std::string tenant = principal_of(request).tenant;
  const auto secrets = co_await store_.webhook_secrets(tenant);
  if (!secrets) co_return problem_response(request, secrets.error());
  std::string body = R"({"object":"webhook_secret","secrets":[)";
  for (const auto& secret : *secrets) {
    if (body.back() != '[') body += ',';
    append_json_string(body, secret);
  }
  body += "]}";
  co_return unstored_json(std::move(body));
}

}  // namespace taskgate::api
