// POST /tasks/{id}/retry: a finished task's request, as a new task.

#include "api/request_parts.hpp"
#include "api/task_json.hpp"
#include "api/tasks.hpp"
#include "taskgate/core/json_guard.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace taskgate::api {
namespace {

namespace asio = boost::asio;

constexpr std::int64_t kMostSteps = 1001;  // one more than a task may take

struct RetryRequest {
  int from_step = 1;
  std::optional<Problem> problem;
};

// Nothing, {} or {"from_step": k}.
RetryRequest read_retry(const net::Request& request) {
  RetryRequest wanted;
  if (!check_no_fields(request)) return wanted;
  const auto guard = guard_json(request.body);
  const auto document = guard ? nlohmann::json(nlohmann::json::value_t::discarded)
                              : nlohmann::json::parse(request.body, nullptr, false);
  if (document.is_discarded()) {
    wanted.problem.emplace(ProblemCode::malformed_request, "the body is not valid JSON");
    return wanted;
  }
  Fault fault{"/from_step", "expected the number of a step, from 1"};
  if (!document.is_object() || document.size() != 1 || !document.contains("from_step")) {
    fault = {"", "expected no body, {} or {\"from_step\": k}"};
  } else if (const auto& step = document["from_step"]; step.is_number_integer() &&
                                                       step.get<std::int64_t>() >= 1 &&
                                                       step.get<std::int64_t>() <= kMostSteps) {
    wanted.from_step = step.get<int>();
    return wanted;
  }
  wanted.problem.emplace(ProblemCode::invalid_request, "the retry is not valid; see errors");
  wanted.problem->faults.push_back(std::move(fault));
  return wanted;
}

net::Response refused_retry(const net::Request& request, const Error& error) {
  Problem problem(error);
  if (error.code() == Errc::unprocessable || error.code() == Errc::invalid_argument) {
    problem.code = ProblemCode::invalid_request;
    const bool points = error.detail().starts_with('/');
    if (points) problem.faults.push_back({error.detail(), error.message()});
  }
  return problem_response(request, problem);
}

}  // namespace

asio::awaitable<net::Response> TaskRoutes::retry(net::Request& request) {
  const auto wanted = read_retry(request);
  if (wanted.problem) co_return problem_response(request, *wanted.problem);
  const std::string tenant = principal_of(request).tenant;
  engine::RetryOf of;
  of.public_id = request.params.at(0);
  of.from_step = wanted.from_step;
  auto body = co_await gateway_.request_body(tenant, of.public_id);
  if (!body) co_return problem_response(request, body.error());
  auto parsed = reader_.read(std::move(*body));
  if (!parsed.faults.empty() && !parsed.too_late) {
    // It was accepted by another version, or under other settings.
    Problem problem(ProblemCode::invalid_request, "the task's request is not valid any more");
    problem.faults = std::move(parsed.faults);
    co_return problem_response(request, problem);
  }
  if (parsed.too_late) parsed.request.deadline.reset();  // it was the first one's
  engine::SubmitOptions options;
  options.route = "POST /tasks/{id}/retry";
  options.retry = std::move(of);
  auto submitted = co_await gateway_.submit(tenant, std::move(parsed.request), std::move(options));
  if (!submitted) co_return refused_retry(request, submitted.error());
  auto response = task_response(202, submitted->view);
  response.set("Location", "/tasks/" + submitted->view.task.public_id());
  co_return response;
}

}  // namespace taskgate::api
