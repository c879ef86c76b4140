#include "api/health.hpp"

#include "api/problem.hpp"

#include <utility>

namespace taskgate::api {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kReadyRetry{2};

}  // namespace

asio::awaitable<net::Response> HealthRoutes::livez(net::Request&) {
  auto response = net::Response::json(200, R"({"status":"ok"})");
  response.set("Cache-Control", "no-store");
  co_return response;
}

asio::awaitable<net::Response> HealthRoutes::readyz(net::Request& request) {
  const auto reason = gateway_.not_ready_reason();
  const auto health = store_.health();
  if (!reason.empty() || !health.writable) {
    Problem problem(ProblemCode::not_ready, reason);
    if (!reason.empty()) problem.faults.push_back({"gateway", reason});
    if (!health.writable) {
      if (reason.empty()) problem.detail = "the store cannot write";
      problem.faults.push_back({"store", health.reason});
    }
    problem.retry_after = kReadyRetry;
    co_return problem_response(request, problem);
  }
  std::string body = R"({"status":"ready")";
  if (request.query_value("verbose"))
    body += R"(,"version":")" TASKGATE_VERSION R"(","checks":{"gateway":"ok","store":"ok"})";
  body += '}';
  auto response = net::Response::json(200, std::move(body));
  response.set("Cache-Control", "no-store");
  co_return response;
}

asio::awaitable<net::Response> HealthRoutes::openapi(net::Request&) {
  auto response = net::Response::json(200, std::string(openapi_document()));
  response.set("Cache-Control", "max-age=300").set("Access-Control-Allow-Origin", "*");
  co_return response;
}

asio::awaitable<net::Response> HealthRoutes::docs(net::Request&) {
  auto response = net::Response::text(200, "text/html; charset=utf-8", std::string(docs_page()));
  response.set("Content-Security-Policy",
               "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
               "connect-src 'self'");
  response.set("X-Content-Type-Options", "nosniff").set("Cache-Control", "max-age=300");
  co_return response;
}

}  // namespace taskgate::api
