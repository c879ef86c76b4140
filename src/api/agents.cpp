#include "api/agents.hpp"

#include "api/problem.hpp"
#include "api/request_parts.hpp"
#include "api/task_input.hpp"
#include "api/task_json.hpp"
#include "taskgate/engine/gateway.hpp"

#include <utility>

namespace taskgate::api {
namespace {

namespace asio = boost::asio;

net::Response list_response(std::string items) {
  auto response = net::Response::json(200, R"({"object":"list","data":)" + std::move(items) + '}');
  response.set("Cache-Control", "no-store");
  return response;
}

// A key that is not asked for, or arguments that are not valid.
net::Response refused_answer(const net::Request& request, const Error& error) {
  Problem problem(error);
  if (error.code() == Errc::unprocessable) problem.code = ProblemCode::invalid_request;
  return problem_response(request, problem);
}

}  // namespace

asio::awaitable<net::Response> AgentRoutes::input(net::Request& request) {
  if (const auto problem = check_json_content(request))
    co_return problem_response(request, *problem);
  auto parsed = read_task_input(request.body);
  if (parsed.problem) co_return problem_response(request, *parsed.problem);
  auto view = co_await gateway_.answer(principal_of(request).tenant, request.params.at(0),
                                       std::move(parsed.input));
  if (!view) co_return refused_answer(request, view.error());
  co_return task_response(202, *view);
}

asio::awaitable<net::Response> AgentRoutes::steps(net::Request& request) {
  if (const auto problem = check_accept(request, "application", "json"))
    co_return problem_response(request, *problem);
  auto steps = co_await gateway_.steps(principal_of(request).tenant, request.params.at(0));
  if (!steps) co_return problem_response(request, steps.error());
  co_return list_response(std::move(*steps));
}

asio::awaitable<net::Response> AgentRoutes::tool_calls(net::Request& request) {
  if (const auto problem = check_accept(request, "application", "json"))
    co_return problem_response(request, *problem);
  auto calls = co_await gateway_.tool_calls(principal_of(request).tenant, request.params.at(0));
  if (!calls) co_return problem_response(request, calls.error());
  co_return list_response(std::move(*calls));
}

}  // namespace taskgate::api
