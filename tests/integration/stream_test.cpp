// Following a task: every event once, in order, at any age, over any number of cuts.

#include "support/test_gateway.hpp"

#include <gtest/gtest.h>

#include <random>

namespace taskgate::test {
namespace {

std::string submit_streamed(ApiClient& client, const std::string& model) {
  return client.post("/tasks", {{"model", model}, {"input", "please"}, {"seed", 7}})
      .json()["id"]
      .get<std::string>();
}

void expect_dense(const std::vector<StreamEvent>& events) {
  std::uint64_t expected = 0;
  for (const auto& event : events) {
    ++expected;
    EXPECT_EQ(event.id, std::to_string(expected));
    EXPECT_EQ(event.data["seq"], expected);
    EXPECT_EQ(event.data["type"], event.type);
  }
}

TEST(Stream, TellsTheWholeStoryWhileItHappens) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = submit_streamed(client, "sim/lorem?tokens=40&tps=200");

  auto stream = gateway.stream(id);
  EXPECT_EQ(stream.status(), 200U);
  EXPECT_EQ(stream.header("content-type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(stream.header("cache-control"), "no-cache, no-transform");
  EXPECT_EQ(stream.header("x-accel-buffering"), "no");
  const auto events = stream.rest();

  expect_dense(events);
  ASSERT_GE(events.size(), 4U);
  EXPECT_EQ(events[0].type, "task.queued");
  EXPECT_EQ(events[1].type, "task.running");
  EXPECT_EQ(events.back().type, "task.success");
  EXPECT_EQ(text_of(events), events.back().data["task"]["result"]["text"]);
  EXPECT_EQ(events.back().data["task"], client.get("/tasks/" + id).json());
}

TEST(Stream, ReplaysAFinishedTaskAndThenSaysThereIsNothingMore) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = submit_streamed(client, "sim/lorem?tokens=20&tps=0");
  (void)client.wait_final(id);

  const auto events = gateway.stream(id).rest();
  const auto after = gateway.stream(id, events.back().id);

  expect_dense(events);
  EXPECT_EQ(after.status(), 204U);
}

TEST(Stream, GarbageCursorMeansFromTheStart) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = submit_streamed(client, "sim/echo");
  (void)client.wait_final(id);

  for (const char* cursor : {"abc", "-1", "1e9", "99999999999999999999999999"}) {
    const auto events = gateway.stream(id, cursor).rest();
    ASSERT_FALSE(events.empty()) << cursor;
    EXPECT_EQ(events.front().id, "1") << cursor;
  }
}

TEST(Stream, HeaderWinsOverTheQuery) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = submit_streamed(client, "sim/echo");
  (void)client.wait_final(id);

  const auto by_header =
      EventStream(gateway.port(), "/tasks/" + id + "/stream?after=0", "1").rest();
  const auto by_query = EventStream(gateway.port(), "/tasks/" + id + "/stream?after=2").rest();
  const auto by_alias =
      EventStream(gateway.port(), "/tasks/" + id + "/stream?starting_after=2").rest();

  EXPECT_EQ(by_header.front().id, "2");
  EXPECT_EQ(by_query.front().id, "3");
  EXPECT_EQ(by_alias.front().id, "3");
}

TEST(Stream, ALogOfManyPagesIsStreamedToItsEnd) {
  TestGateway gateway;
  auto client = gateway.client();
  std::string input;
  for (int i = 0; i < 80'000; ++i) input += "word ";
  const auto task =
      client.post("/tasks", {{"model", "sim/echo"}, {"input", input}}, {{"Prefer", "wait=60"}});
  ASSERT_EQ(task.status, 200) << task.body.substr(0, 300);
  const auto id = task.json()["id"].get<std::string>();

  const auto events = gateway.stream(id).rest();

  expect_dense(events);
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().type, "task.success");
  EXPECT_EQ(text_of(events).size(), task.json()["result"]["text"].get<std::string>().size());
}

TEST(Stream, IdleStreamsGetHeartbeats) {
  app::Overrides overrides;
  overrides.stream_heartbeat = std::chrono::milliseconds{20};
  TestGateway gateway({}, overrides);
  auto client = gateway.client();
  const auto id = submit_streamed(client, "sim/slow?ttft=500ms");

  auto stream = gateway.stream(id);
  (void)stream.rest();

  EXPECT_GE(stream.comments(), 3U);
}

TEST(Stream, ResumesOverFiveHundredCuts) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = submit_streamed(client, "sim/lorem?tokens=800&tps=400");
  std::mt19937 random(7);
  std::vector<StreamEvent> seen;

  // Each connection is dropped after a few events: what was sent and not read is lost with it.
  int cuts = 0;
  for (;;) {
    auto stream = gateway.stream(id, seen.empty() ? "" : seen.back().id);
    if (stream.status() == 204U) break;
    const auto keep = 1 + random() % 3;
    bool ended = false;
    for (unsigned i = 0; i < keep && !ended; ++i) {
      auto event = stream.next();
      if (event) {
        seen.push_back(std::move(*event));
      } else {
        ended = true;
      }
    }
    if (ended) break;
    ++cuts;
  }

  expect_dense(seen);
  EXPECT_EQ(text_of(seen), seen.back().data["task"]["result"]["text"]);
  EXPECT_GT(cuts, 5);  // a slow machine puts more text into each event
}

TEST(Stream, AReaderOverARestartMissesNothing) {
  TestGateway gateway;
  std::string id;
  std::vector<StreamEvent> seen;
  {
    auto client = gateway.client();
    id = submit_streamed(client, "sim/lorem?tokens=200&tps=100");
    auto stream = gateway.stream(id);
    for (int i = 0; i < 10; ++i) seen.push_back(*stream.next());
  }
  gateway.restart();

  auto stream = gateway.stream(id, seen.back().id);
  for (auto& event : stream.rest()) seen.push_back(std::move(event));

  expect_dense(seen);
  EXPECT_EQ(seen.back().type, "task.success");
  EXPECT_EQ(text_of(seen), seen.back().data["task"]["result"]["text"]);
}

TEST(Events, ThePageHoldsTheSameObjects) {
  TestGateway gateway;
  auto client = gateway.client();
  const auto id = submit_streamed(client, "sim/lorem?tokens=20&tps=0");
  (void)client.wait_final(id);
  const auto events = gateway.stream(id).rest();

  const auto first = client.get("/tasks/" + id + "/events?limit=2").json();
  const auto rest = client.get("/tasks/" + id + "/events?after=2").json();

  ASSERT_EQ(first["data"].size(), 2U);
  EXPECT_TRUE(first["has_more"].get<bool>());
  EXPECT_EQ(first["data"][0], events[0].data);
  EXPECT_EQ(rest["data"].size(), events.size() - 2);
  EXPECT_EQ(rest["data"].back(), events.back().data);
}

}  // namespace
}  // namespace taskgate::test
