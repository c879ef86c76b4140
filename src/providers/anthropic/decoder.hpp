#pragma once
// An answer of the Messages protocol: content blocks that begin, grow and stop, and the message
// around them.
//
// Quirks and their sources: docs/providers.md; tests/conformance replays recorded streams.

#include "providers/anthropic/content_block.hpp"
#include "providers/turn_decoder.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace taskgate::providers {

class AnthropicDecoder final : public TurnDecoder {
 public:
  explicit AnthropicDecoder(DeltaSink& sink);

 private:
  bool take_event(const net::SseEvent& event) override;
  bool take_whole(std::string_view body) override;
  void assemble() override;
  bool ended() const override;
  std::optional<Failure> judge() const override;
  FinishReason reason() const override;

  void begin_message(std::string_view message);
  void begin_block(std::int64_t index, std::string_view content);
  void grow_block(std::int64_t index, std::string_view delta);
  void take_delta(std::string_view delta);
  void take_usage(std::string_view usage);
  void show(std::string_view raw, Delta::Kind kind);
  ContentBlock* find_block(std::int64_t index);

  struct Counts {
    std::int64_t input = 0, cache_read = 0, cache_write = 0, output = 0, thinking = 0;
  };
  std::vector<ContentBlock> blocks_;
  Counts counts_;
  bool wrote_text_ = false;
};

}  // namespace taskgate::providers
