// Figures read in the recorded files by eye: they guard the oracle itself, and say what the oracle
// does not know (normalised reasons, cached and reasoning tokens, what goes back in a next turn).
#include "conformance/recorded.hpp"
#include "support/recording_sink.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>

namespace taskgate::test {
namespace {

using nlohmann::json;
using providers::FailureClass;
using providers::FinishReason;
using providers::ModelTurn;
using providers::TurnOutcome;

/// nullopt: the fixtures are absent.
std::optional<TurnOutcome> decode_named(const std::string& name) {
  for (const Recording& recording : recordings()) {
    if (recording.name != name) continue;
    RecordingSink sink;
    const auto codec = codec_of(recording.protocol);
    const auto decoder = codec->decoder(sink);
    net::SseParser parser;
    parser.feed(recording.stream, *decoder);
    parser.finish(*decoder);
    return decoder->finish(std::nullopt);
  }
  return std::nullopt;
}

std::vector<std::string> calls_of(const ModelTurn& turn) {
  std::vector<std::string> calls;
  for (const providers::ToolCall& call : turn.tool_calls) {
    const bool own = call.id.starts_with("tg-call-");
    calls.push_back((own ? "" : call.id) + ' ' + call.name + ' ' + call.arguments);
  }
  return calls;
}

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
      {"anthropic/anthropic-text.sse", FinishReason::stop, 12, 30, 0, 0, {}},
      {"anthropic/anthropic-refusal.sse", FinishReason::refusal, 18, 5, 0, 0, {}},
      {"anthropic/anthropic-message-delta-input-tokens.sse", FinishReason::stop, 61, 2, 0, 0, {}},
      {"anthropic/anthropic-tool-no-args.sse",
       FinishReason::tool_calls,
       565,
       48,
       0,
       0,
       {"toolu_01QE1WLsSVp5hy5Q3GmGTmjP updateIssueList {}"}},
      {"anthropic/spliced-message-start.sse",  // the first call was cut and is void
       FinishReason::tool_calls,
       17,
       65,
       0,
       0,
       {"toolu_second test-tool {\"value\":\"Sparkle Day\"}"}},
      {"openai_responses/openai-custom-tool.1.sse",
       FinishReason::tool_calls,
       50,
       20,
       0,
       0,
       {"call_custom_sql_001 write_sql SELECT * FROM users WHERE age > 25"}},
      {"gemini/google-stream-tool-call-arguments.sse",
       FinishReason::tool_calls,
       26,
       23 + 132,
       0,
       132,
       {" getWeather {\"location\":\"Boston\"}", " getWeather {\"location\":\"San Francisco\"}"}},
      {"gemini/google-stream-tool-call-array-arguments-missing-terminal-function-call.sse",
       FinishReason::tool_calls,
       54,
       74 + 121,
       0,
       121,
       {R"( writeItems {"operations":[{"action":"add","description":"Fresh red apple",)"
        R"("itemid":"apple_001","price":0.5},{"action":"add","description":"Ripe yellow banana",)"
        R"("itemid":"banana_001","price":0.3}]})"}},
      {"gemini/google-stream-no-args-tool-call.sse",
       FinishReason::tool_calls,
       249,
       58 + 183,
       0,
       183,
       {" read_theme {}", " read_screen {\"id\":\"A\"}", " read_screen {\"id\":\"B\"}",
        " read_screen {\"id\":\"C\"}"}},
      {"gemini/mock-vertexai-streaming-failure-finish-reason-safety.txt",
       FinishReason::content_filter,
       10,
       66,
       0,
       0,
       {}},
      {"gemini/mock-vertexai-streaming-failure-recitation-no-content.txt",
       FinishReason::content_filter,
       0,
       0,
       0,
       0,
       {}},
      {"gemini/mock-googleai-streaming-failure-prompt-blocked-safety.txt",
       FinishReason::content_filter,
       0,
       0,
       0,
       0,
       {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto decoded = decode_named(c.name);
    if (!decoded) GTEST_SKIP() << "no recorded streams at " << fixtures();
    ASSERT_NE(decoded->turn(), nullptr) << decoded->failure()->message;
    const ModelTurn& turn = *decoded->turn();
    EXPECT_EQ(turn.finish_reason, c.finish);
    EXPECT_EQ(turn.usage.input_tokens, c.input);
    EXPECT_EQ(turn.usage.output_tokens, c.output);
    EXPECT_EQ(turn.usage.cached_input_tokens, c.cached);
    EXPECT_EQ(turn.usage.reasoning_tokens, c.reasoning);
    EXPECT_EQ(calls_of(turn), c.calls);
    EXPECT_TRUE(turn.saw_terminal);
  }
}

TEST(RecordedFigures, ARefusalSaysWhy) {
  const auto decoded = decode_named("anthropic/anthropic-refusal.sse");
  if (!decoded) GTEST_SKIP() << "no recorded streams at " << fixtures();

  EXPECT_EQ(decoded->turn()->refusal.substr(0, 44), "This request triggered restrictions on viola");
}

TEST(RecordedFigures, QuotaInsideA200StreamIsNeverRetried) {
  const auto decoded = decode_named("openai_responses/openai-error.1.sse");
  if (!decoded) GTEST_SKIP() << "no recorded streams at " << fixtures();

  ASSERT_NE(decoded->failure(), nullptr);
  EXPECT_EQ(decoded->failure()->failure_class, FailureClass::quota);
  EXPECT_FALSE(decoded->failure()->retryable());
  EXPECT_EQ(decoded->failure()->code, "insufficient_quota");
}

TEST(RecordedFigures, AFallbackModelIsTheOneThatServed) {
  const auto decoded = decode_named("anthropic/anthropic-fallback.sse");
  if (!decoded) GTEST_SKIP() << "no recorded streams at " << fixtures();

  EXPECT_EQ(decoded->turn()->served_model, "claude-opus-4-8");
}

TEST(RecordedFigures, SignaturesComeBackInTheNextTurn) {
  struct Case {
    const char* name;
    const char* part;
  };
  const Case cases[] = {
      {"anthropic/spliced-message-start.sse", R"("signature":"sig-second")"},
      {"anthropic/anthropic-clear-thinking.1.sse", R"("signature":"EvQBCkYICxgCKkAxhD4N)"},
      {"gemini/google-tool-call-gemini3.sse", R"("thoughtSignature":"EpEgCo4gAb4+9vvWwdN+NkNi)"},
      {"openai_responses/openai-reasoning-encrypted-content.1.sse",
       R"("encrypted_content":"gAAAA)"},
      {"openai_compatible/deepseek-tool-call.sse", R"("reasoning_content":")"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto decoded = decode_named(c.name);
    if (!decoded) GTEST_SKIP() << "no recorded streams at " << fixtures();
    ASSERT_NE(decoded->turn(), nullptr);
    const std::string protocol = decoded->turn()->native.protocol;
    EXPECT_NE(decoded->turn()->native.json.find(c.part), std::string::npos)
        << decoded->turn()->native.json.substr(0, 300);
    // And what the codec writes for the next turn holds it too.
    providers::ModelRequest next;
    next.model = "claude-sonnet-4-5";
    next.messages.push_back(providers::message_of(*decoded->turn()));
    const auto wire = codec_of(protocol)->encode(next);
    EXPECT_NE(wire->body.find(c.part), std::string::npos) << wire->body.substr(0, 300);
    // Nobody else is shown it.
    for (const char* other : {"openai_chat", "openai_responses", "anthropic", "gemini"}) {
      if (protocol == other) continue;
      EXPECT_EQ(codec_of(other)->encode(next)->body.find(c.part), std::string::npos) << other;
    }
  }
}

/// Every turn's native parts are JSON that can be sent.
TEST(RecordedFigures, NativePartsAreJson) {
  for (const Recording& recording : recordings()) {
    const auto decoded = decode_named(recording.name);
    if (recording.stream.empty()) GTEST_SKIP() << "no recorded streams at " << fixtures();
    if (decoded->turn() == nullptr || decoded->turn()->native.json.empty()) continue;
    EXPECT_TRUE(json::accept(decoded->turn()->native.json)) << recording.name;
  }
}

/// Bodies that are no streams, and what each comes to: a finish reason, or a failure's class.
TEST(RecordedBodies, ComeToWhatTheyAre) {
  struct Case {
    const char* name;
    const char* expected;
  };
  const Case cases[] = {
      {"google-429-retry-info.json", "rate"},
      {"mock-googleai-unary-failure-api-key.json", "caller"},
      {"mock-googleai-unary-failure-finish-reason-safety.json", "content_filter"},
      {"mock-googleai-unary-failure-generativelanguage-api-not-enabled.json", "caller"},
      {"mock-googleai-unary-failure-unknown-model.json", "caller"},
      {"mock-googleai-unary-failure-with-message-no-content.json", "server"},
      {"mock-googleai-unary-success-basic-reply-long.txt", "stop"},
      {"mock-googleai-unary-success-basic-reply-short.txt", "stop"},
      {"mock-googleai-unary-success-citations.txt", "stop"},
      {"mock-googleai-unary-success-google-maps-grounding.json", "stop"},
      {"mock-googleai-unary-success-google-search-grounding.json", "stop"},
      {"mock-googleai-unary-success-thinking-reply-thought-summary.json", "stop"},
      {"mock-googleai-unary-success-url-context.json", "stop"},
      {"mock-schema-open-api-schema.json", "malformed"},
      {"mock-vertexai-streaming-failure-unknown-model.txt", "caller"},
      {"mock-vertexai-unary-failure-context-cache-model-doesnt-match.json", "caller"},
      {"mock-vertexai-unary-failure-empty-content.json", "malformed"},
      {"mock-vertexai-unary-failure-finish-reason-safety.json", "content_filter"},
      {"mock-vertexai-unary-failure-firebasevertexai-api-not-enabled.json", "caller"},
      {"mock-vertexai-unary-failure-iam-permission-denied.json", "caller"},
      {"mock-vertexai-unary-failure-invalid-location-url-not-found.html", "malformed"},
      {"mock-vertexai-unary-failure-malformed-content.json", "malformed"},
      {"mock-vertexai-unary-failure-prompt-blocked-safety-with-message.json", "content_filter"},
      {"mock-vertexai-unary-failure-quota-exceeded.json", "quota"},  // a limit of zero
      {"mock-vertexai-unary-failure-unknown-enum-prompt-blocked.json", "content_filter"},
      {"mock-vertexai-unary-failure-unsupported-user-location.json", "caller"},
      {"mock-vertexai-unary-success-basic-reply-short.json", "stop"},
      {"mock-vertexai-unary-success-citations-nolicense.json", "stop"},
      {"mock-vertexai-unary-success-code-execution.json", "stop"},
      {"mock-vertexai-unary-success-detailed-token-response.json", "malformed"},
      {"mock-vertexai-unary-success-empty-text-part.json", "stop"},
      {"mock-vertexai-unary-success-function-call-different-parallel-calls.json", "tool_calls"},
      {"mock-vertexai-unary-success-function-call-json-literal.json", "tool_calls"},
      {"mock-vertexai-unary-success-function-call-no-arguments.json", "tool_calls"},
      {"mock-vertexai-unary-success-function-call-parallel-calls.json", "tool_calls"},
      {"mock-vertexai-unary-success-google-maps-grounding.json", "stop"},
      {"mock-vertexai-unary-success-implicit-caching.json", "stop"},
      {"mock-vertexai-unary-success-missing-safety-ratings.json", "unknown"},
      {"mock-vertexai-unary-success-partial-usage-metadata.json", "stop"},
      {"mock-vertexai-unary-success-thinking-reply-thought-summary.json", "stop"},
      {"mock-vertexai-unary-success-unknown-enum-safety-ratings.json", "stop"},
      {"mock-vertexai-unary-success-url-context-mixed-validity.json", "stop"},
      {"mock-vertexai-unary-success-usage-metadata.json", "stop"},
  };
  std::size_t met = 0;
  for (const Recording& body : recorded_bodies()) {
    SCOPED_TRACE(body.name);
    const Case* row = nullptr;
    for (const Case& c : cases) {
      if (body.name == std::string("gemini/") + c.name) row = &c;
    }
    ASSERT_NE(row, nullptr) << "a body without a row";
    ++met;
    RecordingSink sink;
    const auto codec = codec_of(body.protocol);
    const auto decoder = codec->decoder(sink);
    decoder->on_whole_body(body.stream);
    const TurnOutcome outcome = decoder->finish(std::nullopt);

    if (outcome.turn() != nullptr) {
      EXPECT_STREQ(to_string(outcome.turn()->finish_reason), row->expected);
    } else {
      EXPECT_STREQ(to_string(outcome.failure()->failure_class), row->expected)
          << outcome.failure()->message;
    }
  }
  if (met == 0) GTEST_SKIP() << "no recorded bodies at " << fixtures();
  EXPECT_EQ(met, std::size(cases));
}

TEST(RecordedBodies, GeminisRetryInfoIsHeard) {
  using namespace std::chrono_literals;
  for (const Recording& body : recorded_bodies()) {
    if (body.name != "gemini/google-429-retry-info.json") continue;
    EXPECT_EQ(codec_of("gemini")->errors().read(429, body.stream).retry_after, 34'400ms);
    return;
  }
  GTEST_SKIP() << "no recorded bodies at " << fixtures();
}

}  // namespace
}  // namespace taskgate::test
