// One protocol's decoder behind the SSE parser (TASKGATE_FUZZ_DECODER names it): the same outcome
// and the same deltas however the stream is cut; deltas are whole characters and add up to the
// turn.
#include "fuzz/splits.hpp"
#include "providers/anthropic/decoder.hpp"
#include "providers/gemini/decoder.hpp"
#include "providers/openai_chat/decoder.hpp"
#include "providers/openai_responses/decoder.hpp"
#include "support/recording_sink.hpp"

namespace {

using Decoder = taskgate::providers::TASKGATE_FUZZ_DECODER;
using taskgate::providers::TurnOutcome;
using taskgate::test::RecordingSink;

std::string describe(const TurnOutcome& outcome) {
  if (const auto* failure = outcome.failure()) {
    return std::string(to_string(failure->failure_class)) + '|' + failure->message + '|' +
           failure->code + '|' + std::to_string(failure->http_status) + '|' +
           std::to_string(failure->usage.output_tokens);
  }
  const auto& turn = *outcome.turn();
  std::string text =
      std::string(to_string(turn.finish_reason)) + '|' + turn.raw_finish_reason + '|' + turn.text +
      '|' + turn.reasoning + '|' + turn.refusal + '|' + turn.served_model + '|' + turn.native.json +
      '|' + std::to_string(turn.usage.input_tokens) + '+' +
      std::to_string(turn.usage.output_tokens) + '|' + std::to_string(turn.logprobs.size());
  for (const auto& call : turn.tool_calls) {
    text += '|' + call.id + ':' + call.name + ':' + call.arguments;
  }
  return text;
}

std::string decode(std::string_view input, std::size_t most) {
  RecordingSink sink;
  Decoder decoder(sink);
  taskgate::net::SseParser parser;
  taskgate::fuzz::feed_in_pieces(input, most,
                                 [&](std::string_view piece) { parser.feed(piece, decoder); });
  parser.finish(decoder);
  const TurnOutcome outcome = decoder.finish(std::nullopt);
  for (const std::string& piece : sink.pieces) {
    taskgate::fuzz::expect_that(taskgate::test::is_valid_utf8(piece),
                                "a delta is whole characters");
  }
  if (const auto* turn = outcome.turn()) {
    taskgate::fuzz::expect_that(turn->text == sink.text, "deltas add up to the text");
    taskgate::fuzz::expect_that(turn->reasoning == sink.reasoning,
                                "deltas add up to the reasoning");
    taskgate::fuzz::expect_that(turn->usage.output_tokens >= 0, "no negative usage");
  }
  return describe(outcome) + '|' + sink.text + '|' + sink.reasoning;
}

std::string decode_body(std::string_view input) {
  RecordingSink sink;
  Decoder decoder(sink);
  decoder.on_whole_body(input);
  return describe(decoder.finish(std::nullopt));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string whole = decode(input, size + 1);
  taskgate::fuzz::expect_same(whole, decode(input, 97), "in pieces");
  if (size <= 4096) taskgate::fuzz::expect_same(whole, decode(input, 1), "byte by byte");
  decode_body(input);
  return 0;
}
