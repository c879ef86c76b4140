// openapi.json against what is served: the same routes, the same codes, and answers of the handlers
// that fit the schemas it gives for them.

#include "api/health.hpp"
#include "api/problem.hpp"
#include "unit/api/api_fixture.hpp"

#include <cctype>
#include <functional>
#include <set>
#include <sstream>

namespace taskgate::test {
namespace {

using nlohmann::json;

const json& spec() {
  static const json document = json::parse(api::openapi_document());
  return document;
}

const json& resolve(const json& value) {
  if (!value.contains("$ref")) return value;
  return spec().at(json::json_pointer(value["$ref"].get<std::string>().substr(1)));
}

std::string lower(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool has_type(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  return type == "null" && value.is_null();
}

// As much of JSON Schema as openapi.json uses for answers: enough to see a missing, misnamed or
// mistyped member. Appends what does not fit.
void check(const json& schema_or_ref,
           const json& value,
           const std::string& path,
           std::string& faults) {
  const auto& schema = resolve(schema_or_ref);
  if (schema.contains("allOf")) {
    for (const auto& part : schema["allOf"]) check(part, value, path, faults);
  }
  if (schema.contains("type")) {
    const auto& type = schema["type"];
    bool fits = type.is_string() && has_type(value, type);
    if (type.is_array()) {
      for (const auto& one : type) fits = fits || has_type(value, one);
    }
    if (!fits) faults += path + ": wrong type: " + value.dump() + "\n";
  }
  if (schema.contains("const") && schema["const"] != value) faults += path + ": not the constant\n";
  if (schema.contains("enum")) {
    bool found = false;
    for (const auto& one : schema["enum"]) found = found || one == value;
    if (!found) faults += path + ": not in the enum: " + value.dump() + "\n";
  }
  if (value.is_object()) {
    for (const auto& name : schema.value("required", json::array())) {
      if (!value.contains(name)) faults += path + ": lacks " + name.get<std::string>() + "\n";
    }
    const auto properties = schema.value("properties", json::object());
    for (const auto& [name, member] : value.items()) {
      if (properties.contains(name)) check(properties[name], member, path + "/" + name, faults);
    }
  }
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i)
      check(schema["items"], value[i], path + "/" + std::to_string(i), faults);
  }
}

TEST(OpenApi, DescribesExactlyTheRoutesThereAre) {
  std::set<std::string> served;
  for (const auto& route : api::list_routes())
    served.insert(lower(net::to_string(route.method)) + " " + std::string(route.pattern));
  std::set<std::string> described;
  for (const auto& [path, item] : spec()["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method != "parameters") described.insert(method + " " + path);
    }
  }

  EXPECT_EQ(served, described);
}

TEST(OpenApi, SaysWhichRoutesArePublicAndWhichScopeTheOthersNeed) {
  for (const auto& route : api::list_routes()) {
    SCOPED_TRACE(route.pattern);
    const auto& operation =
        spec()["paths"][std::string(route.pattern)][lower(net::to_string(route.method))];
    EXPECT_EQ(!route.scope, operation.contains("security"));
    if (!route.scope) continue;
    const auto sentence = "Needs the scope `" + std::string(to_string(*route.scope)) + "`.";
    EXPECT_NE(operation["description"].get<std::string>().find(sentence), std::string::npos);
    for (const auto* status : {"401", "403", "500"})
      EXPECT_TRUE(operation["responses"].contains(status)) << status;
  }
}

TEST(OpenApi, ListsEveryProblemCode) {
  std::set<std::string> listed;
  for (const auto& code : spec()["components"]["schemas"]["ProblemCode"]["enum"])
    listed.insert(code);
  std::set<std::string> known;
  for (const auto& type : api::problem_types()) known.insert(std::string(type.code));

  EXPECT_EQ(listed, known);
}

TEST(OpenApi, HasNoDanglingReferenceAndNoUnusedSchema) {
  std::set<std::string> used;
  const std::function<void(const json&)> walk = [&](const json& value) {
    if (value.is_object() && value.contains("$ref")) {
      const auto target = value["$ref"].get<std::string>();
      ASSERT_TRUE(spec().contains(json::json_pointer(target.substr(1)))) << target;
      used.insert(target);
    }
    if (value.is_structured()) {
      for (const auto& member : value) walk(member);
    }
  };
  walk(spec());
  for (const auto& [kind, members] : spec()["components"].items()) {
    if (kind == "securitySchemes") continue;
    for (const auto& [name, value] : members.items())
      EXPECT_TRUE(used.count("#/components/" + kind + "/" + name)) << kind << "/" << name;
  }
}

TEST(OpenApi, CarriesTheProgramsVersion) {
  EXPECT_EQ(spec()["info"]["version"], TASKGATE_VERSION);
  EXPECT_TRUE(spec()["openapi"].get<std::string>().starts_with("3.1"));
}

class Answers : public ApiFixture {
 protected:
  /// The status is listed, the media type too, every header that the answer has is named, and the
  /// body fits its schema.
  void expect_described(const std::string& method,
                        const std::string& pattern,
                        const net::Response& answer) {
    const auto status = std::to_string(answer.status());
    SCOPED_TRACE(method + " " + pattern + " " + status);
    const auto& responses = spec()["paths"][pattern][method]["responses"];
    ASSERT_TRUE(responses.contains(status));
    const auto& response = resolve(responses[status]);

    const auto type = header_of(answer, "Content-Type");
    EXPECT_EQ(type.has_value(), response.contains("content"));
    expect_headers(response, answer);
    if (!type || !response.contains("content")) return;
    const auto media = type->substr(0, type->find(';'));
    ASSERT_TRUE(response["content"].contains(media)) << media;
    if (media.find("json") == std::string::npos) return;
    std::string faults;
    check(response["content"][media]["schema"], json_of(answer), "", faults);
    EXPECT_EQ(faults, "") << answer.body();
  }

  static void expect_headers(const json& response, const net::Response& answer) {
    std::istringstream lines(answer.header_lines());
    for (std::string line; std::getline(lines, line);) {
      const auto name = line.substr(0, line.find(':'));
      const bool of_the_body = name == "Content-Type";
      const bool of_a_problem = name == "Cache-Control" && answer.status() >= 400;
      if (of_the_body || of_a_problem) continue;
      EXPECT_TRUE(response.value("headers", json::object()).contains(name)) << name;
    }
  }
};

TEST_F(Answers, OfTaskRoutesFit) {
  auto& live = gateway.add("default", "live", TaskStatus::running);
  live.view.queue_position = 3;
  gateway.add("default", "done", TaskStatus::success);
  gateway.page.tasks.push_back(live.view.task);

  expect_described("post", "/tasks", post("/tasks", kGoodTask));
  expect_described("post", "/tasks", post("/tasks", "{}"));
  expect_described("post", "/tasks", post("/tasks", "{"));
  expect_described("post", "/tasks", post("/tasks", kGoodTask, {{"Accept", "text/html"}}));
  expect_described("post", "/tasks", call(net::Method::post, "/tasks", {}, kGoodTask));
  gateway.refuse_next = Error(Errc::rate_limited, "full");
  gateway.refuse_next->with_retry_after(std::chrono::seconds(1));
  expect_described("post", "/tasks", post("/tasks", kGoodTask));
  gateway.refuse_next = Error(Errc::storage, "x");
  expect_described("post", "/tasks", post("/tasks", kGoodTask));
  gateway.finishes_while_waiting = true;
  expect_described("post", "/tasks", post("/tasks", kGoodTask, {{"Prefer", "wait=1"}}));

  expect_described("get", "/tasks", get("/tasks"));
  expect_described("get", "/tasks", get("/tasks?nope=1"));
  expect_described("put", "/tasks/{id}", put("/tasks/mine", kGoodTask));
  expect_described("put", "/tasks/{id}", put("/tasks/mine", kGoodTask));
  expect_described("put", "/tasks/{id}", put("/tasks/mine", R"({"model":"m","input":"x"})"));
  expect_described("get", "/tasks/{id}", get("/tasks/live"));
  expect_described("get", "/tasks/{id}", get("/tasks/done?include=input,events"));
  expect_described("get", "/tasks/{id}", get("/tasks/live", {{"If-None-Match", "*"}}));
  expect_described("get", "/tasks/{id}", get("/tasks/nobody"));
  expect_described("post", "/tasks/{id}/cancel", post("/tasks/live/cancel", ""));
  expect_described("post", "/tasks/{id}/cancel", post("/tasks/done/cancel", ""));
  expect_described("delete", "/tasks/{id}", del("/tasks/live"));
  expect_described("delete", "/tasks/{id}", del("/tasks/done"));
  expect_described("get", "/tasks/{id}", get("/tasks/done"));
}

TEST_F(Answers, OfAgentsFit) {
  gateway.add("default", "mine", TaskStatus::waiting);

  expect_described("get", "/tasks/{id}/steps", get("/tasks/mine/steps"));
  expect_described("get", "/tasks/{id}/tool_calls", get("/tasks/mine/tool_calls"));
  expect_described("get", "/tasks/{id}/tool_calls", get("/tasks/nobody/tool_calls"));
  expect_described("post", "/tasks/{id}/input",
                   post("/tasks/mine/input", R"({"approve":{"key":"tg_a"}})"));
  EXPECT_EQ(gateway.answered->key, "tg_a");
  expect_described("post", "/tasks/{id}/retry", post("/tasks/mine/retry", ""));
  expect_described("post", "/tasks/{id}/retry", post("/tasks/mine/retry", R"({"from_step":2})"));
  EXPECT_EQ(gateway.submitted_options.retry->from_step, 2);
  expect_described("post", "/tasks/{id}/retry", post("/tasks/mine/retry", R"({"from_step":0})"));
  expect_described("post", "/tasks/{id}/retry", post("/tasks/nobody/retry", "{}"));
  expect_described("post", "/tasks/{id}/input", post("/tasks/mine/input", "{}"));
  expect_described("post", "/tasks/{id}/input", post("/tasks/mine/input", "{"));
}

TEST_F(Answers, OfFollowingFit) {
  gateway.add("default", "done", TaskStatus::success);

  expect_described("get", "/tasks/{id}/stream", get("/tasks/done/stream"));
  expect_described("get", "/tasks/{id}/stream", get("/tasks/done/stream?after=2"));
  expect_described("get", "/tasks/{id}/stream", get("/tasks/nobody/stream"));
  expect_described("get", "/tasks/{id}/events", get("/tasks/done/events"));
  expect_described("get", "/tasks/{id}/events", get("/tasks/done/events?after=x"));
}

TEST_F(Answers, OfWebhooksFit) {
  store::Delivery delivery;
  delivery.id = 1;
  delivery.ref.tenant = "default";
  store.deliveries.push_back(delivery);
  store::DeliveryAttempt attempt;
  attempt.delivery_id = 1;
  store.attempts.push_back(attempt);

  expect_described("get", "/webhook_deliveries", get("/webhook_deliveries"));
  expect_described("get", "/webhook_deliveries", get("/webhook_deliveries?cursor=x"));
  expect_described("get", "/webhook_deliveries/{id}", get("/webhook_deliveries/delivery_1"));
  expect_described("get", "/webhook_deliveries/{id}", get("/webhook_deliveries/delivery_2"));
  expect_described("post", "/webhook_deliveries/{id}/redeliver",
                   post("/webhook_deliveries/delivery_1/redeliver", ""));
  expect_described("get", "/webhook_secret", get("/webhook_secret"));
}

TEST_F(Answers, OfKeysAndServiceFit) {
  const auto made = post("/keys", R"({"name":"a","scopes":["read"]})");
  expect_described("post", "/keys", made);
  expect_described("post", "/keys", post("/keys", "{}"));
  expect_described("get", "/keys", get("/keys"));
  expect_described("delete", "/keys/{id}", del("/keys/" + store.key_rows.at(0).id));
  expect_described("delete", "/keys/{id}", del("/keys/nobody"));
  expect_described("get", "/models", get("/models"));
  expect_described("get", "/livez", get("/livez"));
  expect_described("get", "/readyz", get("/readyz?verbose"));
  gateway.unready = "draining";
  expect_described("get", "/readyz", get("/readyz"));
  expect_described("get", "/openapi.json", get("/openapi.json"));
  expect_described("get", "/docs", get("/docs"));
  expect_described("get", "/errors/{code}", get("/errors/not_found"));
  expect_described("get", "/errors/{code}", get("/errors/nope"));
}

TEST_F(Answers, TheDocsNeedNothingFromElsewhere) {
  const auto page = get("/docs").body();

  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_EQ(page.find("innerHTML"), std::string::npos);
  EXPECT_NE(page.find("</html>"), std::string::npos);
}

}  // namespace
}  // namespace taskgate::test
