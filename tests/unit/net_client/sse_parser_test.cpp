// Vectors after web-platform-tests/wpt eventsource/ and shared/notes/sse-vectors.md, each fed
// whole, cut in two at every byte, and byte by byte.
#include "taskgate/net/sse.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace taskgate::net {
namespace {

using namespace std::string_literals;

struct Got {
  std::string event;
  std::string data;
  std::string id;
  bool unterminated = false;
  bool bare_json = false;
  bool operator==(const Got&) const = default;
};

void PrintTo(const Got& got, std::ostream* out) {
  *out << '[' << got.event << '|' << got.id << '|' << got.data << (got.unterminated ? "|cut" : "")
       << (got.bare_json ? "|bare" : "") << ']';
}

class Collector final : public SseVisitor {
 public:
  void on_event(const SseEvent& event) override {
    Got one;
    one.event = event.event;
    one.data = event.data;
    one.id = event.id;
    one.unterminated = event.unterminated;
    one.bare_json = event.bare_json;
    got.push_back(std::move(one));
  }
  std::vector<Got> got;
};

Got event(std::string data, std::string type = "", std::string id = "") {
  Got one;
  one.data = std::move(data);
  one.event = std::move(type);
  one.id = std::move(id);
  return one;
}

Got cut(std::string data) {
  Got one = event(std::move(data));
  one.unterminated = true;
  return one;
}

Got bare(std::string data) {
  Got one = event(std::move(data));
  one.bare_json = true;
  return one;
}

std::vector<Got> parse(const std::vector<std::string>& pieces) {
  SseParser parser;
  Collector collector;
  for (const std::string& piece : pieces) {
    // A copy of its own, so that a view kept past the feed is caught by the address sanitizer.
    const std::string fed = piece;
    EXPECT_EQ(parser.feed(fed, collector), SseParser::Status::ok);
  }
  EXPECT_EQ(parser.finish(collector), SseParser::Status::ok);
  return std::move(collector.got);
}

// The same events whatever the cuts.
void expect_events(const std::string& bytes, const std::vector<Got>& expected) {
  EXPECT_EQ(parse({bytes}), expected) << "whole";
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    EXPECT_EQ(parse({bytes.substr(0, at), bytes.substr(at)}), expected) << "cut at " << at;
  }
  std::vector<std::string> single;
  for (const char c : bytes) single.emplace_back(1, c);
  EXPECT_EQ(parse(single), expected) << "byte by byte";
}

struct Vector {
  const char* name;
  std::string bytes;
  std::vector<Got> expected;
};

const std::vector<Vector>& vectors() {
  static const std::vector<Vector> all{
      {"only the first mark is stripped",
       "\xEF\xBB\xBF"
       "data:1\n\n\xEF\xBB\xBF"
       "data:2\n\ndata:3\n\n",
       {event("1"), event("3")}},
      {"half a mark is text",
       "\xEF\xBB"
       "data:1\n\ndata:2\n\n",
       {event("2")}},
      {"line ends", "data:a\r\rdata:b\r\n\r\ndata:c\n\n", {event("a"), event("b"), event("c")}},
      {"CRLF inside an event", "event:e\r\ndata:x\r\ndata:y\r\n\r\n", {event("x\ny", "e")}},
      {"several lines", "data:x\ndata\ndata:y\n\n", {event("x\n\ny")}},
      {"empty data",
       "data\n\ndata\ndata\n\ndata:test\n\n",
       {event(""), event("\n"), event("test")}},
      {"one space goes", "data:  two\ndata:\tx\ndata: one\n\n", {event(" two\n\tx\none")}},
      {"unknown fields", "data:1\nda-ta:3\ndata_5\nDATA:9\n data:32\ndata:4\n\n", {event("1\n4")}},
      {"comments", ":c\ndata:1\n:\n\n", {event("1")}},
      {"keep-alive comments alone", ": keep-alive\n\n: keep-alive\n\n", {}},
      {"event type", "event:test\ndata:x\n\ndata:x\n\n", {event("x", "test"), event("x")}},
      {"empty event type", "event: \ndata:data\n\n", {event("data")}},
      {"no data, no event", "event:test\n\ndata:x\n\n", {event("x")}},
      {"id sticks", "id: 7\ndata:a\n\ndata:b\n\n", {event("a", "", "7"), event("b", "", "7")}},
      {"id reset", "id: 7\ndata:a\n\nid\ndata:b\n\n", {event("a", "", "7"), event("b")}},
      {"id with NUL", "id: 1\0002\ndata:a\n\n"s, {event("a")}},
      {"last id wins", "id:9\nevent:e\ndata:z\nid:10\n\n", {event("z", "e", "10")}},
      {"NUL data", "data:\0\n\n"s, {event("\0"s)}},
      {"padding stays", "data: {\"a\":1}      \n\n", {event("{\"a\":1}      ")}},
      {"end without blank line", "data:1\n\ndata:2\n", {event("1"), cut("2")}},
      {"end without line end", "data:1\n\ndata: {\"a\":2}", {event("1"), cut("{\"a\":2}")}},
      {"end after a done marker", "data: [DONE]\n", {cut("[DONE]")}},
      {"error outside of any field",
       "data: {\"a\":1}\n\n{\n  \"error\": {\"code\": 499}\n}\n",
       {event("{\"a\":1}"), bare("{\n  \"error\": {\"code\": 499}\n}\n")}},
      {"error on one line without a line end",
       "data: 1\n\n{\"error\":{\"message\":\"a } in \\\" text\"}}",
       {event("1"), bare("{\"error\":{\"message\":\"a } in \\\" text\"}}\n")}},
      {"events go on after a bare object",
       "{\"a\":{}}\ndata:1\n\n",
       {bare("{\"a\":{}}\n"), event("1")}},
      {"a bare object that never closes is dropped", "data:1\n\n{\n\"a\":\n", {event("1")}},
      {"UTF-8", "data:\xC3\xA9\xF0\x9F\x98\x80\n\n", {event("\xC3\xA9\xF0\x9F\x98\x80")}},
      {"nothing", "", {}},
  };
  return all;
}

TEST(SseParser, FollowsEveryVectorAtEveryCut) {
  for (const Vector& vector : vectors()) {
    SCOPED_TRACE(vector.name);
    expect_events(vector.bytes, vector.expected);
  }
}

TEST(SseParser, TakesRetryOnlyWhenItIsDigits) {
  SseParser parser;
  Collector none;

  parser.feed("retry: 3000\n", none);
  EXPECT_EQ(parser.retry_ms(), 3000U);
  for (const char* bad : {"retry:3001x\n", "retry: -1\n", "retry:1e3\n", "retry\n",
                          "retry:99999999999999999999999\n"}) {
    parser.feed(bad, none);
    EXPECT_EQ(parser.retry_ms(), 3000U) << bad;
  }
}

TEST(SseParser, RefusesALineThatIsTooLong) {
  SseLimits limits;
  limits.max_line_bytes = 16;
  Collector collector;

  SseParser whole(limits);
  EXPECT_EQ(whole.feed("data: 0123456789a\n\n", collector), SseParser::Status::line_too_long);

  SseParser pieces(limits);
  EXPECT_EQ(pieces.feed("data: 01234", collector), SseParser::Status::ok);
  EXPECT_EQ(pieces.feed("567890", collector), SseParser::Status::line_too_long);
  EXPECT_EQ(pieces.feed("\n\ndata:x\n\n", collector), SseParser::Status::line_too_long);
  EXPECT_TRUE(collector.got.empty());
}

TEST(SseParser, RefusesAnEventThatIsTooLong) {
  SseLimits limits;
  limits.max_event_bytes = 8;
  Collector collector;

  SseParser data(limits);
  EXPECT_EQ(data.feed("data:1234\ndata:1234\n\n", collector), SseParser::Status::event_too_long);
  SseParser stray(limits);
  EXPECT_EQ(stray.feed("{\n\"abcdefgh\n", collector), SseParser::Status::event_too_long);
  EXPECT_TRUE(collector.got.empty());
}

TEST(SseParser, ExactlyTheLimitsPass) {
  SseLimits limits;
  limits.max_line_bytes = 9;
  limits.max_event_bytes = 9;
  Collector collector;
  SseParser parser(limits);

  EXPECT_EQ(parser.feed("data:1234\ndata:5678\n\n", collector), SseParser::Status::ok);
  ASSERT_EQ(collector.got.size(), 1U);
  EXPECT_EQ(collector.got[0].data, "1234\n5678");
}

}  // namespace
}  // namespace taskgate::net
