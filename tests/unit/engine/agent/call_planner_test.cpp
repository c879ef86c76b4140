#include "engine/agent/call_planner.hpp"

#include "unit/engine/agent/planned_tool.hpp"

#include <gtest/gtest.h>

#include <set>

namespace taskgate::engine {
namespace {

using store::CallEffect;
using store::CallPlan;
using store::CallRow;
using store::CallState;
using test::PlannedTool;

constexpr const char* kInvoice = R"({"type":"object","required":["amount"],"properties":{
  "amount":{"type":"number"},"currency":{"type":"string","default":"EUR"},
  "request_id":{"type":"string"}},"additionalProperties":false})";

class CallPlannerTest : public ::testing::Test {
 protected:
  tools::ToolDefinition& add(const std::string& name, tools::Effect effect) {
    tools::ToolDefinition definition;
    definition.name = name;
    definition.parameters = kInvoice;
    definition.version = "v1";
    definition.effect = effect;
    definitions_.push_back(std::move(definition));
    return definitions_.back();
  }

  std::vector<CallPlan> plan(const std::vector<providers::ToolCall>& calls,
                             providers::FinishReason reason = providers::FinishReason::tool_calls) {
    held_.clear();
    usable_.clear();
    for (const auto& definition : definitions_) {
      auto tool = std::make_unique<PlannedTool>(definition);
      UsableTool entry;
      entry.tool = tool.get();
      entry.contract = tool->contract();
      usable_.emplace(tools::wire_name(definition.name), std::move(entry));
      held_.push_back(std::move(tool));
    }
    providers::ModelTurn turn;
    turn.tool_calls = calls;
    turn.finish_reason = reason;
    return CallPlanner(ref_, usable_, earlier_).plan(turn);
  }

  // The calls of a turn become rows of the journal in that state.
  void journal(std::vector<CallPlan> plans, CallState state) {
    const int turn = earlier_.empty() ? 1 : earlier_.back().place.turn + 1;
    int ord = 0;
    for (auto& plan : plans) {
      CallRow row;
      row.place = {turn, ord++};
      row.state = state;
      row.plan = std::move(plan);
      earlier_.push_back(std::move(row));
    }
  }

  static providers::ToolCall call(const std::string& arguments, const std::string& id = "c1") {
    return {id, "send_invoice", arguments};
  }

  TaskRef ref_{"acme", make_task_id(TimePoint(std::chrono::seconds(1)))};
  std::vector<tools::ToolDefinition> definitions_;
  std::vector<std::unique_ptr<PlannedTool>> held_;
  UsableTools usable_;
  std::vector<CallRow> earlier_;
};

TEST_F(CallPlannerTest, CallIsPlannedUnderItsKey) {
  add("send_invoice", tools::Effect::write);

  const auto plans = plan({call(R"({"amount": 12.50})")});

  ASSERT_EQ(plans.size(), 1U);
  EXPECT_EQ(plans[0].state, CallState::planned);
  EXPECT_EQ(plans[0].effect, CallEffect::write);
  EXPECT_EQ(plans[0].key.substr(0, 3), "tg_");
  EXPECT_EQ(plans[0].occurrence, 0U);
  EXPECT_FALSE(plans[0].alias);
}

TEST_F(CallPlannerTest, SameIntentInOtherWordsIsAnAlias) {
  add("send_invoice", tools::Effect::write).ignore_args = {"/request_id"};
  const auto first = plan({call(R"({"amount":1})")});
  journal(first, CallState::succeeded);

  for (const char* spelling :
       {R"({"amount":1})", R"({ "amount" : 1.0 })", R"({"currency":"EUR","amount":1e0})",
        R"({"amount":1,"request_id":"another"})"}) {
    SCOPED_TRACE(spelling);
    const auto again = plan({call(spelling, "c9")});
    EXPECT_TRUE(again[0].alias);
    EXPECT_EQ(again[0].key, first[0].key);
  }
  const auto other = plan({call(R"({"amount":2})")});
  EXPECT_FALSE(other[0].alias);
  EXPECT_NE(other[0].key, first[0].key);
}

TEST_F(CallPlannerTest, WriteThatComesTwiceInOneTurnIsOneIntent) {
  add("send_invoice", tools::Effect::write);

  const auto plans = plan({call(R"({"amount":1})", "a"), call(R"({"amount":1.0})", "b")});

  EXPECT_FALSE(plans[0].alias);
  EXPECT_TRUE(plans[1].alias);
  EXPECT_EQ(plans[0].key, plans[1].key);
}

TEST_F(CallPlannerTest, RepeatAllowGivesEachItsOwnKey) {
  add("send_invoice", tools::Effect::write).repeat = tools::Repeat::allow;
  const auto first = plan({call(R"({"amount":1})"), call(R"({"amount":1})")});
  journal(first, CallState::succeeded);

  const auto later = plan({call(R"({"amount":1})")});

  const std::set<std::string> keys{first[0].key, first[1].key, later[0].key};
  EXPECT_EQ(keys.size(), 3U);
  EXPECT_EQ(later[0].occurrence, 2U);
}

TEST_F(CallPlannerTest, RepeatAllowAfterAnEditNeverGivesAKeyTwice) {
  add("send_invoice", tools::Effect::write).repeat = tools::Repeat::allow;
  journal(plan({call(R"({"amount":1})"), call(R"({"amount":1})")}), CallState::succeeded);
  const auto edited = CallPlanner(ref_, usable_, earlier_).edit(earlier_[0], R"({"amount":2})");
  ASSERT_TRUE(edited.has_value());
  earlier_[0].plan = *edited;

  const auto later = plan({call(R"({"amount":1})"), call(R"({"amount":2})")});

  const std::set<std::string> keys{earlier_[0].plan.key, earlier_[1].plan.key, later[0].key,
                                   later[1].key};
  EXPECT_EQ(keys.size(), 4U);
}

TEST_F(CallPlannerTest, RepeatRejectIsToldToTheModel) {
  add("send_invoice", tools::Effect::write).repeat = tools::Repeat::reject;
  journal(plan({call(R"({"amount":1})")}), CallState::succeeded);

  const auto again = plan({call(R"({"amount":1})")});

  EXPECT_EQ(again[0].state, CallState::failed_definite);
  EXPECT_TRUE(again[0].key.empty());
  EXPECT_NE(again[0].outcome.find("already made"), std::string::npos);
}

TEST_F(CallPlannerTest, AfterADefiniteFailureTheKeyIsTheSame) {
  for (const auto repeat : {tools::Repeat::collapse, tools::Repeat::allow, tools::Repeat::reject}) {
    definitions_.clear();
    earlier_.clear();
    add("send_invoice", tools::Effect::write).repeat = repeat;
    const auto first = plan({call(R"({"amount":1})")});
    journal(first, CallState::failed_definite);

    const auto again = plan({call(R"({"amount":1})")});

    EXPECT_TRUE(again[0].alias) << to_string(repeat);
    EXPECT_EQ(again[0].key, first[0].key) << to_string(repeat);
  }
}

TEST_F(CallPlannerTest, ReadIsReadAgainInALaterTurn) {
  add("send_invoice", tools::Effect::read);
  const auto first = plan({call(R"({"amount":1})", "a"), call(R"({"amount":1})", "b")});
  EXPECT_TRUE(first[1].alias);
  journal(first, CallState::succeeded);

  const auto later = plan({call(R"({"amount":1})")});

  EXPECT_FALSE(later[0].alias);
  EXPECT_NE(later[0].key, first[0].key);
}

TEST_F(CallPlannerTest, WhatNeedsConsentAsksForIt) {
  add("send_invoice", tools::Effect::write).approval = tools::Approval::required;

  const auto plans = plan({call(R"({"amount":1})"), call(R"({"amount":1})")});

  EXPECT_EQ(plans[0].state, CallState::needs_approval);
  EXPECT_TRUE(plans[1].alias);
  EXPECT_EQ(plans[1].state, CallState::planned);
}

TEST_F(CallPlannerTest, CutArgumentsAreNeverSent) {
  add("send_invoice", tools::Effect::write);

  const auto half = plan({call(R"({"amount":1)")});
  const auto cut = plan({call(R"({"amount":1})")}, providers::FinishReason::length);
  const auto filtered = plan({call(R"({"amount":1})")}, providers::FinishReason::content_filter);

  for (const auto* plans : {&half, &cut, &filtered}) {
    EXPECT_EQ(plans->front().state, CallState::failed_definite);
    EXPECT_TRUE(plans->front().key.empty());
    EXPECT_NE(plans->front().outcome.find("tool_args_incomplete"), std::string::npos);
  }
}

TEST_F(CallPlannerTest, InvalidArgumentsAndUnknownToolsAreToldToTheModel) {
  add("send_invoice", tools::Effect::write);

  const auto plans = plan({call(R"({"amount":"much"})"), {"c2", "send_invoic", "{}"}});

  EXPECT_EQ(plans[0].state, CallState::failed_definite);
  EXPECT_NE(plans[0].outcome.find("tool_error"), std::string::npos);
  EXPECT_NE(plans[0].outcome.find("/amount"), std::string::npos);
  EXPECT_EQ(plans[1].state, CallState::failed_definite);
  EXPECT_NE(plans[1].outcome.find("did you mean"), std::string::npos);
}

TEST_F(CallPlannerTest, TasksAndTenantsHaveKeysOfTheirOwn) {
  add("send_invoice", tools::Effect::write);
  const auto mine = plan({call(R"({"amount":1})")});
  ref_.tenant = "bolt";
  const auto theirs = plan({call(R"({"amount":1})")});
  ref_.id = make_task_id(TimePoint(std::chrono::seconds(2)));
  const auto later = plan({call(R"({"amount":1})")});

  EXPECT_EQ(std::set<std::string>({mine[0].key, theirs[0].key, later[0].key}).size(), 3U);
}

TEST_F(CallPlannerTest, EditedCallHasTheKeyOfWhatIsSent) {
  add("send_invoice", tools::Effect::write);
  const auto first = plan({call(R"({"amount":1})")});
  const auto second = plan({call(R"({"amount":2})")});
  CallRow row;
  row.plan = first[0];

  const auto edited = CallPlanner(ref_, usable_, earlier_).edit(row, R"({"amount":2.0})");
  const auto invalid = CallPlanner(ref_, usable_, earlier_).edit(row, R"({"amount":"x"})");

  ASSERT_TRUE(edited.has_value());
  EXPECT_EQ(edited->key, second[0].key);
  ASSERT_FALSE(invalid.has_value());
  EXPECT_EQ(invalid.error().code(), Errc::unprocessable);
}

}  // namespace
}  // namespace taskgate::engine
