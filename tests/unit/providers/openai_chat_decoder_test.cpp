// One test per quirk of notes/providers.md; recorded streams are replayed by tests/conformance.
#include "chat_decoding.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace taskgate::providers {
namespace {

TEST(OpenAiChatDecoder, DecodesAnOrdinaryStream) {
  Decoding d;
  d.delta(R"("role":"assistant","content":"","refusal":null)");
  d.delta(R"("content":"Hel")").delta(R"("content":"lo")").stop("stop");
  d.chunk(
      R"({"choices":[],"system_fingerprint":"fp","usage":{"prompt_tokens":3,"completion_tokens":2,
    "prompt_tokens_details":{"cached_tokens":1},"completion_tokens_details":{"reasoning_tokens":1}}})");
  d.done();

  const ModelTurn turn = d.turn();

  EXPECT_EQ(d.sink.pieces, (std::vector<std::string>{"Hel", "lo"}));
  EXPECT_EQ(turn.text, "Hello");
  EXPECT_EQ(turn.finish_reason, FinishReason::stop);
  EXPECT_EQ(turn.raw_finish_reason, "stop");
  EXPECT_TRUE(turn.saw_terminal);
  EXPECT_EQ(turn.served_model, "m1");
  EXPECT_EQ(turn.fingerprint, "fp");
  EXPECT_EQ(turn.request_id, "c1");
  EXPECT_TRUE(turn.usage.reported);
  EXPECT_EQ(turn.usage.input_tokens, 3);
  EXPECT_EQ(turn.usage.output_tokens, 2);
  EXPECT_EQ(turn.usage.cached_input_tokens, 1);
  EXPECT_EQ(turn.usage.reasoning_tokens, 1);
}

TEST(OpenAiChatDecoder, ACharacterCutBetweenDeltasIsNeverShownCut) {
  Decoding escapes;
  escapes.delta(R"("content":"a\ud83d")").delta(R"("content":"\ude00b")").stop("stop");
  Decoding bytes;
  bytes.delta("\"content\":\"a\xF0\x9F\"")
      .delta(
          "\"content\":\"\x98\x80"
          "b\"")
      .stop("stop");

  for (Decoding* d : {&escapes, &bytes}) {
    EXPECT_EQ(d->turn().text,
              "a\xF0\x9F\x98\x80"
              "b");
    for (const std::string& piece : d->sink.pieces) EXPECT_TRUE(test::is_valid_utf8(piece));
  }
}

TEST(OpenAiChatDecoder, ACharacterThatNeverEndsIsReplaced) {
  Decoding d;
  d.delta(R"("content":"a\ud83d")").stop("length");

  EXPECT_EQ(d.turn().text, "a\xEF\xBF\xBD");
  EXPECT_EQ(d.sink.text, "a\xEF\xBF\xBD");
}

TEST(OpenAiChatDecoder, TellsReasoningFromText) {
  Decoding d;
  d.delta(R"("reasoning_content":"think","content":null)");
  d.delta(R"("reasoning":"ing")");
  d.delta(R"("reasoning_content":" hard","reasoning":" hard")");  // the same text twice
  d.delta(R"("reasoning_content":"","reasoning":"!")");
  d.delta(R"("content":"42","reasoning_content":null)").stop("stop");

  const ModelTurn turn = d.turn();

  EXPECT_EQ(turn.reasoning, "thinking hard!");
  EXPECT_EQ(turn.text, "42");
  EXPECT_EQ(d.sink.reasoning, "thinking hard!");
}

TEST(OpenAiChatDecoder, ReadsContentParts) {
  Decoding d;
  d.delta(R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}])");
  d.delta(
      R"("content":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"odd"},null])");
  d.stop("stop");

  const ModelTurn turn = d.turn();
  EXPECT_EQ(turn.text, "ab");
  EXPECT_EQ(turn.reasoning, "hm");
}

TEST(OpenAiChatDecoder, NormalisesFinishReasons) {
  const std::pair<const char*, FinishReason> cases[] = {
      {"stop", FinishReason::stop},
      {"length", FinishReason::length},
      {"model_length", FinishReason::length},
      {"content_filter", FinishReason::content_filter},
      {"eos", FinishReason::stop},
      {"brand_new", FinishReason::unknown}};
  for (const auto& [raw, expected] : cases) {
    Decoding d;
    d.delta(R"("content":"x")").stop(raw);
    const ModelTurn turn = d.turn();
    EXPECT_EQ(turn.finish_reason, expected) << raw;
    EXPECT_EQ(turn.raw_finish_reason, raw);
  }
}

TEST(OpenAiChatDecoder, ProvidersThatGiveUpSayItInTheFinishReason) {
  Decoding mistral;
  mistral.stop("error");
  Decoding deepseek;
  deepseek.stop("insufficient_system_resource");

  EXPECT_EQ(mistral.failure().failure_class, FailureClass::server);
  EXPECT_EQ(deepseek.failure().failure_class, FailureClass::overload);
}

TEST(OpenAiChatDecoder, KeepsARefusal) {
  Decoding d;
  d.delta(R"("refusal":"I ")").delta(R"("refusal":"cannot")").stop("stop");

  const ModelTurn turn = d.turn();
  EXPECT_EQ(turn.refusal, "I cannot");
  EXPECT_EQ(turn.finish_reason, FinishReason::refusal);
  EXPECT_EQ(d.sink.text, "") << "a refusal is not output";
}

TEST(OpenAiChatDecoder, TheNewestUsageWins) {
  Decoding every;
  every.chunk(R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1}})");
  every.chunk(R"({"choices":[],"usage":null})").stop("stop");
  every.chunk(R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":9}})");
  Decoding groq;
  groq.stop("stop").chunk(
      R"({"choices":[],"x_groq":{"usage":{"prompt_tokens":7,"completion_tokens":8}}})");
  Decoding deepseek;
  deepseek.stop("stop").chunk(
      R"({"choices":[],"usage":{"prompt_tokens":7,"prompt_cache_hit_tokens":6,"completion_tokens":"x"}})");
  Decoding xai;
  xai.stop("stop").chunk(R"({"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":2,
    "total_tokens":354,"completion_tokens_details":{"reasoning_tokens":340}}})");
  Decoding silent;
  silent.stop("stop");

  EXPECT_EQ(every.turn().usage.output_tokens, 9);
  EXPECT_EQ(groq.turn().usage.input_tokens, 7);
  EXPECT_EQ(deepseek.turn().usage.cached_input_tokens, 6);
  EXPECT_EQ(xai.turn().usage.output_tokens, 342) << "reasoning counts as output";
  EXPECT_FALSE(silent.turn().usage.reported);
}

TEST(OpenAiChatDecoder, IgnoresOtherChoicesAndEmptyChunks) {
  Decoding d;
  d.chunk(R"({"choices":[],"model":"","prompt_filter_results":[]})");
  d.chunk(R"({"choices":null})").chunk("").chunk("  ");
  d.chunk(
      R"({"choices":[{"index":1,"delta":{"content":"other"}},{"index":0,"delta":{"content":"x"}}]})");
  d.chunk(R"({"choices":[{"delta":{"content":"y"}}]})").stop("stop");

  const ModelTurn turn = d.turn();
  EXPECT_EQ(turn.text, "xy");
  EXPECT_EQ(turn.served_model, "m1");
}

TEST(OpenAiChatDecoder, AnErrorInTheStreamEndsTheTurn) {
  Decoding d;
  d.delta(R"("content":"partial")");
  d.chunk(R"({"error":{"message":"The server had an error","type":"server_error","code":"boom"}})");
  d.delta(R"("content":"more")");
  EXPECT_TRUE(d.decoder().done());

  const Failure failure = d.failure();

  EXPECT_EQ(failure.failure_class, FailureClass::server);
  EXPECT_EQ(failure.code, "boom");
  EXPECT_EQ(failure.message, "The server had an error");
  EXPECT_EQ(d.sink.text, "partial");
}

TEST(OpenAiChatDecoder, ReadsErrorEventsAndBareErrors) {
  Decoding named;
  net::SseEvent event;
  event.event = "error";
  event.data = R"({"message":"slow","code":"rate_limit_exceeded"})";
  named.decoder().on_event(event);
  Decoding bare;
  net::SseEvent stray;
  stray.bare_json = true;
  stray.data = R"({"error":{"code":503,"message":"busy"}})";
  bare.decoder().on_event(stray);
  Decoding vllm;
  vllm.chunk(R"({"object":"error","message":"too long","type":"BadRequestError","code":400})");
  Decoding null_error;
  null_error.chunk(R"({"error":null,"choices":[]})").stop("stop");

  EXPECT_EQ(named.failure().failure_class, FailureClass::rate);
  EXPECT_EQ(bare.failure().failure_class, FailureClass::overload);
  EXPECT_EQ(vllm.failure().failure_class, FailureClass::caller);
  EXPECT_EQ(null_error.turn().finish_reason, FinishReason::stop);
}

TEST(OpenAiChatDecoder, ACompleteTurnNeedsNoDoneMarker) {
  Failure broken;
  broken.failure_class = FailureClass::stream_cut;
  Decoding cut_after;
  cut_after.delta(R"("content":"x")").stop("stop");
  const TurnOutcome complete = cut_after.decoder().finish(broken);
  ASSERT_NE(complete.turn(), nullptr);
  EXPECT_FALSE(complete.turn()->saw_terminal);
  Decoding cut_before;
  cut_before.delta(R"("content":"x")");
  cut_before.chunk(R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1}})");
  Decoding ended;
  ended.delta(R"("content":"x")");

  const Failure failure = cut_before.failure(broken);
  EXPECT_EQ(failure.failure_class, FailureClass::stream_cut);
  EXPECT_EQ(failure.usage.output_tokens, 1) << "what it cost is known all the same";
  EXPECT_EQ(ended.failure().failure_class, FailureClass::stream_cut);
}

TEST(OpenAiChatDecoder, ADoneMarkerNeedsNoFinishReason) {
  Decoding d;
  d.delta(R"("content":"x")").choice(R"("delta":{},"finish_reason":null)").done();

  const ModelTurn turn = d.turn();
  EXPECT_EQ(turn.finish_reason, FinishReason::unknown);
  EXPECT_EQ(turn.text, "x");
}

TEST(OpenAiChatDecoder, NonsenseIsMalformed) {
  for (const char* nonsense :
       {"ping", "{", R"({"choices":[{"delta":{"content":"x" "y"}}]})", R"({"choices":[{"delta":)",
        R"({"choices":{}})", R"({"choices":[1]})"}) {
    Decoding d;
    d.chunk(nonsense);
    EXPECT_EQ(d.failure().failure_class, FailureClass::malformed) << nonsense;
  }
  Decoding nothing;
  EXPECT_EQ(nothing.failure().failure_class, FailureClass::malformed);
  Decoding only_done;
  only_done.done();
  EXPECT_EQ(only_done.failure().failure_class, FailureClass::malformed);
}

TEST(OpenAiChatDecoder, AChunkThatTheEndCutIsNotNonsense) {
  Decoding d;
  d.delta(R"("content":"x")").stop("stop");
  net::SseEvent half;
  half.data = R"({"choices":[],"usa)";
  half.unterminated = true;
  d.decoder().on_event(half);

  EXPECT_EQ(d.turn().text, "x");
}

TEST(OpenAiChatDecoder, ReadsAWholeBody) {
  Decoding d;
  d.decoder().on_whole_body(
      R"({"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,
    "message":{"role":"assistant","content":"whole","refusal":null},"finish_reason":"stop"}],
    "usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}})");

  const ModelTurn turn = d.turn();
  EXPECT_EQ(turn.text, "whole");
  EXPECT_EQ(d.sink.text, "whole");
  EXPECT_TRUE(turn.usage.reported);
}

}  // namespace
}  // namespace taskgate::providers
