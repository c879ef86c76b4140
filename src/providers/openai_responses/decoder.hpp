#pragma once
// An answer of OpenAI's Responses protocol: typed events about output items, and a last one that
// holds the whole response.
//
// Quirks and their sources: docs/providers.md; tests/conformance replays recorded streams.

#include "providers/turn_decoder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::providers {

class OpenAiResponsesDecoder final : public TurnDecoder {
 public:
  explicit OpenAiResponsesDecoder(DeltaSink& sink);

 private:
  /// One output item. Found by its place: proxies change its id from event to event.
  struct Item {
    std::int64_t index = 0;
    std::string json;       // as it came last
    std::string arguments;  // of a call, from deltas; unstitched
    bool done = false;
  };

  bool take_event(const net::SseEvent& event) override;
  bool take_whole(std::string_view body) override;
  void take_after_error(std::string_view data) override;
  void assemble() override;
  bool ended() const override;
  std::optional<Failure> judge() const override;
  FinishReason reason() const override;

  void take_response(std::string_view response);
  bool take_end(std::string_view response);
  void take_item(std::int64_t index, std::string_view item, bool done);
  void take_arguments(std::int64_t index, std::string_view delta);
  void take_reasoning(std::string_view delta, std::int64_t item, std::int64_t number);
  void take_usage(std::string_view usage);
  void show_message(std::string_view item);
  void show_reasoning(std::string_view item);
  Item* find_item(std::int64_t index);
  std::string native_items() const;

  std::vector<Item> items_;
  std::string status_;
  std::pair<std::int64_t, std::int64_t> reasoning_part_;  // item and part that came last
  bool wrote_text_ = false;
  bool wrote_refusal_ = false;
  bool wrote_reasoning_ = false;
};

}  // namespace taskgate::providers
