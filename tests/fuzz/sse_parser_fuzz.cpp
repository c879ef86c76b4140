// The SSE parser: the same events however the stream is cut, and no byte invented.
#include "fuzz/splits.hpp"
#include "taskgate/net/sse.hpp"

namespace {

using taskgate::net::SseEvent;
using taskgate::net::SseParser;

class Recorder final : public taskgate::net::SseVisitor {
 public:
  void on_event(const SseEvent& event) override {
    data_bytes += event.data.size();
    log.append(event.event).append(1, '\x1f').append(event.id).append(1, '\x1f');
    log.append(event.data).append(event.unterminated ? "\x1fu" : "\x1f.");
    log.append(event.bare_json ? "b\x1e" : ".\x1e");
  }
  std::string log;
  std::size_t data_bytes = 0;
};

std::string parse(std::string_view input, std::size_t most, std::size_t& data_bytes) {
  // Small limits, so that the fuzzer meets them.
  SseParser parser(taskgate::net::SseLimits{2048, 4096});
  Recorder recorder;
  auto status = SseParser::Status::ok;
  taskgate::fuzz::feed_in_pieces(input, most, [&](std::string_view piece) {
    if (status == SseParser::Status::ok) status = parser.feed(piece, recorder);
  });
  if (status == SseParser::Status::ok) status = parser.finish(recorder);
  data_bytes = recorder.data_bytes;
  return recorder.log + std::to_string(static_cast<int>(status)) + '/' +
         std::to_string(parser.retry_ms().value_or(0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::size_t bytes = 0;
  const std::string whole = parse(input, size + 1, bytes);
  // One more: the last line of a bare JSON object gets its line end when the stream left it out.
  taskgate::fuzz::expect_that(bytes <= size + 1, "events hold no more than came");
  taskgate::fuzz::expect_same(whole, parse(input, 1, bytes), "byte by byte");
  taskgate::fuzz::expect_same(whole, parse(input, 40, bytes), "in pieces");
  return 0;
}
