#include "unit/api/api_fixture.hpp"

namespace taskgate::test {
namespace {

using Submit = ApiFixture;

TEST_F(Submit, AnswersWithThePreformattedReply) {
  const auto response = post("/tasks", kGoodTask);
  const auto body = json_of(response);

  EXPECT_EQ(response.status(), 202U);
  EXPECT_EQ(header_of(response, "Location"), "/tasks/t1");
  EXPECT_EQ(header_of(response, "Retry-After"), "2");
  EXPECT_EQ(header_of(response, "Preference-Applied"), "respond-async");
  EXPECT_EQ(header_of(response, "Idempotency-Replayed"), "false");
  EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
  EXPECT_EQ(body, nlohmann::json::parse(R"({"id":"t1","object":"task","status":"queued",
    "created_at":"2023-11-14T22:13:20.000Z","queue":{"position":4},"estimated_duration_ms":4200,
    "poll_after_ms":1500,"links":{"self":"/tasks/t1","stream":"/tasks/t1/stream",
    "events":"/tasks/t1/events","cancel":"/tasks/t1/cancel"}})"));
  EXPECT_EQ(gateway.submitted_request.body, kGoodTask);
  EXPECT_FALSE(gateway.submitted_options.client_id);
}

TEST_F(Submit, ListsEveryFaultOfTheBody) {
  const auto response = post("/tasks", R"({"modle":"x","input":"","priority":"high"})");
  const auto body = json_of(response);

  EXPECT_EQ(response.status(), 422U);
  EXPECT_EQ(body["code"], "invalid_request");
  EXPECT_EQ(body["errors"].size(), 4U);
  EXPECT_EQ(gateway.submissions, 0U);
}

TEST_F(Submit, TellsMalformedFromInvalid) {
  const auto response = post("/tasks", R"({"model":)");

  EXPECT_EQ(response.status(), 400U);
  EXPECT_EQ(json_of(response)["code"], "malformed_request");
  EXPECT_EQ(gateway.submissions, 0U);
}

TEST_F(Submit, NeedsJsonBothWays) {
  const auto form = call(net::Method::post, "/tasks",
                         {{"Content-Type", "application/x-www-form-urlencoded"}}, kGoodTask);
  const auto none = call(net::Method::post, "/tasks", {}, kGoodTask);
  const auto html = post("/tasks", kGoodTask, {{"Accept", "text/html"}});

  EXPECT_EQ(form.status(), 415U);
  EXPECT_EQ(none.status(), 415U);
  EXPECT_EQ(html.status(), 406U);
  EXPECT_EQ(gateway.submissions, 0U);
}

TEST_F(Submit, AnUnknownModelIsAFaultOfTheModel) {
  const auto response = post("/tasks", R"({"model":"nobody/x","input":"hi"})");
  const auto body = json_of(response);

  EXPECT_EQ(response.status(), 422U);
  EXPECT_EQ(body["code"], "invalid_request");
  EXPECT_EQ(body["errors"][0]["path"], "/model");
}

TEST_F(Submit, AnUnknownModelIsExplainedWhereItIsNamed) {
  Error unknown(Errc::invalid_argument, "unknown model");
  gateway.refuse_next = unknown.with_detail("/fallback_models/1");
  const auto task = R"({"model":"sim/a","input":"hi","fallback_models":["sim/b","sim/c"]})";
  const auto fallback = post("/tasks", task);
  gateway.refuse_next = Error(Errc::invalid_argument, "unknown tool").with_detail("/tools/0");
  const auto tool = post("/tasks", task);

  EXPECT_EQ(json_of(fallback)["errors"][0]["path"], "/fallback_models/1");
  EXPECT_EQ(json_of(fallback)["errors"][0]["message"], "unknown model; is sim/c what you mean?");
  EXPECT_EQ(json_of(tool)["errors"][0]["message"], "unknown tool");
}

TEST_F(Submit, ReplaysAnIdempotencyKey) {
  const HeaderList quoted{{"Idempotency-Key", "\"k-1\""}};
  const HeaderList bare{{"Idempotency-Key", "k-1"}};
  const auto first = post("/tasks", kGoodTask, quoted);
  const auto again = post("/tasks", kGoodTask, bare);
  gateway.finish(gateway.at("default", "t1"), TaskStatus::success);
  const auto finished = post("/tasks", kGoodTask, quoted);
  const auto other = post("/tasks", R"({"model":"sim/echo","input":"other"})", quoted);

  EXPECT_EQ(header_of(first, "Idempotency-Replayed"), "false");
  EXPECT_EQ(again.status(), 202U);
  EXPECT_EQ(header_of(again, "Idempotency-Replayed"), "true");
  EXPECT_EQ(header_of(again, "Location"), "/tasks/t1");
  EXPECT_EQ(finished.status(), 200U);
  EXPECT_EQ(json_of(finished)["status"], "success");
  EXPECT_EQ(other.status(), 422U);
  EXPECT_EQ(json_of(other)["code"], "idempotency_key_reused");
}

TEST_F(Submit, RefusesAMalformedIdempotencyKey) {
  const auto response = post("/tasks", kGoodTask, {{"Idempotency-Key", "a b"}});

  EXPECT_EQ(response.status(), 400U);
  EXPECT_EQ(json_of(response)["code"], "invalid_idempotency_key");
  EXPECT_EQ(gateway.submissions, 0U);
}

TEST_F(Submit, WaitsWhenAskedTo) {
  gateway.finishes_while_waiting = true;
  const auto response = post("/tasks", kGoodTask, {{"Prefer", "wait=10"}});

  EXPECT_EQ(response.status(), 200U);
  EXPECT_EQ(gateway.waited, std::chrono::seconds(10));
  EXPECT_EQ(header_of(response, "Preference-Applied"), "wait=10");
  EXPECT_EQ(header_of(response, "Location"), "/tasks/t1");
  EXPECT_EQ(header_of(response, "ETag"), "\"t1-2\"");
  EXPECT_FALSE(header_of(response, "Retry-After"));
  EXPECT_EQ(response.body(), gateway.at("default", "t1").view.final_object);
}

TEST_F(Submit, AnswersAsyncWhenTheWaitRunsOut) {
  const auto response = post("/tasks", kGoodTask, {{"Prefer", "wait=2"}});

  EXPECT_EQ(response.status(), 202U);
  EXPECT_EQ(header_of(response, "Preference-Applied"), "respond-async, wait=2");
  EXPECT_EQ(json_of(response)["queue"]["position"], 4);
}

TEST_F(Submit, DoesNotWaitUnasked) {
  (void)post("/tasks", kGoodTask, {{"Prefer", "respond-async"}});

  EXPECT_FALSE(gateway.waited);
}

TEST_F(Submit, PassesOnAdmissionWithItsRetryAfter) {
  gateway.refuse_next = Error(Errc::overloaded, "the queue is full");
  gateway.refuse_next->with_retry_after(std::chrono::milliseconds(7500));
  const auto busy = post("/tasks", kGoodTask);
  gateway.refuse_next = Error(Errc::rate_limited, "too many tasks");
  gateway.refuse_next->with_retry_after(std::chrono::seconds(3));
  const auto limited = post("/tasks", kGoodTask);
  gateway.refuse_next = Error(Errc::storage, "disk on fire");
  const auto broken = post("/tasks", kGoodTask);

  EXPECT_EQ(busy.status(), 503U);
  EXPECT_EQ(header_of(busy, "Retry-After"), "8");
  EXPECT_EQ(limited.status(), 429U);
  EXPECT_EQ(header_of(limited, "Retry-After"), "3");
  EXPECT_EQ(broken.status(), 503U);
  EXPECT_TRUE(header_of(broken, "Retry-After"));
  EXPECT_EQ(broken.body().find("fire"), std::string::npos);
}

TEST_F(Submit, PutMakesATaskUnderTheClientsId) {
  const auto made = put("/tasks/order-17", kGoodTask);
  const auto again = put("/tasks/order-17", kGoodTask);
  const auto other = put("/tasks/order-17", R"({"model":"sim/echo","input":"x"})");

  EXPECT_EQ(made.status(), 202U);
  EXPECT_EQ(header_of(made, "Location"), "/tasks/order-17");
  EXPECT_EQ(json_of(made)["id"], "order-17");
  EXPECT_EQ(again.status(), 200U);
  EXPECT_EQ(json_of(again)["status"], "queued");
  EXPECT_EQ(other.status(), 409U);
  EXPECT_EQ(json_of(other)["code"], "conflict");
}

TEST_F(Submit, PutRefusesIdsThatAreNotPlain) {
  for (const auto* id : {".a", "-a", "_a", "a%20b", "a%2Fb", "%C3%A9", "a%22", "a:b"})
    EXPECT_EQ(put("/tasks/" + std::string(id), kGoodTask).status(), 422U) << id;
  EXPECT_EQ(put("/tasks/" + std::string(129, 'a'), kGoodTask).status(), 422U);
  EXPECT_EQ(put("/tasks/" + std::string(128, 'a'), kGoodTask).status(), 202U);
  EXPECT_EQ(put("/tasks/0.A_b-9", kGoodTask).status(), 202U);
}

TEST_F(Submit, PutListsFaultsToo) {
  const auto response = put("/tasks/a", "{}");

  EXPECT_EQ(response.status(), 422U);
  EXPECT_EQ(json_of(response)["errors"].size(), 2U);
}

TEST_F(Submit, APurgedTaskIsGoneForPutToo) {
  gateway.add("default", "a", TaskStatus::success);
  (void)del("/tasks/a");

  EXPECT_EQ(put("/tasks/a", kGoodTask).status(), 410U);
}

TEST_F(Submit, WhatOtherApisCallAFieldIsKnown) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("max_tokens":5)", "\"max_output_tokens\""},
      {R"("max_completion_tokens":5)", "\"max_output_tokens\""},
      {R"("prompt":"hi")", "\"input\""},
      {R"("messages":[{"role":"user","content":"hi"}])", "\"input\""},
      {R"("system":"be brief")", "\"instructions\""},
      {R"("response_format":{"type":"json_object"})", "\"output_schema\""},
      {R"("stream":true)", "GET /tasks/{id}/stream"},
  };
  for (const auto& [member, wanted] : cases) {
    const auto refused =
        post("/tasks", R"({"model":"sim/echo","input":"x",)" + std::string(member) + "}");
    EXPECT_EQ(refused.status(), 422U) << member;
    const auto message = json_of(refused)["errors"][0]["message"].get<std::string>();
    EXPECT_NE(message.find(wanted), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace taskgate::test
