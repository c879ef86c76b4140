#pragma once
// The Chat Completions protocol of OpenAI and of the many servers that imitate it: a request's
// JSON, and the decoding of a stream (or of a whole body) into deltas and one normalised turn.
// Pure.
//
// Quirks and their sources: notes in docs/providers; tests/conformance replays recorded streams.

#include "providers/text_stitcher.hpp"
#include "providers/tool_call_assembler.hpp"
#include "providers/upstream_error.hpp"
#include "taskgate/net/sse.hpp"
#include "taskgate/providers/provider.hpp"
#include "taskgate/providers/registry.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace taskgate::providers {

/// How one upstream's dialect differs where we write.
struct ChatDialect {
  StructuredOutput structured_output = StructuredOutput::json_schema;
  std::string token_limit_field = "max_tokens";
};

/// The request's body. Bytes that are not UTF-8 become U+FFFD.
std::string encode_chat_request(const ModelRequest& request, const ChatDialect& dialect);

/// Decodes one answer. Feed it events, then call finish() once.
class OpenAiChatDecoder final : public net::SseVisitor {
 public:
  /// `sink` outlives the decoder.
  explicit OpenAiChatDecoder(DeltaSink& sink) : sink_(sink) {}

  void on_event(const net::SseEvent& event) override;
  /// A whole chat.completion object instead of a stream, or an error object.
  void on_whole_body(std::string_view body);
  /// What came is beyond repair, e.g. a line past every limit.
  void fail(std::string why);

  /// The terminal marker or an error came: nothing that follows matters.
  bool done() const noexcept { return saw_terminal_ || error_ || malformed_; }
  bool saw_terminal() const noexcept { return saw_terminal_; }
  /// Something of the answer itself came (text, reasoning, a tool call).
  bool has_output() const noexcept { return has_output_; }
  /// The upstream's own error object, if it sent one.
  const UpstreamError* upstream_error() const { return error_ ? &*error_ : nullptr; }

  /// How the transport ended: nullopt at the proper end of the body, else what broke it. A turn
  /// whose finish_reason came is complete either way.
  TurnOutcome finish(std::optional<Failure> broken);

 private:
  struct Choice;
  struct Chunk;
  static bool read_chunk(std::string_view json, Chunk& chunk);
  static bool read_choices(std::string_view value, Chunk& chunk);
  static bool read_choice(std::string_view value, Choice& choice);
  static bool read_message(std::string_view value, Choice& choice);
  bool take_json(std::string_view json);
  void take_error(std::string_view json);
  void take_choice(const Choice& choice);
  void take_content(std::string_view value);
  void take_parts(std::string_view array, Delta::Kind kind);
  void take_text(std::string_view raw, Delta::Kind kind);
  void take_usage(std::string_view value);
  void emit(Delta::Kind kind, std::string_view text);
  void flush();
  std::optional<Failure> failure(std::optional<Failure> broken);
  FinishReason finish_reason() const;

  DeltaSink& sink_;
  ModelTurn turn_;
  TextStitcher text_;
  TextStitcher reasoning_;
  ToolCallAssembler tools_;
  std::string scratch_;
  std::string refusal_;  // unstitched
  bool any_choice_ = false;
  bool any_chunk_ = false;
  bool has_output_ = false;
  bool saw_terminal_ = false;
  bool malformed_ = false;
  std::string why_malformed_;
  std::optional<UpstreamError> error_;
};

}  // namespace taskgate::providers
