// Whatever is sent, the answer is a clear refusal and the server goes on.

#include "support/raw_http.hpp"
#include "support/test_gateway.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace taskgate::test {
namespace {

using Json = nlohmann::json;

struct BadBody {
  const char* name;
  std::string body;
  unsigned status;
  const char* says;  // must stand in the answer
};

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

std::string many(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::vector<BadBody> bad_bodies() {
  using namespace std::string_literals;
  return {
      {"empty", " ", 400, ""},
      {"not json", "{", 400, ""},
      {"trailing comma", R"({"model":"sim/echo","input":"x",})", 400, ""},
      {"nul after the document", "{\"model\":\"sim/echo\",\"input\":\"x\"}\0junk"s, 400, ""},
      {"nul inside a string", "{\"model\":\"sim/echo\",\"input\":\"a\0b\"}"s, 400, ""},
      {"invalid utf-8", "{\"model\":\"sim/echo\",\"input\":\"\xff\"}", 400, ""},
      {"too deep", R"({"model":"sim/echo","input":"x","metadata":)" + nested(5'000) + "}", 400, ""},
      {"an array", "[]", 422, ""},
      {"a number", "7", 422, ""},
      {"wrong type", R"({"model":7,"input":"x"})", 422, "/model"},
      {"unknown field", R"({"model":"sim/echo","input":"x","temprature":1})", 422, "temperature"},
      {"given twice", R"({"model":"sim/echo","model":"sim/echo","input":"x"})", 422, "/model"},
      {"input missing", R"({"model":"sim/echo"})", 422, "/input"},
      {"input empty", R"({"model":"sim/echo","input":""})", 422, "/input"},
      {"priority out of range", R"({"model":"sim/echo","input":"x","priority":10})", 422,
       "/priority"},
      {"priority not whole", R"({"model":"sim/echo","input":"x","priority":1.5})", 422,
       "/priority"},
      {"deadline not a time", R"({"model":"sim/echo","input":"x","deadline":"tomorrow"})", 422,
       "/deadline"},
      {"deadline past", R"({"model":"sim/echo","input":"x","deadline":"2001-01-01T00:00:00Z"})",
       422, "/deadline"},
      {"role unknown", R"({"model":"sim/echo","input":[{"role":"root","content":"x"}]})", 422,
       "/input/0/role"},
      {"unknown simulator", R"({"model":"sim/nosuch","input":"x"})", 422, "unknown model"},
      {"unknown provider", R"({"model":"acme/x","input":"x"})", 422, "unknown model"},
      {"schema of no type",
       R"({"model":"sim/echo","input":"x","output_schema":{"type":"nonsense"}})", 422,
       "/output_schema/type"},
      {"schema with a remote reference",
       R"({"model":"sim/echo","input":"x","output_schema":{"$ref":"https://evil.example/s"}})", 422,
       "/output_schema/$ref"},
      {"schema with a pattern that may explode",
       R"({"model":"sim/echo","input":"x","output_schema":{"pattern":"(a*)*\\1"}})", 422,
       "regular expression"},
      {"schema with a pattern too large",
       R"({"model":"sim/echo","input":"x","output_schema":{"pattern":"((a{1,900}){1,900}){1,900}"}})",
       422, "regular expression"},
      {"schema too large",
       R"({"model":"sim/echo","input":"x","output_schema":{"enum":[")" + std::string(300'000, 'x') +
           "\"]}}",
       422, "/output_schema"},
      {"schema of many subschemas",
       R"({"model":"sim/echo","input":"x","output_schema":{"allOf":[{})" + many(",{}", 12'000) +
           "]}}",
       422, "/output_schema"},
      {"unknown judge", R"({"model":"sim/echo","input":"x","judge":{"model":"acme/x"}})", 422,
       "/judge/model"},
      {"unknown tool", R"({"model":"sim/echo","input":"x","tools":["a"]})", 422, "/tools/0"},
  };
}

TEST(BadInput, EveryFaultOfASchemaIsListedBesideTheOthers) {
  TestGateway gateway;
  auto client = gateway.client();

  const auto reply = client.post("/tasks", Json::parse(R"({"model":"sim/echo","input":"x",
      "priority":10,"output_schema":{"properties":{"a/b":{"minimum":"x"},"c":{"type":7}}}})"));

  ASSERT_EQ(reply.status, 422U) << reply.body;
  std::vector<std::string> paths;
  const auto problem = reply.json();
  for (const auto& fault : problem["errors"]) paths.push_back(fault["path"]);
  std::sort(paths.begin(), paths.end());
  EXPECT_EQ(paths, (std::vector<std::string>{"/output_schema/properties/a~1b/minimum",
                                             "/output_schema/properties/c/type", "/priority"}));
}

TEST(BadInput, EveryBadBodyIsRefusedWithItsReason) {
  TestGateway gateway;
  auto client = gateway.client();
  for (const auto& bad : bad_bodies()) {
    SCOPED_TRACE(bad.name);

    const auto reply = client.call("POST", "/tasks", bad.body);

    EXPECT_EQ(reply.status, bad.status) << reply.body;
    EXPECT_EQ(reply.header("content-type"), "application/problem+json");
    EXPECT_NE(reply.body.find(bad.says), std::string::npos) << reply.body;
    const auto problem = reply.json();
    for (const char* member :
         {"type", "title", "status", "detail", "instance", "code", "request_id"}) {
      EXPECT_TRUE(problem.contains(member)) << member << " in " << reply.body;
    }
  }
  EXPECT_EQ(client.get("/tasks").json()["data"].size(), 0U);
}

TEST(BadInput, AllFaultsAreToldAtOnce) {
  TestGateway gateway;
  auto client = gateway.client();

  const auto reply =
      client.call("POST", "/tasks", R"({"modle":"sim/echo","priority":77,"tags":[1],"seed":"x"})");

  EXPECT_GE(reply.json()["errors"].size(), 5U) << reply.body;
}

TEST(BadInput, TenMegabytesAreRefusedBeforeTheyAreRead) {
  TestGateway gateway;
  RawClient connection(gateway.port());

  connection.send(
      "POST /tasks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
      "10485760\r\n\r\n");
  const auto reply = connection.read_response();

  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413U);
  EXPECT_EQ(gateway.client().get("/livez").status, 200);
}

TEST(BadInput, OtherContentTypesAndMethodsAreNamed) {
  TestGateway gateway;
  auto client = gateway.client();

  EXPECT_EQ(client
                .call("POST", "/tasks", "model=sim/echo",
                      {{"Content-Type", "application/x-www-form-urlencoded"}})
                .status,
            415);
  const auto wrong = client.call("PATCH", "/tasks", "{}");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_NE(wrong.header("allow").find("POST"), std::string::npos);
  EXPECT_EQ(client.get("/nosuch").status, 404);
  EXPECT_EQ(client.get("/tasks", {{"Accept", "text/html"}}).status, 406);
  EXPECT_EQ(
      client.post("/tasks", {{"model", "sim/echo"}, {"input", "x"}}, {{"Content-Encoding", "gzip"}})
          .status,
      415);
}

TEST(BadInput, BadCursorsAndParametersAreClientErrors) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = client.post("/tasks", {{"model", "sim/echo"}, {"input", "x"}})
                      .json()["id"]
                      .get<std::string>();

  for (const std::string& target :
       {std::string("/tasks?cursor=!!"), std::string("/tasks?limit=0"),
        std::string("/tasks?limit=101"), std::string("/tasks?limit=x"),
        std::string("/tasks?status=nosuch"), std::string("/tasks?created_after=yesterday"),
        std::string("/tasks?nosuch=1"), std::string("/tasks?tag=%zz"), "/tasks/" + id + "?wait=61",
        "/tasks/" + id + "?wait=-1", "/tasks/" + id + "?include=nosuch",
        "/tasks/" + id + "/events?after=x", "/tasks/" + id + "/events?limit=0"}) {
    const auto reply = client.get(target);
    EXPECT_EQ(reply.status, 400) << target << reply.body;
  }
}

TEST(BadInput, ASlowClientIsCutOffAndHoldsNobodyUp) {
  TestGateway gateway([](app::Config& config) {
    config.server.limits.header_timeout = std::chrono::milliseconds{200};
  });
  RawClient slow(gateway.port());

  slow.send("POST /tasks HTTP/1.1\r\nHo");

  EXPECT_EQ(gateway.client().get("/livez").status, 200);
  const auto reply = slow.read_response();
  if (reply) {  // or closed without a word: both free the connection
    EXPECT_EQ(reply->status, 408U);
  }
  EXPECT_TRUE(slow.is_closed());
}

TEST(BadInput, SmugglingPayloadsNeverReachASecondRequest) {
  TestGateway gateway;
  const std::string sentinel = "DELETE /tasks/none HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string& head :
       {std::string("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        std::string("Transfer-Encoding: \xa0"
                    "chunked\r\n"),
        std::string("Transfer-Encoding: blegh\r\n"), std::string("Transfer-Encoding: ,chunked\r\n"),
        std::string("Content-Length: 5\r\nContent-Length: 5\r\n"),
        std::string("Content-Length: 5, 5\r\n"), std::string("Content-Length: +5\r\n"),
        std::string("Host: b\r\n"), std::string("X-A: \x85\r\n")}) {
    SCOPED_TRACE(head);
    RawClient connection(gateway.port());

    connection.send("POST /tasks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + head +
                    "\r\n0\r\n\r\n" + sentinel);
    const auto first = connection.read_response();

    ASSERT_TRUE(first);
    EXPECT_EQ(first->status, 400U);
    EXPECT_TRUE(connection.is_closed());
  }
}

TEST(BadInput, KeysInTheQueryAreRefused) {
  TestGateway gateway([](app::Config& config) { config.auth.mode = app::AuthMode::keys; });
  auto client = gateway.client();

  EXPECT_EQ(client.get("/tasks?api_key=tg_live_x").status, 400);
}

}  // namespace
}  // namespace taskgate::test
