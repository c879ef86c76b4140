#include "engine/agent/input_answer.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace taskgate::engine {
namespace {

using store::CallState;

class InputAnswer : public ::testing::Test {
 protected:
  InputAnswer() {
    journal_.status = TaskStatus::waiting;
    journal_.last_seq = 9;
  }
  void ask(const std::string& key, CallState state) {
    store::CallRow call;
    call.place = {1, static_cast<int>(journal_.calls.size())};
    call.plan.key = key;
    call.plan.tool = "pay";
    call.plan.arguments = "{}";
    call.state = state;
    call.asked = true;
    journal_.calls.push_back(call);
  }
  Result<store::Answer> answer(TaskInput::Kind kind, const std::string& key) {
    input_.kind = kind;
    input_.key = key;
    return make_answer(ref_, journal_, toolbox_, input_, TimePoint(std::chrono::seconds(5)));
  }

  TaskRef ref_{"acme", TaskId{}};
  store::TaskJournal journal_;
  tools::Toolbox toolbox_;
  TaskInput input_;
};

TEST_F(InputAnswer, ApprovalPlansTheCall) {
  ask("tg_a", CallState::needs_approval);

  const auto made = answer(TaskInput::Kind::approve, "tg_a");

  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->state, CallState::planned);
  EXPECT_EQ(made->last_seq, 9U);
  EXPECT_EQ(made->required_input, "");
  EXPECT_TRUE(made->events.empty());
}

TEST_F(InputAnswer, WhatIsStillAskedIsAnnounced) {
  ask("tg_a", CallState::needs_approval);
  ask("tg_b", CallState::outcome_unknown);
  input_.reason = "no";

  const auto made = answer(TaskInput::Kind::deny, "tg_a");

  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->state, CallState::denied);
  EXPECT_NE(made->outcome.find("denied: no"), std::string::npos);
  const auto rest = nlohmann::json::parse(made->required_input)["calls"];
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0]["key"], "tg_b");
  EXPECT_EQ(rest[0]["kind"], "outcome");
  ASSERT_EQ(made->events.size(), 2U);
  EXPECT_EQ(made->events[0].type, EventType::tool_finished);
  EXPECT_EQ(made->events[1].type, EventType::task_waiting);
}

TEST_F(InputAnswer, ResolvingSaysWhatCameOfIt) {
  ask("tg_a", CallState::outcome_unknown);
  input_.result = R"({"no":7})";
  input_.executed = true;
  const auto executed = answer(TaskInput::Kind::resolve, "tg_a");
  input_.executed = false;
  input_.result.clear();
  const auto not_executed = answer(TaskInput::Kind::resolve, "tg_a");

  ASSERT_TRUE(executed.has_value());
  EXPECT_EQ(executed->state, CallState::succeeded);
  EXPECT_EQ(executed->outcome, R"({"result":{"no":7}})");
  ASSERT_TRUE(not_executed.has_value());
  EXPECT_EQ(not_executed->state, CallState::failed_definite);
  EXPECT_NE(not_executed->outcome.find("not executed"), std::string::npos);
}

TEST_F(InputAnswer, FinishedTaskTakesWhatCameOfAnUnknownWrite) {
  ask("tg_a", CallState::outcome_unknown);
  ask("tg_b", CallState::succeeded);
  journal_.calls[0].attempts = 2;
  journal_.calls[0].evidence = "timeout";
  journal_.status = TaskStatus::cancelled;
  const auto resolve = [&](TaskInput::Kind kind, const std::string& key) {
    input_.kind = kind;
    input_.key = key;
    return make_resolution(ref_, journal_, input_, TimePoint(std::chrono::seconds(5)));
  };
  input_.executed = true;

  const auto fact = resolve(TaskInput::Kind::resolve, "tg_a");

  ASSERT_TRUE(fact.has_value());
  EXPECT_EQ(fact->state, CallState::succeeded);
  EXPECT_EQ(fact->attempt, 2);
  EXPECT_EQ(fact->evidence, "timeout");
  EXPECT_EQ(fact->resolved_by, "input");
  EXPECT_EQ(resolve(TaskInput::Kind::approve, "tg_a").error().code(), Errc::conflict);
  EXPECT_EQ(resolve(TaskInput::Kind::resolve, "tg_b").error().code(), Errc::conflict);  // known
  EXPECT_EQ(resolve(TaskInput::Kind::resolve, "tg_z").error().code(), Errc::unprocessable);
  journal_.calls[0].plan.effect = store::CallEffect::read;
  EXPECT_EQ(resolve(TaskInput::Kind::resolve, "tg_a").error().code(), Errc::conflict);
}

TEST_F(InputAnswer, AnswersMustFitTheQuestion) {
  ask("tg_a", CallState::needs_approval);
  ask("tg_b", CallState::outcome_unknown);

  EXPECT_EQ(answer(TaskInput::Kind::resolve, "tg_a").error().code(), Errc::conflict);
  EXPECT_EQ(answer(TaskInput::Kind::approve, "tg_b").error().code(), Errc::conflict);
  EXPECT_EQ(answer(TaskInput::Kind::approve, "tg_c").error().code(), Errc::unprocessable);
  EXPECT_EQ(answer(TaskInput::Kind::edit, "tg_a").error().code(),
            Errc::unprocessable);  // no such tool
  journal_.status = TaskStatus::running;
  EXPECT_EQ(answer(TaskInput::Kind::approve, "tg_a").error().code(), Errc::conflict);
}

}  // namespace
}  // namespace taskgate::engine
