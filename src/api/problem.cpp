#include "api/problem.hpp"

#include "taskgate/core/json_text.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>

namespace taskgate::api {
namespace {

constexpr std::chrono::seconds kStorageRetry{5};  // a probe write runs about that often
constexpr std::string_view kProblemJson = "application/problem+json";

void append_problem_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(out, value);
}

void append_faults(std::string& out, const std::vector<Fault>& faults) {
  out += ",\"errors\":[";
  bool first = true;
  for (const auto& fault : faults) {
    if (!first) out += ',';
    first = false;
    out += "{\"path\":";
    append_json_string(out, fault.path);
    append_problem_member(out, "message", fault.message);
    out += '}';
  }
  out += ']';
}

struct Occurrence {
  std::string_view path;
  std::string_view request_id;
};

std::string problem_body(const ProblemType& type, const Problem& problem, Occurrence where) {
  std::string body = "{\"type\":\"/errors/";
  body += type.code;
  body += '"';
  append_problem_member(body, "title", type.title);
  body += ",\"status\":";
  append_json_number(body, std::int64_t{type.status});
  append_problem_member(body, "detail", problem.detail);
  append_problem_member(body, "instance", where.path);
  append_problem_member(body, "code", type.code);
  append_problem_member(body, "request_id", where.request_id);
  if (!problem.faults.empty()) append_faults(body, problem.faults);
  body += '}';
  return body;
}

net::Response build_response(const Problem& problem, Occurrence where) {
  const auto& type = problem_type(problem.code);
  auto response =
      net::Response::text(type.status, kProblemJson, problem_body(type, problem, where));
  response.set("Cache-Control", "no-store");
  if (problem.retry_after) response.set("Retry-After", retry_after_seconds(*problem.retry_after));
  return response;
}

const ProblemType& type_of_status(unsigned status) noexcept {
  // 400, 403, 422, 502 and 503 have several rows: the general one of each is named here.
  switch (status) {
    case 403:
      return problem_type(ProblemCode::forbidden);
    case 503:
      return problem_type(ProblemCode::overloaded);
    default:
      break;
  }
  for (const auto& type : problem_types()) {
    if (type.status == status) return type;
  }
  return problem_type(status < 500 ? ProblemCode::malformed_request : ProblemCode::internal);
}

void append_paragraph(std::string& page, std::string_view heading, std::string_view text) {
  page += "<h2>";
  page += heading;
  page += "</h2><p>";
  for (const char c : text) {  // the texts are ours, but hold `<` and `&` as any text may
    if (c == '<') {
      page += "&lt;";
    } else if (c == '&') {
      page += "&amp;";
    } else {
      page += c;
    }
  }
  page += "</p>\n";
}

std::string page_of(const ProblemType& type) {
  const std::string code(type.code);
  std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
                     code +
                     "</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:40em;"
                     "margin:3em auto;padding:0 1em}h2{font-size:1em;margin-bottom:0}"
                     "p{margin-top:.2em}</style></head><body>\n<h1>" +
                     std::to_string(type.status) + " <code>" + code + "</code></h1>\n";
  append_paragraph(page, "What it is", type.title);
  append_paragraph(page, "Cause", type.cause);
  append_paragraph(page, "Who must act", type.actor);
  append_paragraph(page, "What to do", type.fix);
  page += "</body></html>\n";
  return page;
}

}  // namespace

Problem::Problem(const Error& error)
    : code(problem_code(error.code())), detail(error.message()), retry_after(error.retry_after()) {
  if (error.code() == Errc::internal) {
    detail = "something went wrong inside the server; its log has more under this request_id";
  } else if (error.code() == Errc::storage) {
    detail = "the database cannot be used at the moment; nothing was accepted";
    if (!retry_after) retry_after = kStorageRetry;
  }
}

std::string retry_after_seconds(std::chrono::milliseconds delay) {
  return std::to_string(std::max<std::int64_t>(1, (delay.count() + 999) / 1000));
}

net::Response problem_response(const net::Request& request, const Problem& problem) {
  return build_response(problem, {request.path, request.request_id});
}

net::Response problem_response(const net::Request& request, const Error& error) {
  return problem_response(request, Problem(error));
}

net::Response refusal_response(const net::Refusal& refusal) {
  const auto* type = find_problem_type(refusal.code);
  if (type == nullptr || type->status != refusal.status) type = &type_of_status(refusal.status);
  return build_response(Problem(type->id, refusal.detail), {refusal.path, refusal.request_id});
}

boost::asio::awaitable<net::Response> error_page(net::Request& request) {
  const auto* type = find_problem_type(request.params.at(0));
  if (type == nullptr) {
    const Problem problem(ProblemCode::not_found, "there is no such error code");
    co_return problem_response(request, problem);
  }
  auto response = net::Response::text(200, "text/html; charset=utf-8", page_of(*type));
  response.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
  response.set("Cache-Control", "max-age=3600");
  co_return response;
}

}  // namespace taskgate::api
