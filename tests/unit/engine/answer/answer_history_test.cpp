#include "engine/answer/answer_history.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace taskgate::engine {
namespace {

Step model_step(int index, std::int64_t tokens) {
  Step step;
  step.index = index;
  step.name = "one/m";
  step.status = "succeeded";
  step.usage.reported = true;
  step.usage.output_tokens = tokens;
  return step;
}

Event event_of(EventType type, const Step& step, const std::string& more) {
  Event event;
  event.type = type;
  append_step_members(event.data, step);
  event.data += more;
  return event;
}

TEST(AnswerHistory, TheLogTellsWhatTheMemoryKnew) {
  Step check;
  check.index = 2;
  check.kind = Step::Kind::check;
  check.name = "answer";
  check.status = "failed";
  AnswerHistory remembered;
  remembered.add(model_step(1, 7));
  remembered.add(check);

  AnswerHistory read;
  read.replay(event_of(EventType::step_finished, model_step(1, 7), ""));
  read.replay(event_of(EventType::check_finished, check, R"(,"next":"retry_with_feedback")"));

  const auto steps = [](const AnswerHistory& history) {
    return nlohmann::json::parse("[" + history.steps + "]");
  };
  EXPECT_EQ(steps(read), steps(remembered));
  EXPECT_EQ(read.step_count, 2);
  EXPECT_EQ(read.usage.output_tokens, 7);
  EXPECT_EQ(read.feedbacks, 1);
}

TEST(AnswerHistory, WhatFailedTurnsUsedIsCounted) {
  Event retrying;
  retrying.type = EventType::task_retrying;
  retrying.data = R"("reason":"stream_cut","usage":{"input_tokens":3,"output_tokens":4})";
  AnswerHistory history;

  history.replay(retrying);

  EXPECT_TRUE(history.usage.reported);
  EXPECT_EQ(history.usage.input_tokens, 3);
  EXPECT_EQ(history.step_count, 0);
}

// What a restart reads is what the price of the task is made of.
TEST(AnswerHistory, EveryCountOfAStepIsReadBack) {
  auto step = model_step(1, 2);
  step.usage.input_tokens = 100;
  step.usage.cached_input_tokens = 30;
  step.usage.cache_write_input_tokens = 40;
  step.usage.reasoning_tokens = 1;
  AnswerHistory history;

  history.replay(event_of(EventType::step_finished, step, ""));

  EXPECT_EQ(history.usage.input_tokens, 100);
  EXPECT_EQ(history.usage.output_tokens, 2);
  EXPECT_EQ(history.usage.cached_input_tokens, 30);
  EXPECT_EQ(history.usage.cache_write_input_tokens, 40);
  EXPECT_EQ(history.usage.reasoning_tokens, 1);
}

TEST(AnswerHistory, RowsWithoutACountAreRead) {
  Event retrying;
  retrying.type = EventType::task_retrying;
  retrying.data = R"("usage":{"input_tokens":3,"output_tokens":4,"cached_input_tokens":1})";
  AnswerHistory history;

  history.replay(retrying);

  EXPECT_EQ(history.usage.cached_input_tokens, 1);
  EXPECT_EQ(history.usage.cache_write_input_tokens, 0);
}

TEST(AnswerHistory, OtherEventsAndDamagedOnesSayNothing) {
  AnswerHistory history;
  for (const auto* data : {"", "\"step\":7", "\"step\":", "\"next\":3"}) {
    Event event;
    event.type = EventType::check_finished;
    event.data = data;
    history.replay(event);
  }
  Event delta;
  delta.type = EventType::output_delta;
  delta.data = R"("next":"retry_with_feedback")";
  history.replay(delta);

  EXPECT_EQ(history.step_count, 0);
  EXPECT_EQ(history.feedbacks, 0);
}

}  // namespace
}  // namespace taskgate::engine
