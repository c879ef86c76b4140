#pragma once
// Feeds a decoder chunk by chunk, with as little JSON around the point as possible.

#include "providers/openai_chat/decoder.hpp"
#include "support/recording_sink.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace taskgate::providers {

class Decoding {
 public:
  Decoding& chunk(std::string_view json) {
    net::SseEvent event;
    event.data = json;
    decoder_.on_event(event);
    return *this;
  }
  /// A chunk whose choice holds these members.
  Decoding& choice(const std::string& members) {
    return chunk(R"({"id":"c1","model":"m1","choices":[{"index":0,)" + members + "}]}");
  }
  Decoding& delta(const std::string& members) { return choice("\"delta\":{" + members + "}"); }
  Decoding& tool(const std::string& call) { return delta("\"tool_calls\":[" + call + "]"); }
  Decoding& stop(const std::string& reason) {
    return choice("\"delta\":{},\"finish_reason\":\"" + reason + "\"");
  }
  Decoding& done() { return chunk("[DONE]"); }

  OpenAiChatDecoder& decoder() { return decoder_; }
  ModelTurn turn() {
    TurnOutcome outcome = decoder_.finish(std::nullopt);
    EXPECT_NE(outcome.turn(), nullptr) << outcome.failure()->message;
    return outcome.turn() != nullptr ? *outcome.turn() : ModelTurn();
  }
  Failure failure(std::optional<Failure> broken = std::nullopt) {
    TurnOutcome outcome = decoder_.finish(std::move(broken));
    EXPECT_NE(outcome.failure(), nullptr);
    return outcome.failure() != nullptr ? *outcome.failure() : Failure();
  }
  test::RecordingSink sink;

 private:
  OpenAiChatDecoder decoder_{sink};
};

}  // namespace taskgate::providers
