#include "unit/api/api_fixture.hpp"

#include <regex>

namespace taskgate::test {
namespace {

class Stream : public ApiFixture {
 protected:
  /// queued, running, two deltas; success when `finished`.
  FakeTask& make_task(bool finished) {
    auto& fake = gateway.add("default", "a", TaskStatus::running);
    gateway.log(fake, EventType::task_running, R"("attempt":1)");
    gateway.log(fake, EventType::output_delta, R"("delta":{"type":"text_delta","text":"he"})");
    gateway.log(fake, EventType::output_delta, R"("delta":{"type":"text_delta","text":"llo"})");
    if (finished) gateway.finish(fake, TaskStatus::success);
    return fake;
  }

  static std::vector<int> ids_in(const std::string& text) {
    std::vector<int> ids;
    const std::regex line("(?:^|\n)id: (\\d+)");
    for (std::sregex_iterator it(text.begin(), text.end(), line), end; it != end; ++it)
      ids.push_back(std::stoi((*it)[1].str()));
    return ids;
  }
};

TEST_F(Stream, SendsTheWholeLogAndEnds) {
  make_task(true);
  const auto response = get("/tasks/a/stream", {{"Accept", "text/event-stream"}});
  const auto writer = read_stream(response, 100);

  EXPECT_EQ(response.status(), 200U);
  EXPECT_EQ(header_of(response, "Content-Type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(header_of(response, "Cache-Control"), "no-cache, no-transform");
  EXPECT_EQ(header_of(response, "X-Accel-Buffering"), "no");
  EXPECT_EQ(writer.writes.at(0), "retry: 2000\n\n: connected\n\n");
  EXPECT_EQ(ids_in(writer.all()), (std::vector{1, 2, 3, 4, 5}));
  EXPECT_NE(
      writer.all().find("id: 4\nevent: output.delta\ndata: {\"type\":\"output.delta\",\"seq\":4,"
                        "\"task_id\":\"a\",\"at\":\"2023-11-14T22:13:21.000Z\",\"delta\":{\"type\":"
                        "\"text_delta\",\"text\":\"llo\"}}\n\n"),
      std::string::npos)
      << writer.all();
  EXPECT_LT(writer.writes.size(), 6U) << "frames that are there together go in one write";
}

TEST_F(Stream, ResumesAfterTheCursor) {
  make_task(true);
  const auto by_header = read_stream(get("/tasks/a/stream?after=1", {{"Last-Event-ID", "3"}}), 100);
  const auto by_query = read_stream(get("/tasks/a/stream?after=4"), 100);
  const auto by_alias = read_stream(get("/tasks/a/stream?starting_after=2"), 100);

  EXPECT_EQ(ids_in(by_header.all()), (std::vector{4, 5}));
  EXPECT_EQ(ids_in(by_query.all()), (std::vector{5}));
  EXPECT_EQ(ids_in(by_alias.all()), (std::vector{3, 4, 5}));
}

TEST_F(Stream, GarbageMeansFromTheStart) {
  make_task(true);
  for (const auto* cursor : {"x", "-1", "1.5", "3 4", "", "99999999999999999999999", "0x2"}) {
    const auto header =
        read_stream(get("/tasks/a/stream?after=4", {{"Last-Event-ID", cursor}}), 100);
    EXPECT_EQ(ids_in(header.all()).size(), 5U) << cursor;
  }
  for (const auto* cursor : {"x", "-1", "%zz", ""}) {
    const auto query = read_stream(get("/tasks/a/stream?after=" + std::string(cursor)), 100);
    EXPECT_EQ(ids_in(query.all()).size(), 5U) << cursor;
  }
}

TEST_F(Stream, ACursorPastALiveLogMeansFromTheStart) {
  make_task(false);
  const auto writer = read_stream(get("/tasks/a/stream?after=1000"), 3);

  EXPECT_EQ(ids_in(writer.all()), (std::vector{1, 2, 3, 4}));
}

TEST_F(Stream, TheEndOfAFinishedTaskHasNoContent) {
  make_task(true);

  for (const auto* cursor : {"5", "6", "1000"}) {
    const auto response = get("/tasks/a/stream", {{"Last-Event-ID", cursor}});
    EXPECT_EQ(response.status(), 204U) << cursor;
    EXPECT_FALSE(response.feed()) << cursor;
  }
  EXPECT_EQ(get("/tasks/a/stream?after=4").status(), 200U);
}

TEST_F(Stream, AnIdleStreamGetsComments) {
  make_task(false);
  const auto begun = std::chrono::steady_clock::now();
  const auto writer = read_stream(get("/tasks/a/stream?after=4"), 4);

  ASSERT_EQ(writer.writes.size(), 4U);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_TRUE(writer.writes[i].starts_with(":")) << writer.writes[i];
    EXPECT_TRUE(writer.writes[i].ends_with("\n\n")) << writer.writes[i];
  }
  // The preamble, then three heartbeats, seven milliseconds apart.
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 3 * std::chrono::milliseconds(7));
  EXPECT_GT(FakeSubscription::last_deadline, begun);
}

TEST_F(Stream, StopsWhenTheClientIsGone) {
  make_task(true);
  const auto writer = read_stream(get("/tasks/a/stream"), 1);

  EXPECT_EQ(writer.writes.size(), 1U);
}

TEST_F(Stream, EndsWhenTheContentIsPurgedUnderWay) {
  auto& fake = make_task(true);
  const auto response = get("/tasks/a/stream");
  fake.view.task.purged = true;
  const auto writer = read_stream(response, 100);

  EXPECT_TRUE(ids_in(writer.all()).empty());
}

TEST_F(Stream, AnswersInItsOwnMediaType) {
  make_task(true);

  EXPECT_EQ(get("/tasks/a/stream", {{"Accept", "application/json"}}).status(), 406U);
}

TEST_F(Stream, EventsArePages) {
  make_task(true);
  const auto first = json_of(get("/tasks/a/events?limit=2"));
  const auto second = json_of(get("/tasks/a/events?after=2&limit=1000"));
  const auto end = json_of(get("/tasks/a/events?after=5"));

  EXPECT_EQ(first["object"], "list");
  EXPECT_EQ(first["last_seq"], 5);
  EXPECT_EQ(first["has_more"], true);
  ASSERT_EQ(first["data"].size(), 2U);
  EXPECT_EQ(first["data"][0]["type"], "task.queued");
  EXPECT_EQ(first["data"][1]["seq"], 2);
  EXPECT_EQ(second["data"].size(), 3U);
  EXPECT_EQ(second["has_more"], false);
  EXPECT_EQ(end["data"].size(), 0U);
  EXPECT_EQ(end["has_more"], false);
}

TEST_F(Stream, EventPagesRefuseBadCursors) {
  make_task(true);

  for (const auto* query : {"after=x", "after=-1", "limit=0", "limit=1001", "aftr=1"})
    EXPECT_EQ(get("/tasks/a/events?" + std::string(query)).status(), 400U) << query;
}

}  // namespace
}  // namespace taskgate::test
