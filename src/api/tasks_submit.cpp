// POST /tasks and PUT /tasks/{id}: from bytes to a durable task.

#include "api/request_parts.hpp"
#include "api/task_json.hpp"
#include "api/tasks.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace taskgate::api {
namespace {

namespace asio = boost::asio;

net::Response faults_response(const net::Request& request, ParsedTaskRequest parsed) {
  if (parsed.malformed) {
    Problem problem(ProblemCode::malformed_request,
                    "the body is not valid JSON: " + parsed.faults.front().message);
    problem.faults = std::move(parsed.faults);
    return problem_response(request, problem);
  }
  const auto count = parsed.faults.size();
  Problem problem(ProblemCode::invalid_request,
                  count == 1 ? "one field of the task is not valid; see errors"
                             : std::to_string(count) + " faults in the task; see errors");
  problem.faults = std::move(parsed.faults);
  return problem_response(request, problem);
}

// The models that a request names, each with the JSON pointer of its field.
using NamedModels = std::vector<std::pair<std::string, std::string>>;

NamedModels named_models(const engine::TaskRequest& request) {
  NamedModels models{{"/model", request.model}};
  for (std::size_t i = 0; i < request.fallback_models.size(); ++i)
    models.emplace_back("/fallback_models/" + std::to_string(i), request.fallback_models[i]);
  if (!request.judge_model.empty()) models.emplace_back("/judge/model", request.judge_model);
  return models;
}

// The gateway's error with what can be said of the model that it points to.
Error explained(Error error, const NamedModels& models, const ModelHint& hint_at) {
  const auto named = std::find_if(models.begin(), models.end(), [&](const auto& model) {
    return hint_at && model.first == error.detail();
  });
  const std::string hint = named == models.end() ? std::string() : hint_at(named->second);
  if (hint.empty()) return error;
  return Error(error.code(), error.message() + "; " + hint).with_detail(error.detail());
}

// What the gateway refuses, in the words of a submission.
net::Response refused_response(const net::Request& request, const Error& error, bool has_key) {
  Problem problem(error);
  if (error.code() == Errc::unprocessable && has_key) {
    problem.code = ProblemCode::idempotency_key_reused;
  } else if (error.code() == Errc::invalid_argument || error.code() == Errc::unprocessable) {
    problem.code = ProblemCode::invalid_request;
    // The gateway judges models alone; which one, its detail points to.
    const bool points = error.detail().starts_with('/');
    problem.faults.push_back({points ? error.detail() : "/model", error.message()});
  }
  return problem_response(request, problem);
}

// It could only have repeated a task, and there is none: what is wrong with it counts after all.
bool is_unknown_repeat(const ParsedTaskRequest& parsed, const Error& error) {
  return parsed.too_late && error.code() == Errc::not_found;
}

std::optional<Problem> check_head(const net::Request& request) {
  if (auto problem = check_json_content(request)) return problem;
  return check_accept(request, "application", "json");
}

// 202 with the short object; Retry-After says when to poll.
net::Response accepted_response(const engine::TaskView& view) {
  std::string body;
  append_submitted_object(body, view);
  auto response = net::Response::json(202, std::move(body));
  response.set("Cache-Control", "no-store");
  set_retry_after(response, view);
  return response;
}

void set_applied(net::Response& response, std::optional<std::chrono::seconds> waited) {
  if (!waited) {
    response.set("Preference-Applied", "respond-async");
    return;
  }
  const std::string wait = "wait=" + std::to_string(waited->count());
  response.set("Preference-Applied", response.status() == 200 ? wait : "respond-async, " + wait);
}

}  // namespace

asio::awaitable<ParsedTaskRequest> TaskRoutes::read(std::string body) {
  auto parsed = reader_.read(std::move(body));
  auto& request = parsed.request;
  if (parsed.malformed || !request.has_output_schema) co_return parsed;
  auto judged = co_await gateway_.check_schema(std::move(request.body));
  request.body = std::move(judged.body);
  for (auto& fault : judged.faults)
    parsed.faults.push_back({"/output_schema" + fault.path, std::move(fault.message)});
  parsed.too_late = parsed.too_late && judged.faults.empty();
  co_return parsed;
}

asio::awaitable<net::Response> TaskRoutes::submit(net::Request& request) {
  if (const auto problem = check_head(request)) co_return problem_response(request, *problem);
  auto idempotency = read_idempotency_key(request);
  if (idempotency.problem) co_return problem_response(request, *idempotency.problem);
  auto parsed = co_await read(std::move(request.body));
  engine::SubmitOptions options;
  options.idempotency_key = std::move(idempotency.key);
  const bool has_key = options.idempotency_key.has_value();
  options.known_only = parsed.too_late && has_key;
  if (!parsed.faults.empty() && !options.known_only)
    co_return faults_response(request, std::move(parsed));

  const std::string tenant = principal_of(request).tenant;
  const auto models = named_models(parsed.request);
  auto submitted = co_await gateway_.submit(tenant, std::move(parsed.request), std::move(options));
  if (!submitted && is_unknown_repeat(parsed, submitted.error()))
    co_return faults_response(request, std::move(parsed));
  if (!submitted)
    co_return refused_response(request, explained(submitted.error(), models, model_hint_), has_key);

  auto& view = submitted->view;
  const auto id = view.task.public_id();
  auto waited = preferred_wait(request);
  if (waited && !is_final(view.task.status)) {
    const std::chrono::milliseconds patience = *waited;
    auto later = co_await gateway_.wait_final(tenant, id, patience);
    // An error here takes nothing back: the task is accepted, and the reply says so.
    if (later) view = std::move(*later);
  }
  if (view.task.purged) co_return purged_response(request);
  const bool finished = is_final(view.task.status);
  auto response = net::Response(202);
  if (finished) {
    response = task_response(200, view);
  } else {
    response = accepted_response(view);
  }
  response.set("Location", "/tasks/" + id);
  response.set("Idempotency-Replayed", submitted->created ? "false" : "true");
  set_applied(response, waited);
  co_return response;
}

asio::awaitable<net::Response> TaskRoutes::put(net::Request& request) {
  if (const auto problem = check_head(request)) co_return problem_response(request, *problem);
  const std::string id = request.params.at(0);
  if (!is_client_id(id)) {
    const Problem problem(
        ProblemCode::invalid_request,
        "an id of your own has 1 to 128 characters of A-Z a-z 0-9 . _ - and begins "
        "with a letter or digit");
    co_return problem_response(request, problem);
  }
  auto parsed = co_await read(std::move(request.body));
  if (!parsed.faults.empty() && !parsed.too_late)
    co_return faults_response(request, std::move(parsed));

  engine::SubmitOptions options;
  options.route = "PUT /tasks";
  options.client_id = id;
  options.known_only = parsed.too_late;
  const std::string tenant = principal_of(request).tenant;
  const auto models = named_models(parsed.request);
  auto submitted = co_await gateway_.submit(tenant, std::move(parsed.request), std::move(options));
  if (!submitted && is_unknown_repeat(parsed, submitted.error()))
    co_return faults_response(request, std::move(parsed));
  if (!submitted)
    co_return refused_response(request, explained(submitted.error(), models, model_hint_), false);

  auto& view = submitted->view;
  if (view.task.purged) co_return purged_response(request);
  auto response = net::Response(202);
  if (submitted->created) {
    response = accepted_response(view);
  } else {
    response = task_response(200, view);
  }
  response.set("Location", "/tasks/" + id);
  co_return response;
}

}  // namespace taskgate::api
