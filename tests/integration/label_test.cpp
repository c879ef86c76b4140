// Labels: taken for finished tasks alone, the last word counts, and after enough of them the
// confidence is calibrated, also after a restart.

#include "support/chat_upstream.hpp"

#include <gtest/gtest.h>

namespace taskgate::test {
namespace {

using Json = nlohmann::json;

ApiReply label(ApiClient& client, const std::string& id, const Json& body) {
  return client.post("/tasks/" + id + "/label", body);
}

TEST(Label, IsTakenAndReplaced) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_tokens({{"yes", -0.1}}));
  auto client = upstreams.client();
  const auto id = submit(client, "one/m", {{"logprobs", true}});
  const auto task = client.wait_final(id);

  const auto first = label(client, id, {{"correct", false}, {"note", "no"}});
  const auto second = label(client, id, {{"correct", true}});

  ASSERT_EQ(first.status, 200U) << first.body;
  EXPECT_EQ(first.json()["note"], "no");
  EXPECT_EQ(first.json()["score"], task["confidence"]["score"]);
  ASSERT_EQ(second.status, 200U);
  EXPECT_EQ(second.json()["correct"], true);
  EXPECT_EQ(second.json()["note"], nullptr);
  EXPECT_EQ(second.json()["labels"], 1) << "the same task twice is one label";
}

TEST(Label, NeedsAFinishedTaskOfTheTenantAndABodyThatSaysSomething) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].enqueue(chat_answer("hello"));
  upstreams["one"].enqueue(Reply().hang());
  auto client = upstreams.client();
  const auto done = submit(client, "one/m");
  (void)client.wait_final(done);
  const auto live = submit(client, "one/m");

  EXPECT_EQ(label(client, "task_01ARZ3NDEKTSV4RRFFQ69G5FAV", {{"correct", true}}).status, 404U);
  EXPECT_EQ(label(client, live, {{"correct", true}}).status, 409U);
  const auto faulty = label(client, done, {{"corect", true}, {"note", 7}});
  EXPECT_EQ(faulty.status, 422U);
  EXPECT_EQ(faulty.json()["errors"].size(), 3U) << faulty.body;
  const auto target = "/tasks/" + done + "/label";
  EXPECT_EQ(client.call("POST", target, "{").status, 400U);
  EXPECT_EQ(client.call("POST", target, "{}", {{"Content-Type", "text/plain"}}).status, 415U);
  EXPECT_EQ(label(client, done, {{"correct", true}}).json()["score"], nullptr);
  ASSERT_EQ(client.call("DELETE", "/tasks/" + done).status, 204U);
  EXPECT_EQ(label(client, done, {{"correct", true}}).status, 410U);
}

TEST(Label, TwoHundredOfThemCalibrateTheRoute) {
  ChatUpstreams upstreams({"one"});
  upstreams["one"].otherwise([](const SeenRequest&) { return chat_tokens({{"yes", -0.1054}}); });
  auto client = upstreams.client();
  const Json wanted{{"logprobs", true}};
  std::vector<std::string> ids;
  for (int i = 0; i < 200; ++i) ids.push_back(submit(client, "one/m", wanted));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSERT_EQ(client.wait_final(ids[i])["confidence"]["calibrated"], false);
    if (i + 1 == ids.size()) {
      EXPECT_EQ(model_status(client, "one/m")["calibration"][0]["calibrated"], false);
      EXPECT_EQ(model_status(client, "one/m")["calibration"][0]["labels"], 199);
    }
    // It says 0.9 and is right in half of the cases.
    ASSERT_EQ(label(client, ids[i], {{"correct", i % 2 == 0}}).status, 200U);
  }

  for (const bool restarted : {false, true}) {
    SCOPED_TRACE(restarted);
    if (restarted) upstreams.gateway().restart();
    auto asking = upstreams.client();
    const auto task = asking.wait_final(submit(asking, "one/m", wanted));
    EXPECT_EQ(task["confidence"]["calibrated"], true) << task.dump();
    EXPECT_NEAR(task["confidence"]["score"].get<double>(), 0.5, 0.001);
    EXPECT_NEAR(task["confidence"]["raw_score"].get<double>(), 0.9, 0.001);
    const auto calibration = model_status(asking, "one/m")["calibration"];
    ASSERT_EQ(calibration.size(), 1U);
    EXPECT_EQ(calibration[0]["labels"], 200);
    EXPECT_EQ(calibration[0]["output_schema"], nullptr);
    EXPECT_LT(calibration[0]["error"].get<double>(), 0.25);
  }
}

}  // namespace
}  // namespace taskgate::test
