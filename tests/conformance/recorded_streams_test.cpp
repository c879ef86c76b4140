// Every recorded stream of every protocol, replayed over HTTPS through client and provider, and
// through the decoder cut at every byte, against an oracle that neither streams nor is clever.
#include "conformance/recorded.hpp"
#include "providers/wire_provider.hpp"
#include "support/coro.hpp"
#include "support/recording_sink.hpp"
#include "support/scripted_upstream.hpp"

#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

namespace taskgate::test {
namespace {

using providers::Failure;
using providers::FailureClass;
using providers::TurnOutcome;

TurnOutcome decode(const Recording& recording,
                   const std::vector<std::string_view>& pieces,
                   RecordingSink& sink) {
  const auto codec = codec_of(recording.protocol);
  const auto decoder = codec->decoder(sink);
  net::SseParser parser;
  for (const std::string_view piece : pieces) parser.feed(piece, *decoder);
  parser.finish(*decoder);
  return decoder->finish(std::nullopt);
}

class RecordedStream : public testing::TestWithParam<Recording> {
 protected:
  void SetUp() override {
    if (stream().empty()) GTEST_SKIP() << "no recorded streams at " << fixtures();
    expected_ = oracle(GetParam());
    // What a failed turn showed is compared; its calls and its end are nobody's business.
    if (expected_.failure.empty()) return;
    expected_.calls.clear();
    expected_.raw_finish.clear();
    expected_.model.clear();
  }
  const std::string& stream() const { return GetParam().stream; }
  void expect(const TurnOutcome& outcome, const RecordingSink& sink) {
    EXPECT_EQ(answer_of(outcome, sink.text, sink.reasoning), expected_);
    EXPECT_EQ(sink.text, expected_.text);
    EXPECT_EQ(sink.reasoning, expected_.reasoning);
    if (outcome.turn() != nullptr) {
      EXPECT_TRUE(outcome.turn()->saw_terminal);
    }
  }

  Answer expected_;
};

TEST_P(RecordedStream, DecodesTheSameCutInTwoAnywhere) {
  // The long ones at every event below; here at some places.
  const std::size_t stride =
      stream().size() < 8'000 ? TASKGATE_TEST_STRIDE : stream().size() / 61 * TASKGATE_TEST_STRIDE;
  for (std::size_t at = 0; at <= stream().size(); at += stride) {
    RecordingSink sink;
    const std::string_view all = stream();
    expect(decode(GetParam(), {all.substr(0, at), all.substr(at)}, sink), sink);
    if (HasFailure()) FAIL() << "cut at byte " << at;
  }
}

// Cuts every event at its k-th byte, for every k: each byte boundary of a file is cut once, but for
// the far end of events that are longer than any recorded delta. Under a sanitizer, every seventh.
TEST_P(RecordedStream, DecodesTheSameCutInEveryEvent) {
  const std::string_view all = stream();
  const auto starts = event_starts(all);
  std::size_t longest = 0;
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
    longest = std::max(longest, starts[i + 1] - starts[i]);
  }
  for (std::size_t k = 0; k <= longest; k += k < 400 ? TASKGATE_TEST_STRIDE : 1 + k / 20) {
    std::vector<std::string_view> pieces;
    std::size_t from = 0;
    for (std::size_t event = 0; event + 1 < starts.size(); ++event) {
      const std::size_t at = starts[event] + k;
      if (at > starts[event + 1]) continue;
      pieces.push_back(all.substr(from, at - from));
      from = at;
    }
    pieces.push_back(all.substr(from));
    RecordingSink sink;
    expect(decode(GetParam(), pieces, sink), sink);
    if (HasFailure()) FAIL() << "cut at byte " << k << " of every event";
  }
}

TEST_P(RecordedStream, DecodesTheSameByteByByte) {
  RecordingSink sink;
  const auto codec = codec_of(GetParam().protocol);
  const auto decoder = codec->decoder(sink);
  net::SseParser parser;
  for (const char& c : stream()) {
    const std::string single(1, c);  // its own memory: a view kept too long is caught
    parser.feed(single, *decoder);
  }
  parser.finish(*decoder);

  expect(decoder->finish(std::nullopt), sink);
  for (const std::string& piece : sink.pieces) EXPECT_TRUE(is_valid_utf8(piece));
}

/// Cut by a vanished upstream, a recording is a complete turn or a cut, never something else.
TEST_P(RecordedStream, ATruncationIsACutOrTheWholeAnswer) {
  if (!expected_.failure.empty()) return;
  const std::size_t stride = stream().size() < 20'000 ? 7 : 997;
  for (std::size_t length = 0; length < stream().size(); length += stride) {
    RecordingSink sink;
    const auto codec = codec_of(GetParam().protocol);
    const auto decoder = codec->decoder(sink);
    net::SseParser parser;
    parser.feed(std::string_view(stream()).substr(0, length), *decoder);
    parser.finish(*decoder);
    Failure broken;
    broken.failure_class = FailureClass::stream_cut;

    const TurnOutcome outcome = decoder->finish(broken);

    if (outcome.turn() == nullptr) {
      EXPECT_EQ(outcome.failure()->failure_class, FailureClass::stream_cut) << length;
    } else if (GetParam().protocol != "gemini") {  // old ones say STOP in every event
      EXPECT_EQ(outcome.turn()->text, expected_.text) << length;
    }
    EXPECT_EQ(expected_.text.rfind(sink.text, 0), 0U) << "deltas are a prefix, cut at " << length;
  }
}

TEST_P(RecordedStream, ReplaysOverHttps) {
  static const TestCertificates certificates;
  UpstreamOptions https;
  https.certificates = &certificates;
  ScriptedUpstream upstream(https);
  boost::asio::io_context context(1);
  boost::asio::thread_pool sockets(1);  // after the context: joined before it goes
  net::ClientOptions options;
  options.ca_file = certificates.ca_file();
  net::HttpClient client(sockets.get_executor(), options);
  const SystemClock clock;
  providers::ProviderConfig config;
  config.name = "recorded";
  config.protocol = GetParam().protocol;
  config.base_url = upstream.url() + "/v1";
  const auto registry = providers::make_registry({config}, client, clock);
  const auto target = registry->find("recorded/model");

  // Chunk sizes that have nothing to do with the events, two turns over one connection.
  for (const std::size_t size : {std::size_t{701}, std::size_t{16'001}}) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < stream().size(); at += size) {
      pieces.push_back(stream().substr(at, size));
    }
    upstream.enqueue(Reply::sse(pieces));
    RecordingSink sink;

    const TurnOutcome outcome =
        run(context, target->provider->stream(providers::ModelRequest(), sink));

    expect(outcome, sink);
  }
  // An answer that failed in the middle may cost its connection.
  if (expected_.failure.empty()) {
    EXPECT_EQ(upstream.connections(), 1U);
  }
}

INSTANTIATE_TEST_SUITE_P(Every,
                         RecordedStream,
                         testing::ValuesIn(recordings()),
                         [](const testing::TestParamInfo<Recording>& recording) {
                           std::string name = recording.param.name;
                           std::replace_if(
                               name.begin(), name.end(),
                               [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
                           return name;
                         });

/// The table of docs/providers.md says how much is replayed here.
TEST(RecordedStreams, AreAsManyAsTheDocumentationSays) {
  struct Count {
    std::size_t streams = 0, events = 0, bytes = 0;
  };
  std::map<std::string, Count> counts;
  for (const Recording& recording : recordings()) {
    if (recording.stream.empty()) GTEST_SKIP() << "no recorded streams at " << fixtures();
    Count& count = counts[recording.protocol];
    ++count.streams;
    count.events += event_starts(recording.stream).size() - 1;
    count.bytes += recording.stream.size();
  }
  std::ifstream file(TASKGATE_SOURCE_DIR "/docs/providers.md");
  std::ostringstream document;
  document << file.rdbuf();
  for (const auto& [protocol, count] : counts) {
    const std::string row = "| `" + protocol + "` | " + std::to_string(count.streams) + " | " +
                            std::to_string(count.events) + " | " + std::to_string(count.bytes) +
                            " |";
    EXPECT_NE(document.str().find(row), std::string::npos) << "docs/providers.md lacks: " << row;
  }
}

}  // namespace
}  // namespace taskgate::test
