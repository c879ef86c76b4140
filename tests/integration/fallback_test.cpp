// fallback_models: who takes over when, and how the path taken can be read afterwards.

#include "support/chat_upstream.hpp"

#include <gtest/gtest.h>

namespace taskgate::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

const Json kToTwo{{"fallback_models", {"two/m"}}};

Json leg(const char* model, int attempts, const char* outcome) {
  return {{"model", model}, {"attempts", attempts}, {"outcome", outcome}};
}

std::vector<Json> data_of(const std::vector<StreamEvent>& events, const char* type) {
  std::vector<Json> found;
  for (const auto& event : events) {
    if (event.type == type) found.push_back(event.data);
  }
  return found;
}

TEST(Fallback, TakesOverWhenTheFirstHasNoMoney) {
  ChatUpstreams upstreams({"one", "two"});
  upstreams["one"].enqueue(chat_error(429, "insufficient_quota", "insufficient_quota"));
  upstreams["two"].enqueue(chat_answer("from two"));
  auto client = upstreams.client();
  const auto id = submit(client, "one/m", kToTwo);

  const auto task = client.wait_final(id);

  EXPECT_EQ(task["status"], "success") << task.dump();
  EXPECT_EQ(task["result"]["text"], "from two");
  EXPECT_EQ(task["attempts"], 2);
  EXPECT_EQ(task["model"]["requested"], "one/m");
  EXPECT_EQ(task["model"]["path"],
            Json::array({leg("one/m", 1, "quota"), leg("two/m", 1, "answered")}));
  EXPECT_EQ(task["steps"][0]["name"], "two/m");
  const auto events = upstreams.gateway().stream(id).rest();
  const auto running = data_of(events, "task.running");
  ASSERT_EQ(running.size(), 2U);
  EXPECT_EQ(running[0]["model"], "one/m");
  EXPECT_EQ(running[1]["model"], "two/m");
  const auto retrying = data_of(events, "task.retrying");
  ASSERT_EQ(retrying.size(), 1U);
  EXPECT_EQ(retrying[0]["reason"], "quota");
  EXPECT_EQ(retrying[0]["model"], "one/m");
  EXPECT_EQ(retrying[0]["next_model"], "two/m");
}

TEST(Fallback, TakesOverOnlyAfterTheRetriesOfWhatMayPass) {
  ChatUpstreams upstreams({"one", "two"});
  upstreams["one"].otherwise([](const SeenRequest&) { return chat_error(503, "overloaded"); });
  upstreams["two"].enqueue(chat_answer("from two"));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m", kToTwo));

  EXPECT_EQ(task["model"]["path"],
            Json::array({leg("one/m", 3, "overload"), leg("two/m", 1, "answered")}))
      << task.dump();
}

TEST(Fallback, AnotherModelMayTakeWhatThisOneRefuses) {
  struct Case {
    unsigned status;
    const char* code;
    bool falls_back;
  };
  for (const auto& c : {Case{400, "context_length_exceeded", true}, Case{401, "", true},
                        Case{403, "", true}, Case{404, "model_not_found", true},
                        Case{413, "", true}, Case{400, "", false}, Case{422, "", false}}) {
    SCOPED_TRACE(std::to_string(c.status) + " " + c.code);
    ChatUpstreams upstreams({"one", "two"});
    upstreams["one"].enqueue(chat_error(c.status, "invalid_request_error", c.code));
    upstreams["two"].enqueue(chat_answer("from two"));
    auto client = upstreams.client();

    const auto task = client.wait_final(submit(client, "one/m", kToTwo));

    EXPECT_EQ(task["status"], c.falls_back ? "success" : "failed") << task.dump();
    EXPECT_EQ(upstreams["two"].requests().size(), c.falls_back ? 1U : 0U);
  }
}

TEST(Fallback, AModelWhoseBreakerIsOpenIsPassedOverWithoutAnAttempt) {
  ChatUpstreams upstreams({"one", "two"}, [](app::Config& config) {
    config.engine.flow.breaker_failures = 1;
    config.engine.flow.breaker_open = 10min;
    config.engine.flow.breaker_open_most = 10min;
    config.engine.max_attempts = 1;
  });
  upstreams["one"].enqueue(chat_error(500, "server_error"));
  upstreams["two"].enqueue(chat_answer("from two"));
  auto client = upstreams.client();
  ASSERT_EQ(client.wait_final(submit(client, "one/m"))["status"], "failed");

  const auto task = client.wait_final(submit(client, "one/m", kToTwo));

  EXPECT_EQ(task["attempts"], 1) << task.dump();
  EXPECT_EQ(task["model"]["path"],
            Json::array({leg("one/m", 0, "passed_over"), leg("two/m", 1, "answered")}));
  EXPECT_EQ(upstreams["one"].requests().size(), 1U);
}

TEST(Fallback, WhenAllFailTheLastWordCounts) {
  ChatUpstreams upstreams({"one", "two"},
                          [](app::Config& config) { config.engine.max_attempts = 1; });
  upstreams["one"].enqueue(chat_error(401, "invalid_request_error", "invalid_api_key"));
  upstreams["two"].enqueue(chat_error(429, "insufficient_quota", "insufficient_quota"));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m", kToTwo));

  EXPECT_EQ(task["status"], "failed");
  EXPECT_EQ(task["model"]["path"],
            Json::array({leg("one/m", 1, "caller"), leg("two/m", 1, "quota")}))
      << task.dump();
  EXPECT_NE(task["errors"][0]["evidence"].get<std::string>().find("insufficient_quota"),
            std::string::npos);
}

TEST(Fallback, TextOfTheFirstIsNeverMixedIntoTheSecond) {
  ChatUpstreams upstreams({"one", "two"},
                          [](app::Config& config) { config.engine.max_attempts = 1; });
  auto cut = Reply::chunked(200, "text/event-stream");
  upstreams["one"].enqueue(cut.chunk(chat_delta("half an ans")).reset());
  upstreams["two"].enqueue(chat_answer("a whole one"));
  auto client = upstreams.client();
  const auto id = submit(client, "one/m", kToTwo);

  const auto events = upstreams.gateway().stream(id).rest();

  EXPECT_EQ(events.back().type, "task.success");
  EXPECT_EQ(text_of(events), "a whole one");
}

TEST(Fallback, ARestartGoesOnWithTheModelThatHadTakenOver) {
  ChatUpstreams upstreams({"one", "two"});
  upstreams["one"].enqueue(chat_error(429, "insufficient_quota", "insufficient_quota"));
  upstreams["one"].otherwise([](const SeenRequest&) { return chat_answer("one again?"); });
  upstreams["two"].enqueue(Reply().hang());
  upstreams["two"].enqueue(chat_answer("from two"));
  std::string id;
  {
    auto client = upstreams.client();
    id = submit(client, "one/m", kToTwo);
  }
  ASSERT_TRUE(upstreams["two"].wait_for_requests(1, 10s));

  upstreams.gateway().restart();

  auto client = upstreams.client();
  const auto task = client.wait_final(id);
  EXPECT_EQ(task["result"]["text"], "from two") << task.dump();
  EXPECT_EQ(task["model"]["path"],
            Json::array({leg("one/m", 1, "quota"), leg("two/m", 1, "answered")}));
  EXPECT_EQ(upstreams["one"].requests().size(), 1U);
}

TEST(Fallback, ModelsThatNobodyHasAreRefusedAtOnce) {
  ChatUpstreams upstreams({"one"});
  auto client = upstreams.client();

  const auto reply = client.post(
      "/tasks",
      {{"model", "one/m"}, {"input", "x"}, {"fallback_models", {"one/other", "nowhere/m"}}});

  EXPECT_EQ(reply.status, 422U);
  EXPECT_EQ(reply.json()["errors"][0]["path"], "/fallback_models/1") << reply.body;
}

TEST(Fallback, ATaskWithoutFallbacksHasNoPath) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer("x"));
  auto client = upstreams.client();

  const auto task = client.wait_final(submit(client, "one/m"));

  EXPECT_FALSE(task["model"].contains("path"));
}

}  // namespace
}  // namespace taskgate::test
