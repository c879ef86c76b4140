#include "api/problem.hpp"

#include "support/run_awaitable.hpp"
#include "unit/api/api_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace taskgate::api {
namespace {

net::Request request_to(const std::string& path) {
  net::Request request;
  request.path = path;
  request.request_id = "req_1";
  return request;
}

TEST(Problem, IsAnRfc9457Document) {
  Problem problem(ProblemCode::invalid_request, "two \"faults\"");
  problem.faults = {{"/model", "is required"}, {"/x~1y", "bad \xFF byte"}};
  const auto response = problem_response(request_to("/tasks"), problem);
  const auto body = test::json_of(response);

  EXPECT_EQ(response.status(), 422U);
  EXPECT_EQ(test::header_of(response, "Content-Type"), "application/problem+json");
  EXPECT_EQ(body["type"], "/errors/invalid_request");
  EXPECT_EQ(body["title"], "Invalid request");
  EXPECT_EQ(body["status"], 422);
  EXPECT_EQ(body["detail"], "two \"faults\"");
  EXPECT_EQ(body["instance"], "/tasks");
  EXPECT_EQ(body["code"], "invalid_request");
  EXPECT_EQ(body["request_id"], "req_1");
  EXPECT_EQ(body["errors"][0]["path"], "/model");
  EXPECT_EQ(body["errors"][1]["message"], "bad \xEF\xBF\xBD byte");
}

TEST(Problem, LeavesErrorsOutWhenThereIsNoList) {
  const auto response =
      problem_response(request_to("/tasks/a"), Error(Errc::not_found, "there is no such task"));

  EXPECT_EQ(response.status(), 404U);
  EXPECT_FALSE(test::json_of(response).contains("errors"));
  EXPECT_FALSE(test::header_of(response, "Retry-After"));
}

TEST(Problem, RoundsRetryAfterUp) {
  Error error(Errc::rate_limited, "slow down");
  error.with_retry_after(std::chrono::milliseconds(2001));
  const auto response = problem_response(request_to("/tasks"), error);

  EXPECT_EQ(response.status(), 429U);
  EXPECT_EQ(test::header_of(response, "Retry-After"), "3");
  EXPECT_EQ(retry_after_seconds(std::chrono::milliseconds(0)), "1");
  EXPECT_EQ(retry_after_seconds(std::chrono::milliseconds(2000)), "2");
}

TEST(Problem, ShowsNoInternals) {
  for (const auto code : {Errc::internal, Errc::storage}) {
    Error error(code, "sqlite: disk I/O error at /var/lib/secret.db");
    error.with_detail("stack");
    const auto response = problem_response(request_to("/tasks"), error);

    EXPECT_GE(response.status(), 500U);
    EXPECT_EQ(response.body().find("sqlite"), std::string::npos);
    EXPECT_EQ(response.body().find("stack"), std::string::npos);
  }
}

TEST(Problem, EveryErrcHasItsStatus) {
  const std::vector<std::pair<Errc, unsigned>> expected{
      {Errc::invalid_argument, 400},  {Errc::unauthenticated, 401},
      {Errc::forbidden, 403},         {Errc::not_found, 404},
      {Errc::conflict, 409},          {Errc::gone, 410},
      {Errc::too_large, 413},         {Errc::unprocessable, 422},
      {Errc::rate_limited, 429},      {Errc::overloaded, 503},
      {Errc::timeout, 504},           {Errc::cancelled, 503},
      {Errc::upstream_rejected, 502}, {Errc::upstream_unavailable, 502},
      {Errc::storage, 503},           {Errc::internal, 500}};
  for (const auto& [code, status] : expected)
    EXPECT_EQ(problem_type(problem_code(code)).status, status) << to_string(code);
}

TEST(Problem, CodesAreUniqueAndExplained) {
  std::set<std::string_view> codes;
  for (const auto& type : problem_types()) {
    SCOPED_TRACE(type.code);
    EXPECT_TRUE(codes.insert(type.code).second);
    EXPECT_FALSE(type.title.empty() || type.cause.empty() || type.actor.empty() ||
                 type.fix.empty());
    EXPECT_TRUE(type.status >= 400 && type.status < 600);

    auto request = request_to("/errors/" + std::string(type.code));
    request.params = {std::string(type.code)};
    const auto page = test::run(error_page(request));
    EXPECT_EQ(page.status(), 200U);
    EXPECT_NE(page.body().find(std::string(type.title)), std::string::npos);
  }
}

TEST(Problem, AnUnknownCodeHasNoPage) {
  auto request = request_to("/errors/nope");
  request.params = {"nope"};

  EXPECT_EQ(test::run(error_page(request)).status(), 404U);
}

// The server's refusals are strings in another layer: all of them must be rows here.
TEST(Problem, KnowsEveryCodeOfTheServer) {
  const std::regex refused(R"re((?:refusal|refuse)\(\s*(\d{3}),\s*"([a-z_]+)")re");
  const std::regex named(R"re(\.code = "([a-z_]+)")re");
  std::size_t found = 0;
  const std::filesystem::path folder = std::filesystem::path(TASKGATE_SOURCE_DIR) / "src/net";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path());
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    for (std::sregex_iterator it(text.begin(), text.end(), refused), end; it != end;
         ++it, ++found) {
      const auto* type = find_problem_type((*it)[2].str());
      ASSERT_NE(type, nullptr) << entry.path() << " " << (*it)[2];
      EXPECT_EQ(std::to_string(type->status), (*it)[1].str()) << (*it)[2];
    }
    for (std::sregex_iterator it(text.begin(), text.end(), named), end; it != end; ++it, ++found)
      EXPECT_NE(find_problem_type((*it)[1].str()), nullptr) << entry.path() << " " << (*it)[1];
  }
  EXPECT_GT(found, 15U) << "the patterns no longer find the server's codes";
}

TEST(Refusal, HasTheSameShape) {
  net::Refusal refusal;
  refusal.status = 431;
  refusal.code = "header_too_large";
  refusal.detail = "too many";
  refusal.request_id = "req_2";
  refusal.path = "/tasks";
  const auto response = make_refusals()(refusal);
  const auto body = test::json_of(response);

  EXPECT_EQ(response.status(), 431U);
  EXPECT_EQ(body["code"], "header_too_large");
  EXPECT_EQ(body["detail"], "too many");
  EXPECT_EQ(body["instance"], "/tasks");
  EXPECT_EQ(body["request_id"], "req_2");
}

TEST(Refusal, AnUnknownCodeFallsBackToItsStatus) {
  net::Refusal refusal;
  refusal.status = 503;
  refusal.code = "never_heard_of";
  const auto response = make_refusals()(refusal);

  EXPECT_EQ(response.status(), 503U);
  EXPECT_EQ(test::json_of(response)["code"], "overloaded");
}

}  // namespace
}  // namespace taskgate::api
