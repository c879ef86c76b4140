#pragma once
// An answer of the Gemini API: every event is a whole response that holds the next parts.
//
// Quirks and their sources: docs/providers.md; tests/conformance replays recorded streams.

#include "providers/gemini/partial_args.hpp"
#include "providers/turn_decoder.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::providers {

class GeminiDecoder final : public TurnDecoder {
 public:
  explicit GeminiDecoder(DeltaSink& sink);

 private:
  struct Call {
    std::string id;
    std::string name;
    std::string args;  // as they came; empty: none yet
    PartialArgs partial;
    std::size_t part = 0;  // of parts_: where it goes back
  };
  /// A part as it goes back in the next turn.
  struct Part {
    std::string json;  // as it came; empty: text that grew over several parts
    std::string text;  // unstitched
    bool thought = false;
    std::string signature;  // of a call
  };

  bool take_event(const net::SseEvent& event) override;
  bool take_whole(std::string_view body) override;
  void assemble() override;
  bool ended() const override;
  bool has_marker() const override { return false; }
  std::optional<Failure> judge() const override;
  FinishReason reason() const override;

  bool take_response(std::string_view json);
  void take_candidate(std::string_view candidate);
  void take_part(std::string_view part);
  void take_call(std::string_view call, std::string_view part);
  void keep_text(std::string_view raw, bool thought);
  void keep_part(std::string_view part);
  void take_feedback(std::string_view feedback);
  void take_usage(std::string_view usage);
  void take_logprobs(std::string_view result);
  void assemble_calls();
  std::string native_parts() const;

  std::vector<Call> calls_;
  std::vector<Part> parts_;
  bool call_open_ = false;  // the last of calls_ goes on
  bool blocked_ = false;    // the prompt was
};

/// Ids that we gave to calls that came without one begin so; they are never sent.
inline constexpr std::string_view kOwnCallId = "tg-call-";

}  // namespace taskgate::providers
