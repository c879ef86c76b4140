#include "taskgate/core/ids.hpp"
#include "unit/api/api_fixture.hpp"

namespace taskgate::test {
namespace {

using Tasks = ApiFixture;

TEST_F(Tasks, AFinalTaskIsSentAsItIsStored) {
  auto& fake = gateway.add("default", "a", TaskStatus::partial_success);
  fake.view.final_object = R"({"id":"a",   "odd spacing":1.00})";
  const auto response = get("/tasks/a");

  EXPECT_EQ(response.status(), 200U);
  EXPECT_EQ(response.body(), R"({"id":"a",   "odd spacing":1.00})");
  EXPECT_EQ(header_of(response, "Content-Type"), "application/json");
  EXPECT_EQ(header_of(response, "ETag"), "\"a-2\"");
  EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
  EXPECT_FALSE(header_of(response, "Retry-After"));
}

TEST_F(Tasks, ALiveTaskSaysWhenToAskAgain) {
  gateway.add("default", "a", TaskStatus::running);
  const auto response = get("/tasks/a");
  const auto body = json_of(response);

  EXPECT_EQ(response.status(), 200U);
  EXPECT_EQ(header_of(response, "Retry-After"), "2");
  EXPECT_EQ(body["status"], "running");
  EXPECT_EQ(body["poll_after_ms"], 1500);
}

TEST_F(Tasks, WaitIsALongPoll) {
  gateway.add("default", "a", TaskStatus::running);
  gateway.finishes_while_waiting = true;
  const auto response = get("/tasks/a?wait=60");

  EXPECT_EQ(gateway.waited, std::chrono::seconds(60));
  EXPECT_EQ(json_of(response)["status"], "success");
}

TEST_F(Tasks, WaitOfZeroDoesNotWait) {
  gateway.add("default", "a", TaskStatus::running);
  (void)get("/tasks/a?wait=0");

  EXPECT_FALSE(gateway.waited);
}

TEST_F(Tasks, RefusesParametersItDoesNotKnow) {
  gateway.add("default", "a", TaskStatus::running);

  for (const auto* query : {"wait=61", "wait=-1", "wait=x", "wait=", "include=inputs",
                            "include=", "wiat=1", "wait=1&wait=2", "%zz"}) {
    const auto response = get("/tasks/a?" + std::string(query));
    EXPECT_EQ(response.status(), 400U) << query;
    EXPECT_EQ(json_of(response)["code"], "invalid_parameter") << query;
  }
}

TEST_F(Tasks, IncludesInputAndEvents) {
  auto& fake = gateway.add("default", "a", TaskStatus::success);
  fake.body = R"({"model":"sim/echo","input":[{"role":"user","content":"héllo \n"}]})";
  const auto body = json_of(get("/tasks/a?include=input,steps,tool_calls,events"));

  EXPECT_EQ(body["id"], "a");
  EXPECT_EQ(body["input"][0]["content"], "héllo \n");
  EXPECT_EQ(body["events"]["object"], "list");
  EXPECT_EQ(body["events"]["data"].size(), 2U);
  EXPECT_EQ(body["events"]["data"][1]["type"], "task.success");
  EXPECT_EQ(body["events"]["has_more"], false);
}

TEST_F(Tasks, AnswersNotModified) {
  auto& fake = gateway.add("default", "a", TaskStatus::running);
  const auto live = get("/tasks/a", {{"If-None-Match", "\"a-1\""}});
  gateway.finish(fake, TaskStatus::failed);
  const auto changed = get("/tasks/a", {{"If-None-Match", "\"a-1\""}});
  const auto final = get("/tasks/a", {{"If-None-Match", "W/\"a-2\""}});

  EXPECT_EQ(live.status(), 304U);
  EXPECT_EQ(header_of(live, "Retry-After"), "2");
  EXPECT_EQ(header_of(live, "ETag"), "\"a-1\"");
  EXPECT_TRUE(live.body().empty());
  EXPECT_EQ(changed.status(), 200U);
  EXPECT_EQ(final.status(), 304U);
  EXPECT_FALSE(header_of(final, "Retry-After"));
}

TEST_F(Tasks, CancelIsAcceptedOnceAndThenUnchanged) {
  auto& fake = gateway.add("default", "a", TaskStatus::running);
  const auto live = post("/tasks/a/cancel", "");
  gateway.finish(fake, TaskStatus::cancelled);
  const auto final = post("/tasks/a/cancel", "{}");
  const auto fields = post("/tasks/a/cancel", R"({"reason":"x"})");

  EXPECT_EQ(live.status(), 202U);
  EXPECT_TRUE(header_of(live, "Retry-After"));
  EXPECT_EQ(final.status(), 200U);
  EXPECT_EQ(json_of(final)["status"], "cancelled");
  EXPECT_EQ(fields.status(), 422U);
}

TEST_F(Tasks, DeletePurgesFinalTasksOnly) {
  auto& fake = gateway.add("default", "a", TaskStatus::running);
  const auto live = del("/tasks/a");
  gateway.finish(fake, TaskStatus::success);
  const auto done = del("/tasks/a");
  const auto again = del("/tasks/a");

  EXPECT_EQ(live.status(), 409U);
  EXPECT_EQ(json_of(live)["code"], "conflict");
  EXPECT_EQ(done.status(), 204U);
  EXPECT_TRUE(done.body().empty());
  EXPECT_EQ(again.status(), 204U);
}

TEST_F(Tasks, APurgedTaskIsGoneOnEveryRoute) {
  gateway.add("default", "a", TaskStatus::success);
  (void)del("/tasks/a");

  for (const auto* path : {"/tasks/a", "/tasks/a?include=events", "/tasks/a/stream",
                           "/tasks/a/stream?after=2", "/tasks/a/events"}) {
    const auto response = get(path);
    EXPECT_EQ(response.status(), 410U) << path;
    EXPECT_EQ(json_of(response)["code"], "purged") << path;
  }
  EXPECT_EQ(post("/tasks/a/cancel", "").status(), 410U);
}

TEST_F(Tasks, ListPassesItsFiltersOn) {
  const auto response =
      get("/tasks?status=queued,failed&model=sim%2Fecho&tag=x&metadata.customer=42&metadata.a.b=c"
          "&created_after=2026-01-01T00:00:00Z&created_before=2026-02-01T00:00:00%2B01:00&limit=5");
  ASSERT_EQ(response.status(), 200U) << response.body();
  const auto& filter = *gateway.listed;

  EXPECT_EQ(filter.tenant, "default");
  EXPECT_EQ(filter.statuses, (std::vector{TaskStatus::queued, TaskStatus::failed}));
  EXPECT_EQ(filter.model, "sim/echo");
  EXPECT_EQ(filter.tag, "x");
  ASSERT_EQ(filter.metadata.size(), 2U);
  EXPECT_EQ(filter.metadata[0], (std::pair<std::string, std::string>("customer", "42")));
  EXPECT_EQ(filter.metadata[1].first, "a.b");
  EXPECT_EQ(to_rfc3339(*filter.created_after), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(*filter.created_before), "2026-01-31T23:00:00.000Z");
  EXPECT_EQ(filter.limit, 5);
  EXPECT_FALSE(filter.before);
}

TEST_F(Tasks, ListIsAPageWithACursor) {
  const auto& task = gateway.add("default", "b", TaskStatus::success).view.task;
  gateway.page.tasks.push_back(task);
  gateway.page.tasks[0].metadata = R"({"k":1})";
  gateway.page.tasks[0].progress = 0.25;
  gateway.page.has_more = true;
  gateway.page.next_before = task.ref.id;
  const auto body = json_of(get("/tasks"));
  const auto next = get("/tasks?cursor=" + body["next_cursor"].get<std::string>());

  EXPECT_EQ(body["object"], "list");
  EXPECT_EQ(body["has_more"], true);
  EXPECT_EQ(body["data"][0]["id"], "b");
  EXPECT_EQ(body["data"][0]["status"], "success");
  EXPECT_EQ(body["data"][0]["progress"], 0.25);
  EXPECT_EQ(body["data"][0]["model"]["requested"], "sim/echo");
  EXPECT_EQ(body["data"][0]["metadata"]["k"], 1);
  EXPECT_EQ(body["data"][0]["links"]["self"], "/tasks/b");
  EXPECT_EQ(next.status(), 200U);
  EXPECT_EQ(gateway.listed->before, task.ref.id);
  EXPECT_EQ(gateway.listed->limit, 20);
}

TEST_F(Tasks, APageWithoutMatchesIsNotTheEndOfTheList) {
  gateway.page.has_more = true;  // the store has looked at as many rows as it may for one page
  gateway.page.next_before = make_task_id(SystemClock().now());

  const auto body = json_of(get("/tasks?tag=rare"));

  EXPECT_EQ(body["data"].size(), 0U);
  EXPECT_EQ(body["has_more"], true);
  EXPECT_TRUE(body["next_cursor"].is_string());
}

TEST_F(Tasks, TheLastPageHasNoCursor) {
  const auto body = json_of(get("/tasks"));

  EXPECT_EQ(body["data"].size(), 0U);
  EXPECT_EQ(body["has_more"], false);
  EXPECT_TRUE(body["next_cursor"].is_null());
}

TEST_F(Tasks, ListRefusesBadFilters) {
  for (const auto* query : {"status=done", "status=", "limit=0", "limit=101", "created_after=today",
                            "metadata=x", "metadta.x=1", "satus=queued", "offset=1"}) {
    const auto response = get("/tasks?" + std::string(query));
    EXPECT_EQ(response.status(), 400U) << query;
    EXPECT_EQ(json_of(response)["code"], "invalid_parameter") << query;
  }
  EXPECT_NE(get("/tasks?satus=queued").body().find("did you mean \\\"status\\\"?"),
            std::string::npos);
}

TEST_F(Tasks, ListRefusesBadCursors) {
  for (const auto* cursor : {"", "x", "dAAA", "%20", "ZDE"}) {
    const auto response = get("/tasks?cursor=" + std::string(cursor));
    EXPECT_EQ(response.status(), 400U) << cursor;
    EXPECT_EQ(json_of(response)["code"], "invalid_cursor") << cursor;
  }
}

TEST_F(Tasks, ALabelSaysEachThingOnce) {
  gateway.add("default", "a", TaskStatus::success);
  const auto twice = post("/tasks/a/label", R"({"correct":true,"corr\u0065ct":false})");

  EXPECT_EQ(twice.status(), 422U);
  EXPECT_EQ(json_of(twice)["errors"][0]["path"], "/correct");
  EXPECT_EQ(json_of(twice)["errors"][0]["message"], "is given twice");
}

TEST_F(Tasks, ANoteOfNullIsNone) {
  gateway.add("default", "a", TaskStatus::success);
  const auto labelled = post("/tasks/a/label", R"({"correct":true,"note":null})");

  EXPECT_EQ(labelled.status(), 200U) << labelled.body();
  EXPECT_EQ(json_of(labelled)["note"], nullptr);
}

}  // namespace
}  // namespace taskgate::test
