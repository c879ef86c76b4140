#include "taskgate/net/http.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace taskgate::net {
namespace {

boost::asio::awaitable<Response> answer(Request&) {
  co_return Response(200);
}

Router make_router() {
  Router router;
  router.add(Method::get, "/", RouteOptions{}, answer);
  router.add(Method::get, "/tasks/{id}", RouteOptions{}, answer);
  router.add(Method::get, "/tasks/recent", RouteOptions{}, answer);
  router.add(Method::put, "/tasks/{id}", RouteOptions{10}, answer);
  router.add(Method::post, "/tasks", RouteOptions{20}, answer);
  router.add(Method::get, "/tasks", RouteOptions{}, answer);
  router.add(Method::get, "/a/{x}/b/{y}", RouteOptions{}, answer);
  return router;
}

TEST(Router, MatchesPatternsAndDecodesParameters) {
  const Router router = make_router();

  const auto match = router.find(Method::get, "/a/one%20two/b/%2F");

  ASSERT_NE(match.handler, nullptr);
  EXPECT_EQ(match.pattern, "/a/{x}/b/{y}");
  EXPECT_EQ(match.params, (std::vector<std::string>{"one two", "/"}));
}

TEST(Router, PrefersLiteralSegmentsWhateverTheOrder) {
  const Router router = make_router();

  EXPECT_EQ(router.find(Method::get, "/tasks/recent").pattern, "/tasks/recent");
  EXPECT_EQ(router.find(Method::get, "/tasks/other").pattern, "/tasks/{id}");
  EXPECT_EQ(router.find(Method::put, "/tasks/recent").pattern, "/tasks/{id}");
}

TEST(Router, GivesTheRoutesOptions) {
  const Router router = make_router();

  EXPECT_EQ(router.find(Method::post, "/tasks").options.body_limit, 20U);
  EXPECT_EQ(router.find(Method::put, "/tasks/1").options.body_limit, 10U);
}

TEST(Router, HeadFallsBackToGet) {
  const Router router = make_router();

  EXPECT_EQ(router.find(Method::head, "/tasks/1").pattern, "/tasks/{id}");
  EXPECT_EQ(router.find(Method::head, "/").pattern, "/");
}

TEST(Router, TellsWrongMethodFromNoSuchPath) {
  const Router router = make_router();

  const auto wrong_method = router.find(Method::delete_, "/tasks");
  EXPECT_EQ(wrong_method.handler, nullptr);
  EXPECT_EQ(wrong_method.allow, "POST, GET, HEAD");
  EXPECT_EQ(router.find(Method::patch, "/tasks/recent").allow, "GET, HEAD, PUT");
  for (const char* path : {"/nope", "/tasks/", "/tasks/1/", "/tasks//", "//tasks", "", "*",
                           "/a//b/2", "/tasks/%zz", "/tasks/%00", "/TASKS"}) {
    SCOPED_TRACE(path);
    const auto match = router.find(Method::get, path);
    EXPECT_EQ(match.handler, nullptr);
    EXPECT_EQ(match.allow, "");
  }
  EXPECT_EQ(router.find(Method::get, std::string(10'000, '/')).handler, nullptr);
}

TEST(Router, RefusesAPatternWithoutSlash) {
  Router router;

  EXPECT_THROW(router.add(Method::get, "tasks", RouteOptions{}, answer), std::invalid_argument);
}

}  // namespace
}  // namespace taskgate::net
