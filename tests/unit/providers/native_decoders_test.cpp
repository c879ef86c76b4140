// Answers of Anthropic, Gemini and the Responses protocol that no recording shows: errors in the
// middle, cuts, reasons, and pieces in strange order. Recorded ones: tests/conformance.
#include "providers/anthropic/decoder.hpp"
#include "providers/gemini/decoder.hpp"
#include "providers/openai_responses/decoder.hpp"
#include "support/recording_sink.hpp"

#include <gtest/gtest.h>

// Of its own: the helpers have everyday names, and a unity build merges the folder.
namespace taskgate::providers::native_decoding {
namespace {

template <class Decoder>
TurnOutcome decode(const std::string& stream, test::RecordingSink& sink) {
  Decoder decoder(sink);
  net::SseParser parser;
  parser.feed(stream, decoder);
  parser.finish(decoder);
  return decoder.finish(std::nullopt);
}
template <class Decoder>
TurnOutcome decode(const std::string& stream) {
  test::RecordingSink sink;
  return decode<Decoder>(stream, sink);
}

std::string event(const std::string& json) {
  return "data: " + json + "\n\n";
}
FailureClass class_of(const TurnOutcome& outcome) {
  EXPECT_NE(outcome.failure(), nullptr);
  return outcome.failure() != nullptr ? outcome.failure()->failure_class : FailureClass::cancelled;
}

// --- Anthropic

const std::string kStart = event(
    R"({"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":9,"cache_read_input_tokens":4,"cache_creation_input_tokens":2,"output_tokens":1}}})");
std::string block(int index, const std::string& content) {
  return event(R"({"type":"content_block_start","index":)" + std::to_string(index) +
               R"(,"content_block":)" + content + "}");
}
std::string text_delta(int index, const std::string& text) {
  return event(R"({"type":"content_block_delta","index":)" + std::to_string(index) +
               R"(,"delta":{"type":"text_delta","text":")" + text + R"("}})");
}
std::string stop(const std::string& reason) {
  return event(R"({"type":"message_delta","delta":{"stop_reason":")" + reason +
               R"("},"usage":{"output_tokens":5}})") +
         event(R"({"type":"message_stop"})");
}
const std::string kText = R"({"type":"text","text":""})";

TEST(AnthropicDecoding, EveryStopReasonHasItsMeaning) {
  const std::pair<const char*, FinishReason> reasons[] = {
      {"end_turn", FinishReason::stop},
      {"stop_sequence", FinishReason::stop},
      {"max_tokens", FinishReason::length},
      {"model_context_window_exceeded", FinishReason::length},
      {"pause_turn", FinishReason::length},
      {"refusal", FinishReason::refusal},
      {"something_new", FinishReason::unknown}};
  for (const auto& [raw, expected] : reasons) {
    const auto outcome =
        decode<AnthropicDecoder>(kStart + block(0, kText) + text_delta(0, "x") + stop(raw));
    ASSERT_NE(outcome.turn(), nullptr) << raw;
    EXPECT_EQ(outcome.turn()->finish_reason, expected) << raw;
    EXPECT_EQ(outcome.turn()->raw_finish_reason, raw);
  }
}

TEST(AnthropicDecoding, InputTokensHoldTheCachesToo) {
  const auto outcome =
      decode<AnthropicDecoder>(kStart + block(0, kText) + text_delta(0, "x") + stop("end_turn"));

  EXPECT_EQ(outcome.turn()->usage.input_tokens, 15);
  EXPECT_EQ(outcome.turn()->usage.cached_input_tokens, 4);
  EXPECT_EQ(outcome.turn()->usage.cache_write_input_tokens, 2);
  EXPECT_EQ(outcome.turn()->usage.output_tokens, 5);
}

TEST(AnthropicDecoding, AnErrorInTheMiddleIsTheOutcomeAndItsTokensCount) {
  const std::pair<const char*, FailureClass> errors[] = {
      {R"({"type":"overloaded_error","message":"Overloaded"})", FailureClass::overload},
      {R"({"type":"rate_limit_error","message":"m"})", FailureClass::rate},
      {R"({"type":"rate_limit_error","message":"m","details":{"error_code":"enforced_spend_limit_reached"}})",
       FailureClass::quota},
      {R"({"type":"api_error","message":"m"})", FailureClass::server},
      {R"({"type":"invalid_request_error","message":"m"})", FailureClass::caller}};
  for (const auto& [error, expected] : errors) {
    const auto outcome = decode<AnthropicDecoder>(
        kStart + block(0, kText) + text_delta(0, "half") + "event: error\n" +
        event(std::string(R"({"type":"error","error":)") + error + "}"));
    EXPECT_EQ(class_of(outcome), expected) << error;
    EXPECT_EQ(outcome.failure()->usage.input_tokens, 15) << error;
  }
}

TEST(AnthropicDecoding, ACutIsACut) {
  EXPECT_EQ(class_of(decode<AnthropicDecoder>(kStart + block(0, kText) + text_delta(0, "half"))),
            FailureClass::stream_cut);
  EXPECT_EQ(class_of(decode<AnthropicDecoder>("")), FailureClass::malformed);
  EXPECT_EQ(class_of(decode<AnthropicDecoder>(event("{"))), FailureClass::malformed);
}

TEST(AnthropicDecoding, ACallCutByTheTokenLimitIsShownButNeverSentBack) {
  const auto outcome = decode<AnthropicDecoder>(
      kStart + block(0, R"({"type":"tool_use","id":"t","name":"f","input":{}})") +
      event(
          R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":\"b"}})") +
      stop("max_tokens"));

  ASSERT_NE(outcome.turn(), nullptr);
  EXPECT_EQ(outcome.turn()->finish_reason, FinishReason::length);
  EXPECT_EQ(outcome.turn()->tool_calls.at(0).arguments, R"({"a":"b)");
  EXPECT_TRUE(outcome.turn()->native.json.empty());
}

TEST(AnthropicDecoding, ASecondAnswerWithinOneThatWasShownIsNonsense) {
  const std::string begun = kStart + block(0, kText) + text_delta(0, "shown");

  EXPECT_EQ(class_of(decode<AnthropicDecoder>(begun + kStart + block(0, kText) + stop("end_turn"))),
            FailureClass::malformed);
}

TEST(AnthropicDecoding, AMessageMayBeginWithContentAndItsEnd) {
  const auto outcome = decode<AnthropicDecoder>(
      event(
          R"({"type":"message_start","message":{"model":"c","content":[)"
          R"({"type":"tool_use","id":"t","name":"f","input":{"a":1}}],"stop_reason":"tool_use"}})") +
      event(R"({"type":"message_delta","delta":{"stop_reason":null}})") +
      event(R"({"type":"message_stop"})"));

  ASSERT_NE(outcome.turn(), nullptr);
  EXPECT_EQ(outcome.turn()->finish_reason, FinishReason::tool_calls);
  EXPECT_EQ(outcome.turn()->tool_calls.at(0).arguments, R"({"a":1})");
}

TEST(AnthropicDecoding, AnnouncedCallsMustBeThere) {
  EXPECT_EQ(class_of(decode<AnthropicDecoder>(kStart + stop("tool_use"))), FailureClass::malformed);
}

// --- Gemini

std::string candidate(const std::string& parts, const std::string& more = "") {
  return event(R"({"candidates":[{"content":{"parts":[)" + parts + "]}" + more + "}]}");
}

TEST(GeminiDecoding, EveryFinishReasonHasItsMeaning) {
  const std::pair<const char*, FinishReason> reasons[] = {
      {"STOP", FinishReason::stop},
      {"MAX_TOKENS", FinishReason::length},
      {"SAFETY", FinishReason::content_filter},
      {"RECITATION", FinishReason::content_filter},
      {"BLOCKLIST", FinishReason::content_filter},
      {"PROHIBITED_CONTENT", FinishReason::content_filter},
      {"SPII", FinishReason::content_filter},
      {"LANGUAGE", FinishReason::content_filter},
      {"OTHER", FinishReason::unknown},
      {"NEVER_HEARD_OF", FinishReason::unknown}};
  for (const auto& [raw, expected] : reasons) {
    const auto outcome = decode<GeminiDecoder>(
        candidate(R"({"text":"x"})", std::string(R"(,"finishReason":")") + raw + '"'));
    ASSERT_NE(outcome.turn(), nullptr) << raw;
    EXPECT_EQ(outcome.turn()->finish_reason, expected) << raw;
    EXPECT_TRUE(outcome.turn()->saw_terminal) << raw;
  }
}

TEST(GeminiDecoding, ABrokenCallIsTriedAgain) {
  for (const char* raw :
       {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"}) {
    EXPECT_EQ(class_of(decode<GeminiDecoder>(
                  candidate("", std::string(R"(,"finishReason":")") + raw + '"'))),
              FailureClass::malformed)
        << raw;
  }
  EXPECT_EQ(class_of(decode<GeminiDecoder>(candidate("", R"(,"finishReason":"OTHER")"))),
            FailureClass::server);
}

TEST(GeminiDecoding, BareJsonAfterEventsIsTheOutcome) {
  const std::string begun = candidate(R"({"text":"half"})");
  const std::pair<const char*, FailureClass> errors[] = {
      {"{\n \"error\": {\n \"code\": 503,\n \"status\": \"UNAVAILABLE\"\n }\n}\n",
       FailureClass::overload},
      {R"({"error":{"code":499,"status":"CANCELLED"}})", FailureClass::server},
      {R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]}]}})",
       FailureClass::quota},
      {R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerMinute"}]}]}})",
       FailureClass::rate}};
  for (const auto& [error, expected] : errors) {
    test::RecordingSink sink;
    EXPECT_EQ(class_of(decode<GeminiDecoder>(begun + error + "\n", sink)), expected) << error;
    EXPECT_EQ(sink.text, "half");
  }
}

TEST(GeminiDecoding, ThoughtsAreReasoningAndCountAsOutput) {
  const auto outcome = decode<GeminiDecoder>(
      candidate(R"({"text":"hm","thought":true},{"text":"yes"})", R"(,"finishReason":"STOP")") +
      event(
          R"({"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"thoughtsTokenCount":7,"cachedContentTokenCount":1}})"));

  EXPECT_EQ(outcome.turn()->text, "yes");
  EXPECT_EQ(outcome.turn()->reasoning, "hm");
  EXPECT_EQ(outcome.turn()->usage.output_tokens, 9);
  EXPECT_EQ(outcome.turn()->usage.reasoning_tokens, 7);
  EXPECT_EQ(outcome.turn()->usage.cached_input_tokens, 1);
}

TEST(GeminiDecoding, PlacesThatContradictAreNonsense) {
  for (const char* partial :
       {R"({"jsonPath":"$.a[9]","stringValue":"x"})", R"({"jsonPath":"a","stringValue":"x"})",
        R"({"jsonPath":"$.a","stringValue":"x"},{"jsonPath":"$.a.b","stringValue":"x"})",
        R"({"jsonPath":"$[","stringValue":"x"})"}) {
    const auto outcome = decode<GeminiDecoder>(
        candidate(std::string(R"({"functionCall":{"name":"f","partialArgs":[)") + partial + "]}}",
                  R"(,"finishReason":"STOP")"));
    EXPECT_EQ(class_of(outcome), FailureClass::malformed) << partial;
  }
}

// --- Responses

std::string completed(const std::string& status,
                      const std::string& output,
                      const std::string& more = "") {
  return event(R"({"type":"response.)" + status +
               R"(","response":{"id":"r","model":"g","status":")" + status + R"(","output":[)" +
               output + R"(],"usage":{"input_tokens":3,"output_tokens":4})" + more + "}}");
}

TEST(ResponsesDecoding, IncompleteSaysWhy) {
  const auto length = decode<OpenAiResponsesDecoder>(
      event(R"({"type":"response.output_text.delta","delta":"x"})") +
      completed("incomplete", "", R"(,"incomplete_details":{"reason":"max_output_tokens"})"));
  const auto filtered = decode<OpenAiResponsesDecoder>(
      completed("incomplete", "", R"(,"incomplete_details":{"reason":"content_filter"})"));

  EXPECT_EQ(length.turn()->finish_reason, FinishReason::length);
  EXPECT_EQ(length.turn()->raw_finish_reason, "max_output_tokens");
  EXPECT_EQ(filtered.turn()->finish_reason, FinishReason::content_filter);
}

TEST(ResponsesDecoding, RefusalsComeByDeltaOrByItem) {
  const auto by_delta = decode<OpenAiResponsesDecoder>(
      event(R"({"type":"response.refusal.delta","delta":"I can't"})") +
      completed("completed",
                R"({"type":"message","content":[{"type":"refusal","refusal":"I can't"}]})"));
  const auto by_item = decode<OpenAiResponsesDecoder>(completed(
      "completed", R"({"type":"message","content":[{"type":"refusal","refusal":"I can't"}]})"));

  for (const auto* outcome : {&by_delta, &by_item}) {
    EXPECT_EQ(outcome->turn()->refusal, "I can't");
    EXPECT_EQ(outcome->turn()->finish_reason, FinishReason::refusal);
  }
}

TEST(ResponsesDecoding, FailedAttemptsCount) {
  const auto outcome = decode<OpenAiResponsesDecoder>(
      event(R"({"type":"error","error":{"code":"rate_limit_exceeded","message":"m"}})") +
      completed("failed", "", R"(,"error":{"code":"rate_limit_exceeded"})"));
  const auto bare = decode<OpenAiResponsesDecoder>(
      completed("failed", "", R"(,"error":{"code":"server_error","message":"m"})"));

  EXPECT_EQ(class_of(outcome), FailureClass::rate);
  EXPECT_EQ(outcome.failure()->usage.output_tokens, 4);
  EXPECT_EQ(class_of(bare), FailureClass::server);
  EXPECT_EQ(bare.failure()->usage.output_tokens, 4);
}

TEST(ResponsesDecoding, AWholeBodyIsATurnToo) {
  test::RecordingSink sink;
  OpenAiResponsesDecoder decoder(sink);
  decoder.on_whole_body(
      R"({"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]})");
  const auto outcome = decoder.finish(std::nullopt);

  EXPECT_EQ(outcome.turn()->text, "hi");
  EXPECT_EQ(sink.text, "hi");
  EXPECT_EQ(outcome.turn()->tool_calls.at(0).name, "f");
  EXPECT_EQ(outcome.turn()->finish_reason, FinishReason::tool_calls);
}

TEST(ResponsesDecoding, AMissingEndIsACut) {
  EXPECT_EQ(class_of(decode<OpenAiResponsesDecoder>(
                event(R"({"type":"response.output_text.delta","delta":"x"})"))),
            FailureClass::stream_cut);
}

}  // namespace
}  // namespace taskgate::providers::native_decoding
