// Recorded streams of OpenAI and of servers that imitate it (see the MANIFEST.json beside them for
// source and licence), replayed over HTTPS through client and provider, and through the decoder cut
// at every byte. Expected values: a naive reader of the data lines below, and figures read by eye.
#include "providers/openai_chat/codec.hpp"
#include "providers/openai_chat/decoder.hpp"
#include "providers/wire_provider.hpp"
#include "support/coro.hpp"
#include "support/recording_sink.hpp"
#include "support/scripted_upstream.hpp"

#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace taskgate::providers {
namespace {

using nlohmann::json;

std::filesystem::path fixtures() {
  return std::filesystem::path(TASKGATE_SOURCE_DIR "/../shared/fixtures/providers");
}

std::vector<std::string> recorded_streams() {
  std::vector<std::string> names;
  for (const char* folder : {"openai_chat", "openai_compatible"}) {
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(fixtures() / folder, absent)) {
      if (entry.path().extension() == ".sse") {
        names.push_back(std::string(folder) + "/" + entry.path().filename().string());
      }
    }
  }
  std::sort(names.begin(), names.end());
  if (names.empty()) names.emplace_back("absent");
  return names;
}

std::string contents(const std::string& name) {
  std::ifstream file(fixtures() / name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What is expected and what was got, in one comparable form.
struct Answer {
  std::string text;
  std::string reasoning;
  std::vector<std::string> calls;  // id name arguments
  std::string raw_finish;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::string model;
  bool saw_terminal = false;
  bool operator==(const Answer&) const = default;
};

void PrintTo(const Answer& answer, std::ostream* out) {
  *out << answer.text.size() << " bytes \"" << answer.text.substr(0, 60) << "\", reasoning "
       << answer.reasoning.size() << " bytes, finish " << answer.raw_finish << ", "
       << answer.input_tokens << '+' << answer.output_tokens << " tokens, model " << answer.model
       << ", done " << answer.saw_terminal;
  for (const std::string& call : answer.calls) *out << ", call " << call;
}

Answer answer_of(const ModelTurn& turn) {
  Answer answer;
  answer.text = turn.text;
  answer.reasoning = turn.reasoning;
  for (const ToolCall& call : turn.tool_calls) {
    answer.calls.push_back(call.id + ' ' + call.name + ' ' + call.arguments);
  }
  answer.raw_finish = turn.raw_finish_reason;
  answer.input_tokens = turn.usage.input_tokens;
  answer.output_tokens = turn.usage.output_tokens;
  answer.model = turn.served_model;
  answer.saw_terminal = turn.saw_terminal;
  return answer;
}

std::string text_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

void read_parts(const json& parts, Answer& answer) {
  for (const json& part : parts) {
    if (part["type"] == "text") answer.text += part["text"].get<std::string>();
    if (part["type"] == "thinking") {
      for (const json& inner : part["thinking"]) {
        answer.reasoning += inner["text"].get<std::string>();
      }
    }
  }
}

/// The oracle: every data line through the JSON library, no streaming, no cleverness.
Answer oracle(const std::string& stream) {
  Answer answer;
  std::map<int, std::array<std::string, 3>> calls;  // by index: id, name, arguments
  std::istringstream lines(stream);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("data: ", 0) != 0) continue;
    if (line == "data: [DONE]") {
      answer.saw_terminal = true;
      continue;
    }
    const json chunk = json::parse(line.substr(6));
    if (!text_in(chunk, "model").empty()) answer.model = text_in(chunk, "model");
    if (chunk.contains("usage") && chunk["usage"].is_object()) {
      answer.input_tokens = chunk["usage"]["prompt_tokens"];
      answer.output_tokens = chunk["usage"]["completion_tokens"];
    }
    if (chunk["choices"].empty()) continue;
    const json& choice = chunk["choices"][0];
    if (!text_in(choice, "finish_reason").empty()) {
      answer.raw_finish = text_in(choice, "finish_reason");
    }
    const json& delta = choice["delta"];
    answer.text += text_in(delta, "content");
    answer.reasoning += text_in(delta, "reasoning_content");
    if (delta.contains("content") && delta["content"].is_array()) {
      read_parts(delta["content"], answer);
    }
    if (!delta.contains("tool_calls")) continue;
    for (const json& piece : delta["tool_calls"]) {
      auto& call = calls[piece.value("index", 0)];
      call[0] += text_in(piece, "id");
      call[1] += text_in(piece["function"], "name");
      call[2] += text_in(piece["function"], "arguments");
    }
  }
  for (const auto& [index, call] : calls) {
    answer.calls.push_back(call[0] + ' ' + call[1] + ' ' + call[2]);
  }
  return answer;
}

/// xAI counts reasoning beside completion_tokens; our output_tokens hold both.
Answer expected_of(const std::string& name, const std::string& stream) {
  Answer answer = oracle(stream);
  if (name == "openai_compatible/xai-text.sse") answer.output_tokens = 2 + 340;
  if (name == "openai_compatible/xai-tool-call.sse") answer.output_tokens = 26 + 227;
  return answer;
}

TurnOutcome decode(const std::vector<std::string_view>& pieces, test::RecordingSink& sink) {
  OpenAiChatDecoder decoder(sink);
  net::SseParser parser;
  for (const std::string_view piece : pieces) parser.feed(piece, decoder);
  parser.finish(decoder);
  return decoder.finish(std::nullopt);
}

class RecordedStream : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "absent") GTEST_SKIP() << "no recorded streams at " << fixtures();
    stream_ = contents(GetParam());
    ASSERT_FALSE(stream_.empty());
    expected_ = expected_of(GetParam(), stream_);
  }
  void expect(const TurnOutcome& outcome, const test::RecordingSink& sink) {
    ASSERT_NE(outcome.turn(), nullptr) << outcome.failure()->message;
    EXPECT_EQ(answer_of(*outcome.turn()), expected_);
    EXPECT_EQ(sink.text, expected_.text);
    EXPECT_EQ(sink.reasoning, expected_.reasoning);
  }

  std::string stream_;
  Answer expected_;
};

TEST_P(RecordedStream, DecodesTheSameCutInTwoAnywhere) {
  // The long ones at every event below; here at some places.
  const std::size_t stride = stream_.size() < 20'000 ? 1 : stream_.size() / 61;
  for (std::size_t at = 0; at <= stream_.size(); at += stride) {
    test::RecordingSink sink;
    const std::string_view all = stream_;
    expect(decode({all.substr(0, at), all.substr(at)}, sink), sink);
    if (HasFailure()) FAIL() << "cut at byte " << at;
  }
}

// Cuts every event at its k-th byte, for every k: each byte boundary of the file is cut once.
TEST_P(RecordedStream, DecodesTheSameCutInEveryEvent) {
  const std::string_view all = stream_;
  std::vector<std::size_t> starts{0};
  std::size_t longest = 0;
  while (starts.back() < all.size()) {
    const std::size_t end = std::min(all.find("\n\n", starts.back()), all.size() - 2) + 2;
    longest = std::max(longest, end - starts.back());
    starts.push_back(end);
  }
  for (std::size_t k = 0; k <= longest; ++k) {
    std::vector<std::string_view> pieces;
    std::size_t from = 0;
    for (std::size_t event = 0; event + 1 < starts.size(); ++event) {
      const std::size_t at = starts[event] + k;
      if (at > starts[event + 1]) continue;
      pieces.push_back(all.substr(from, at - from));
      from = at;
    }
    pieces.push_back(all.substr(from));
    test::RecordingSink sink;
    expect(decode(pieces, sink), sink);
    if (HasFailure()) FAIL() << "cut at byte " << k << " of every event";
  }
}

TEST_P(RecordedStream, DecodesTheSameByteByByte) {
  test::RecordingSink sink;
  OpenAiChatDecoder decoder(sink);
  net::SseParser parser;
  for (const char& c : stream_) {
    const std::string single(1, c);  // its own memory: a view kept too long is caught
    parser.feed(single, decoder);
  }
  parser.finish(decoder);

  expect(decoder.finish(std::nullopt), sink);
  for (const std::string& piece : sink.pieces) EXPECT_TRUE(test::is_valid_utf8(piece));
}

/// Cut by a vanished upstream, a recording is a complete turn or a cut, never something else.
TEST_P(RecordedStream, ATruncationIsACutOrTheWholeAnswer) {
  const std::size_t stride = stream_.size() < 20'000 ? 7 : 997;
  for (std::size_t length = 0; length < stream_.size(); length += stride) {
    test::RecordingSink sink;
    OpenAiChatDecoder decoder(sink);
    net::SseParser parser;
    parser.feed(std::string_view(stream_).substr(0, length), decoder);
    parser.finish(decoder);
    Failure broken;
    broken.failure_class = FailureClass::stream_cut;

    const TurnOutcome outcome = decoder.finish(broken);

    if (outcome.turn() != nullptr) {
      EXPECT_EQ(outcome.turn()->text, expected_.text) << length;
    } else {
      EXPECT_EQ(outcome.failure()->failure_class, FailureClass::stream_cut) << length;
    }
    EXPECT_EQ(expected_.text.rfind(sink.text, 0), 0U) << "deltas are a prefix, cut at " << length;
  }
}

TEST_P(RecordedStream, ReplaysOverHttps) {
  static const test::TestCertificates certificates;
  test::UpstreamOptions https;
  https.certificates = &certificates;
  test::ScriptedUpstream upstream(https);
  boost::asio::io_context context(1);
  boost::asio::thread_pool sockets(1);  // after the context: joined before it goes
  net::ClientOptions options;
  options.ca_file = certificates.ca_file();
  net::HttpClient client(sockets.get_executor(), options);
  const SystemClock clock;
  ProviderConfig config;
  config.name = "recorded";
  config.base_url = upstream.url() + "/v1";
  WireProvider provider(config, make_openai_chat(config), client, clock);

  // Chunk sizes that have nothing to do with the events, two turns over one connection.
  for (const std::size_t size : {std::size_t{701}, std::size_t{16'001}}) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < stream_.size(); at += size) {
      pieces.push_back(stream_.substr(at, size));
    }
    upstream.enqueue(test::Reply::sse(pieces));
    test::RecordingSink sink;

    const TurnOutcome outcome = test::run(context, provider.stream(ModelRequest(), sink));

    expect(outcome, sink);
  }
  EXPECT_EQ(upstream.connections(), 1U);
}

INSTANTIATE_TEST_SUITE_P(OpenAi,
                         RecordedStream,
                         testing::ValuesIn(recorded_streams()),
                         [](const testing::TestParamInfo<std::string>& stream) {
                           std::string name = stream.param;
                           std::replace_if(
                               name.begin(), name.end(),
                               [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
                           return name;
                         });

/// Read in the files by eye: guards the oracle itself.
TEST(RecordedFigures, AreWhatTheFilesSay) {
  struct Case {
    const char* name;
    FinishReason finish;
    std::int64_t input, output, cached, reasoning;
    std::vector<std::string> calls;
  };
  const Case cases[] = {
      {"openai_chat/openai-text.sse", FinishReason::stop, 16, 300, 0, 0, {}},
      {"openai_chat/azure-model-router.1.sse", FinishReason::stop, 15, 78, 0, 64, {}},
      {"openai_compatible/deepseek-reasoning.sse", FinishReason::stop, 18, 219, 0, 205, {}},
      {"openai_compatible/deepseek-text.sse", FinishReason::length, 13, 400, 0, 0, {}},
      {"openai_compatible/deepseek-tool-call.sse",
       FinishReason::tool_calls,
       339,
       83,
       320,
       39,
       {"call_00_ioIn7yN9p1ZOMNpDLwd4MgAF weather {\"location\": \"San Francisco\"}"}},
      {"openai_compatible/groq-tool-call.sse",
       FinishReason::tool_calls,
       210,
       15,
       0,
       0,
       {"tk85n1k4m weather {}"}},
      {"openai_compatible/mistral-tool-call.sse",
       FinishReason::tool_calls,
       124,
       22,
       0,
       0,
       {"gSIMJiOkT weather {\"location\": \"San Francisco\"}"}},  // no index
      {"openai_compatible/mistral-incremental-tool-call.sse",
       FinishReason::tool_calls,
       171,
       14,
       128,
       0,  // empty name on the continuation
       {"chatcmpl-tool-9f149c74c42f265b webSearchTool {\"query\": \"current Berlin weather\"}"}},
      {"openai_compatible/mistral-reasoning.sse", FinishReason::stop, 10, 46, 0, 0, {}},
      {"openai_compatible/anthropic-fallback-tool-call.sse",
       FinishReason::tool_calls,
       0,
       0,
       0,
       0,
       {"toolu_sanitized read_file {\"path\": \"a.txt\"}"}},  // index from 1; no blank line at the
                                                              // end
      {"openai_compatible/xai-tool-call.sse",
       FinishReason::tool_calls,
       307,
       253,
       306,
       227,
       {"call_79382389 weather {\"location\":\"San Francisco\"}"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const std::string stream = contents(c.name);
    if (stream.empty()) GTEST_SKIP() << "no recorded streams at " << fixtures();
    test::RecordingSink sink;

    const TurnOutcome outcome = decode({stream}, sink);

    ASSERT_NE(outcome.turn(), nullptr) << outcome.failure()->message;
    const ModelTurn& turn = *outcome.turn();
    EXPECT_EQ(turn.finish_reason, c.finish);
    EXPECT_EQ(turn.usage.input_tokens, c.input);
    EXPECT_EQ(turn.usage.output_tokens, c.output);
    EXPECT_EQ(turn.usage.cached_input_tokens, c.cached);
    EXPECT_EQ(turn.usage.reasoning_tokens, c.reasoning);
    EXPECT_EQ(answer_of(turn).calls, c.calls);
    EXPECT_TRUE(turn.saw_terminal);
  }
}

void decode_file(const char* name, test::RecordingSink& sink) {
  const std::string stream = contents(name);
  decode({stream}, sink);
}

TEST(RecordedFigures, TextsAreWhatTheFilesSay) {
  if (contents("openai_chat/openai-text.sse").empty()) GTEST_SKIP() << "no recorded streams";
  test::RecordingSink azure;
  decode_file("openai_chat/azure-model-router.1.sse", azure);
  test::RecordingSink mistral;
  decode_file("openai_compatible/mistral-reasoning.sse", mistral);
  test::RecordingSink fallback;
  decode_file("openai_compatible/anthropic-fallback-tool-call.sse", fallback);

  EXPECT_EQ(azure.text, "Capital of Denmark.");
  EXPECT_EQ(mistral.text, "2 + 2 = 4");
  EXPECT_EQ(mistral.reasoning, "The user is asking for 2+2. This is basic arithmetic. 2+2=4.");
  EXPECT_EQ(fallback.text, "Reading it.");
}

}  // namespace
}  // namespace taskgate::providers
