#pragma once
// An answer of the Chat Completions protocol, of OpenAI and of the many servers that imitate it.
//
// Quirks and their sources: docs/providers.md; tests/conformance replays recorded streams.

#include "providers/openai_chat/tool_call_assembler.hpp"
#include "providers/turn_decoder.hpp"

#include <optional>
#include <string_view>

namespace taskgate::providers {

class OpenAiChatDecoder final : public TurnDecoder {
 public:
  explicit OpenAiChatDecoder(DeltaSink& sink);

 private:
  struct Choice;
  struct Chunk;
  bool take_event(const net::SseEvent& event) override;
  bool take_whole(std::string_view body) override;
  void assemble() override;
  bool ended() const override;
  std::optional<Failure> judge() const override;
  FinishReason reason() const override;

  static bool read_chunk(std::string_view json, Chunk& chunk);
  static bool read_choices(std::string_view value, Chunk& chunk);
  static bool read_choice(std::string_view value, Choice& choice);
  static bool read_message(std::string_view value, Choice& choice);
  bool take_json(std::string_view json);
  void take_choice(const Choice& choice);
  void take_content(std::string_view value);
  void take_parts(std::string_view array, Delta::Kind kind);
  void take_logprobs(std::string_view value);
  void take_usage(std::string_view value);

  ToolCallAssembler tools_;
  bool any_choice_ = false;
};

}  // namespace taskgate::providers
