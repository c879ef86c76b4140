#include "engine/agent/turn_record.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

TEST(TurnRecord, TurnComesBackAsItWas) {
  providers::ModelTurn turn;
  turn.text = "let me see \"that\"";
  turn.tool_calls = {{"id1", "look", R"({"a": 1.0)"}, {"id2", "pay", "{}"}};
  turn.finish_reason = providers::FinishReason::tool_calls;
  turn.native = {"anthropic", R"([{"type":"thinking","signature":"x"}])"};
  turn.served_model = "m-1";
  turn.fingerprint = "fp";
  turn.usage.reported = true;
  turn.usage.input_tokens = 11;
  turn.usage.output_tokens = 7;
  turn.usage.cached_input_tokens = 3;

  const auto again = replay_turn(record_turn(turn, "sim/m"));

  ASSERT_TRUE(again);
  EXPECT_EQ(again->text, turn.text);
  ASSERT_EQ(again->tool_calls.size(), 2U);
  EXPECT_EQ(again->tool_calls[0].id, "id1");
  EXPECT_EQ(again->tool_calls[0].arguments, R"({"a": 1.0)");
  EXPECT_EQ(again->native.protocol, "anthropic");
  EXPECT_EQ(again->native.json, turn.native.json);
  EXPECT_EQ(again->served_model, "m-1");
  EXPECT_EQ(again->usage.input_tokens, 11);
  EXPECT_EQ(again->usage.cached_input_tokens, 3);
  EXPECT_TRUE(again->usage.reported);
}

TEST(TurnRecord, UsageThatWasNotReportedStaysSo) {
  const auto again = replay_turn(record_turn(providers::ModelTurn(), "sim/m"));

  ASSERT_TRUE(again);
  EXPECT_FALSE(again->usage.reported);
}

TEST(TurnRecord, WhatIsNoTurnIsSaidToBeNone) {
  store::TurnRow row;
  row.response = "[1]";

  EXPECT_FALSE(replay_turn(row));
}

}  // namespace
}  // namespace taskgate::engine
