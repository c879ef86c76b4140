#include "taskgate/net/sse.hpp"

#include <gtest/gtest.h>

namespace taskgate::net {
namespace {

TEST(SseWriter, WritesOneFrame) {
  std::string out;

  append_sse_frame(out, 42, "output.delta", R"({"seq":42})");

  EXPECT_EQ(out, "id: 42\nevent: output.delta\ndata: {\"seq\":42}\n\n");
}

TEST(SseWriter, SplitsDataAtEveryKindOfLineEnd) {
  std::string out;

  append_sse_frame(out, std::nullopt, "", "a\nb\rc\r\nd\n");

  EXPECT_EQ(out, "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
}

TEST(SseWriter, ACommentStaysOneLine) {
  std::string out;

  sse_comment(out, "ok\ndata: x");

  EXPECT_EQ(out, ": ok data: x\n\n");
}

class LastData final : public SseVisitor {
 public:
  void on_event(const SseEvent& event) override { data = event.data; }
  std::string data;
};

TEST(SseWriter, ItsFramesAreWhatTheParserReads) {
  for (const char* text : {"", "x", "a\nb", "\n", "a\n\n", " leading", "{\"a\":1}"}) {
    std::string out;
    append_sse_frame(out, 1, "e", text);
    SseParser parser;
    LastData last;

    parser.feed(out, last);

    EXPECT_EQ(last.data, text);
  }
}

}  // namespace
}  // namespace taskgate::net
