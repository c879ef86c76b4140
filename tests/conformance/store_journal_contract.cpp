// What the contract says of the journal: turns are written once, a call is dispatched by one worker
// under its lease, a fact is never undone, and a waiting task is woken by its last answer.

#include "conformance/store_journal_contract.hpp"

#include <chrono>

namespace taskgate::store::contract {

using namespace std::chrono_literals;

CallPlan plan_call(const std::string& key, CallEffect effect) {
  CallPlan call;
  call.provider_call_id = "call_" + key;
  call.tool = "send_invoice";
  call.tool_version = "v1";
  call.effect = effect;
  call.arguments = R"({"amount":1})";
  call.arguments_hash.fill(7);
  call.key = key;
  return call;
}

CommitTurn turn_command(const TaskRef& ref, int number, std::vector<CallPlan> calls) {
  CommitTurn commit;
  commit.ref = ref;
  commit.fence = 1;
  commit.turn.turn = number;
  commit.turn.response = R"({"text":"turn )" + std::to_string(number) + R"("})";
  commit.turn.served_model = "sim/tools";
  commit.turn.usage = R"({"input_tokens":3})";
  commit.turn.started_at = at_ms(200);
  commit.turn.committed_at = at_ms(300);
  commit.calls = std::move(calls);
  commit.events.push_back(draft(EventType::step_finished, at_ms(300)));
  return commit;
}

Dispatch dispatch_command(const TaskRef& ref, CallPlace place) {
  Dispatch dispatch;
  dispatch.ref = ref;
  dispatch.fence = 1;
  dispatch.place = place;
  dispatch.at = at_ms(400);
  dispatch.lease_until = BootClock::now() + 1h;
  dispatch.events.push_back(draft(EventType::tool_started, at_ms(400)));
  return dispatch;
}

RecordOutcome outcome_command(const TaskRef& ref, CallState state, int attempt) {
  RecordOutcome outcome;
  outcome.ref = ref;
  outcome.fence = 1;
  outcome.place = kFirstCall;
  outcome.attempt = attempt;
  outcome.state = state;
  outcome.outcome = R"({"result":1})";
  outcome.evidence = "HTTP 200";
  outcome.at = at_ms(500);
  outcome.events.push_back(draft(EventType::tool_finished, at_ms(500)));
  return outcome;
}

Wait wait_command(const TaskRef& ref, std::vector<CallPlace> asked) {
  Wait wait;
  wait.ref = ref;
  wait.fence = 1;
  wait.asked = std::move(asked);
  wait.required_input = R"({"calls":[{"key":"tg_a"}]})";
  wait.events.push_back(draft(EventType::task_waiting, at_ms(600)));
  return wait;
}

TaskJournal JournalContract::journal_of(const TaskRef& ref) {
  auto journal = wait_for(store_->journal().read(ref));
  EXPECT_TRUE(journal.has_value());
  return journal.has_value() ? std::move(*journal) : TaskJournal();
}

CallRow JournalContract::call_of(const TaskRef& ref, CallPlace place) {
  for (auto& call : journal_of(ref).calls) {
    if (call.place == place) return call;
  }
  ADD_FAILURE() << "no such call";
  return {};
}

TaskRef JournalContract::task_with(std::vector<CallPlan> calls) {
  const auto ref = accept_one();
  start(ref);
  const auto turn = wait_for(store_->journal().commit_turn(turn_command(ref, 1, std::move(calls))));
  EXPECT_TRUE(turn.has_value());
  return ref;
}

TaskRef JournalContract::dispatched_task(CallEffect effect) {
  const auto ref = task_with({plan_call("tg_a", effect)});
  EXPECT_TRUE(wait_for(store_->journal().dispatch(dispatch_command(ref))).has_value());
  return ref;
}

TaskRef JournalContract::waiting_task(std::vector<CallPlan> calls, std::vector<CallPlace> asked) {
  const auto ref = task_with(std::move(calls));
  EXPECT_TRUE(wait_for(store_->journal().wait(wait_command(ref, std::move(asked)))).has_value());
  return ref;
}

Answer JournalContract::answer_command(const TaskRef& ref, CallState state, CallPlace place) {
  Answer answer;
  answer.ref = ref;
  answer.place = place;
  answer.last_seq = task_of(ref).last_seq;
  answer.state = state;
  answer.resolved_by = "input";
  answer.at = at_ms(700);
  return answer;
}

Result<OutcomeRecorded> JournalContract::record(RecordOutcome outcome) {
  return wait_for(store_->journal().record_outcome(std::move(outcome)));
}

namespace {

CallPlan plan_to_approve(const std::string& key) {
  auto call = plan_call(key);
  call.state = CallState::needs_approval;
  return call;
}

TEST_P(JournalContract, TurnAndItsCallsAreReadBackAsWritten) {
  auto refused = plan_call("");
  refused.state = CallState::failed_definite;
  refused.outcome = R"({"error":"no such tool"})";
  auto repeated = plan_call("tg_a");
  repeated.alias = true;
  const auto ref = task_with({plan_call("tg_a"), refused, repeated});

  const auto journal = journal_of(ref);

  ASSERT_EQ(journal.turns.size(), 1U);
  EXPECT_EQ(journal.turns[0].response, R"({"text":"turn 1"})");
  EXPECT_EQ(journal.turns[0].served_model, "sim/tools");
  EXPECT_EQ(journal.turns[0].started_at, at_ms(200));
  EXPECT_EQ(journal.turns[0].committed_at, at_ms(300));
  ASSERT_EQ(journal.calls.size(), 3U);
  EXPECT_EQ(journal.calls[0].place, kFirstCall);
  EXPECT_EQ(journal.calls[0].state, CallState::planned);
  EXPECT_EQ(journal.calls[0].plan.key, "tg_a");
  EXPECT_EQ(journal.calls[0].plan.arguments, R"({"amount":1})");
  EXPECT_EQ(journal.calls[0].plan.arguments_hash, plan_call("").arguments_hash);
  EXPECT_EQ(journal.calls[1].state, CallState::failed_definite);
  EXPECT_EQ(journal.calls[1].outcome, R"({"error":"no such tool"})");
  EXPECT_TRUE(journal.calls[2].plan.alias);
  EXPECT_EQ(journal.status, TaskStatus::running);
  EXPECT_EQ(journal.last_seq, 3U);
  EXPECT_EQ(log_of(ref).back().type, EventType::step_finished);
}

TEST_P(JournalContract, TurnIsTakenOnceAndInOrder) {
  const auto ref = task_with({});
  auto& journal = store_->journal();

  EXPECT_EQ(code_of(wait_for(journal.commit_turn(turn_command(ref, 1, {})))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(journal.commit_turn(turn_command(ref, 3, {})))), Errc::conflict);
  auto stale = turn_command(ref, 2, {});
  stale.fence = 9;
  EXPECT_EQ(code_of(wait_for(journal.commit_turn(stale))), Errc::conflict);
  EXPECT_TRUE(wait_for(journal.commit_turn(turn_command(ref, 2, {}))).has_value());
  EXPECT_EQ(journal_of(ref).turns.size(), 2U);
}

TEST_P(JournalContract, OneIntentHasOneCallThatMaySend) {
  const auto ref = task_with({plan_call("tg_a")});

  const auto again =
      wait_for(store_->journal().commit_turn(turn_command(ref, 2, {plan_call("tg_a")})));

  EXPECT_FALSE(again.has_value());
  EXPECT_EQ(journal_of(ref).turns.size(), 1U);
}

TEST_P(JournalContract, DispatchIsWrittenWithItsEventBeforeAnythingIsSent) {
  const auto ref = task_with({plan_call("tg_a")});

  const auto dispatched = wait_for(store_->journal().dispatch(dispatch_command(ref)));

  ASSERT_TRUE(dispatched.has_value());
  EXPECT_EQ(dispatched->attempt, 1);
  EXPECT_EQ(dispatched->last_seq, 4U);
  const auto call = call_of(ref);
  EXPECT_EQ(call.state, CallState::dispatched);
  EXPECT_EQ(call.fence, 1);
  EXPECT_EQ(call.attempts, 1);
  EXPECT_EQ(call.dispatched_at, at_ms(400));
  EXPECT_EQ(log_of(ref).back().type, EventType::tool_started);
}

TEST_P(JournalContract, OfTwoThatDispatchOneSucceeds) {
  boost::asio::io_context context(1);
  constexpr int kRaces = 1000;
  std::vector<TaskRef> refs;
  for (int i = 0; i < kRaces; ++i) refs.push_back(task_with({plan_call("tg_a")}));
  int successes = 0;
  int conflicts = 0;
  auto race = [&](TaskRef ref) -> boost::asio::awaitable<void> {
    auto command = dispatch_command(ref);
    const auto outcome = co_await store_->journal().dispatch(std::move(command));
    successes += outcome.has_value();
    conflicts += !outcome.has_value() && outcome.error().code() == Errc::conflict;
  };

  for (const auto& ref : refs) {
    for (int worker = 0; worker < 2; ++worker)
      boost::asio::co_spawn(context, race(ref), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
      });
  }
  context.run();

  EXPECT_EQ(successes, kRaces);
  EXPECT_EQ(conflicts, kRaces);
  for (const auto& ref : refs) EXPECT_EQ(call_of(ref).attempts, 1);
}

TEST_P(JournalContract, DispatchIsRefusedToWhomTheTaskDoesNotBelong) {
  const auto ref = task_with({plan_call("tg_a")});
  auto& journal = store_->journal();

  auto stale = dispatch_command(ref);
  stale.fence = 2;
  EXPECT_EQ(code_of(wait_for(journal.dispatch(stale))), Errc::conflict);
  auto expired = dispatch_command(ref);
  expired.lease_until = BootClock::now();
  EXPECT_EQ(code_of(wait_for(journal.dispatch(expired))), Errc::conflict);
  auto foreign = dispatch_command(TaskRef{"bolt", ref.id});
  EXPECT_EQ(code_of(wait_for(journal.dispatch(foreign))), Errc::not_found);
  EXPECT_EQ(code_of(wait_for(journal.dispatch(dispatch_command(ref, {1, 1})))), Errc::not_found);
  ASSERT_TRUE(wait_for(store_->requeue(requeue_command(ref, 1))).has_value());
  EXPECT_EQ(code_of(wait_for(journal.dispatch(dispatch_command(ref)))), Errc::conflict);
  EXPECT_EQ(call_of(ref).state, CallState::planned);
  EXPECT_EQ(call_of(ref).attempts, 0);
}

TEST_P(JournalContract, NothingIsDispatchedOnceATaskIsToBeCancelled) {
  const auto ref = task_with({plan_call("tg_a")});
  ASSERT_TRUE(wait_for(store_->request_cancel(ref)).has_value());

  EXPECT_EQ(code_of(wait_for(store_->journal().dispatch(dispatch_command(ref)))), Errc::conflict);
}

TEST_P(JournalContract, WhatNeedsApprovalOrRepeatsAnotherIsNotDispatched) {
  auto alias = plan_call("tg_b");
  alias.alias = true;
  const auto ref = task_with({plan_to_approve("tg_a"), alias});
  auto& journal = store_->journal();

  EXPECT_EQ(code_of(wait_for(journal.dispatch(dispatch_command(ref)))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(journal.dispatch(dispatch_command(ref, {1, 1})))), Errc::conflict);
}

TEST_P(JournalContract, OutcomeIsKeptAndASuccessIsForEver) {
  const auto ref = dispatched_task();

  const auto recorded = record(outcome_command(ref, CallState::succeeded));

  ASSERT_TRUE(recorded.has_value());
  EXPECT_TRUE(recorded->applied);
  EXPECT_FALSE(recorded->late);
  const auto call = call_of(ref);
  EXPECT_EQ(call.state, CallState::succeeded);
  EXPECT_EQ(call.outcome, R"({"result":1})");
  EXPECT_EQ(call.evidence, "HTTP 200");
  EXPECT_EQ(call.outcome_at, at_ms(500));
  EXPECT_EQ(code_of(wait_for(store_->journal().dispatch(dispatch_command(ref)))), Errc::conflict);
  const auto worse = record(outcome_command(ref, CallState::outcome_unknown));
  ASSERT_TRUE(worse.has_value());
  EXPECT_FALSE(worse->applied);
  EXPECT_EQ(worse->state, CallState::succeeded);
  EXPECT_EQ(call_of(ref).state, CallState::succeeded);
}

TEST_P(JournalContract, DefiniteFailureMayBeSentAgainUnderItsKey) {
  const auto ref = dispatched_task();
  ASSERT_TRUE(record(outcome_command(ref, CallState::failed_definite))->applied);

  const auto again = wait_for(store_->journal().dispatch(dispatch_command(ref)));

  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->attempt, 2);
  EXPECT_EQ(call_of(ref).plan.key, "tg_a");
  EXPECT_EQ(call_of(ref).first_dispatched_at, at_ms(400));
}

TEST_P(JournalContract, UnknownOutcomeIsSentAgainOnlyWhereThatWasDecided) {
  const auto ref = dispatched_task();
  ASSERT_TRUE(record(outcome_command(ref, CallState::outcome_unknown))->applied);
  auto& journal = store_->journal();

  EXPECT_EQ(code_of(wait_for(journal.dispatch(dispatch_command(ref)))), Errc::conflict);
  auto decided = dispatch_command(ref);
  decided.after_unknown = true;
  EXPECT_TRUE(wait_for(journal.dispatch(decided)).has_value());
}

TEST_P(JournalContract, LateFactsAreTakenAndMarked) {
  const auto ref = dispatched_task();
  ASSERT_TRUE(wait_for(store_->requeue(requeue_command(ref, 1))).has_value());
  start(ref, 2);

  const auto recorded = record(outcome_command(ref, CallState::succeeded));

  ASSERT_TRUE(recorded.has_value());
  EXPECT_TRUE(recorded->applied);
  EXPECT_TRUE(recorded->late);
  EXPECT_EQ(call_of(ref).state, CallState::succeeded);
  EXPECT_TRUE(call_of(ref).late);
}

TEST_P(JournalContract, FailureOfAnOlderSendSaysNothingOfTheNewer) {
  const auto ref = dispatched_task();
  ASSERT_TRUE(record(outcome_command(ref, CallState::outcome_unknown))->applied);
  auto again = dispatch_command(ref);
  again.after_unknown = true;
  ASSERT_TRUE(wait_for(store_->journal().dispatch(again)).has_value());

  EXPECT_FALSE(record(outcome_command(ref, CallState::failed_definite, 1))->applied);
  EXPECT_EQ(call_of(ref).state, CallState::dispatched);
  EXPECT_TRUE(record(outcome_command(ref, CallState::succeeded, 1))->applied);
  EXPECT_FALSE(record(outcome_command(ref, CallState::failed_definite, 2))->applied);
  EXPECT_EQ(call_of(ref).state, CallState::succeeded);
}

TEST_P(JournalContract, WhatWasNotSentAfterAllIsPlannedAgain) {
  const auto ref = dispatched_task();

  auto unsent = outcome_command(ref, CallState::planned);
  unsent.not_sent = true;
  ASSERT_TRUE(record(unsent)->applied);

  const auto call = call_of(ref);
  EXPECT_EQ(call.state, CallState::planned);
  EXPECT_EQ(call.attempts, 0);
  EXPECT_FALSE(call.first_dispatched_at);
  EXPECT_EQ(wait_for(store_->journal().dispatch(dispatch_command(ref)))->attempt, 1);
}

TEST_P(JournalContract, WhatWasNotSentAfterAllIsStillOfUnknownOutcome) {
  const auto ref = dispatched_task();
  auto lost = outcome_command(ref, CallState::outcome_unknown);
  lost.outcome = R"({"error":"lost"})";
  lost.evidence = "the connection broke";
  ASSERT_TRUE(record(lost)->applied);
  auto again = dispatch_command(ref);
  again.after_unknown = true;
  again.at = at_ms(600);
  ASSERT_TRUE(wait_for(store_->journal().dispatch(again)).has_value());
  auto unsent = outcome_command(ref, CallState::outcome_unknown, 2);
  unsent.not_sent = true;
  unsent.dispatched_before = at_ms(400);
  unsent.evidence = "the lease ran out";

  ASSERT_TRUE(record(unsent)->applied);

  const auto call = call_of(ref);
  EXPECT_EQ(call.state, CallState::outcome_unknown);
  EXPECT_EQ(call.outcome, R"({"error":"lost"})");
  EXPECT_EQ(call.evidence, "the connection broke");
  EXPECT_EQ(call.outcome_at, at_ms(500));
  EXPECT_EQ(call.attempts, 1);
  EXPECT_EQ(call.first_dispatched_at, at_ms(400));
  EXPECT_EQ(call.dispatched_at, at_ms(400));
  EXPECT_FALSE(record(unsent)->applied);  // it is no longer dispatched
  EXPECT_EQ(code_of(wait_for(store_->journal().dispatch(dispatch_command(ref)))), Errc::conflict);
}

TEST_P(JournalContract, PlannedCallIsGivenUpByItsOwnAttemptOnly) {
  const auto ref = task_with({plan_call("tg_a")});
  auto stale = outcome_command(ref, CallState::failed_definite, 0);
  stale.fence = 9;

  EXPECT_FALSE(record(stale)->applied);
  EXPECT_TRUE(record(outcome_command(ref, CallState::failed_definite, 0))->applied);

  EXPECT_EQ(call_of(ref).state, CallState::failed_definite);
  EXPECT_EQ(call_of(ref).attempts, 0);
}

TEST_P(JournalContract, OnlyAReadIsPlannedAgainOnceItWasSent) {
  const auto read = dispatched_task(CallEffect::read);
  const auto write = dispatched_task(CallEffect::write);

  EXPECT_TRUE(record(outcome_command(read, CallState::planned))->applied);
  EXPECT_EQ(code_of(record(outcome_command(write, CallState::planned))), Errc::internal);

  EXPECT_EQ(call_of(read).state, CallState::planned);
  EXPECT_EQ(call_of(read).attempts, 1);
  EXPECT_EQ(call_of(write).state, CallState::dispatched);
  EXPECT_EQ(wait_for(store_->journal().dispatch(dispatch_command(read)))->attempt, 2);
}

TEST_P(JournalContract, OutcomeOfAFinishedTaskIsKeptWithoutAnEvent) {
  const auto ref = dispatched_task();
  finish(ref);
  const auto events = log_of(ref).size();

  const auto recorded = record(outcome_command(ref, CallState::succeeded));

  ASSERT_TRUE(recorded.has_value());
  EXPECT_TRUE(recorded->applied);
  EXPECT_TRUE(recorded->late);
  EXPECT_EQ(call_of(ref).state, CallState::succeeded);
  EXPECT_EQ(log_of(ref).size(), events);
}

TEST_P(JournalContract, RecoveryDoesNotKnowWhatBecameOfADispatchedWrite) {
  const auto write = dispatched_task(CallEffect::write);
  const auto read = dispatched_task(CallEffect::read);
  const auto planned = task_with({plan_call("tg_a")});
  reopen();

  ASSERT_TRUE(store_->recover(at_ms(9000)).has_value());

  EXPECT_EQ(call_of(write).state, CallState::outcome_unknown);
  EXPECT_EQ(call_of(write).attempts, 1);
  EXPECT_EQ(call_of(write).plan.key, "tg_a");
  EXPECT_EQ(call_of(read).state, CallState::planned);
  EXPECT_EQ(call_of(planned).state, CallState::planned);
  EXPECT_EQ(task_of(write).status, TaskStatus::queued);
}

TEST_P(JournalContract, WaitingGivesTheAttemptBackAndOutlivesTheProcess) {
  const auto ref = waiting_task({plan_to_approve("tg_a")}, {kFirstCall});

  const auto task = task_of(ref);
  EXPECT_EQ(task.status, TaskStatus::waiting);
  EXPECT_EQ(task.required_input, R"({"calls":[{"key":"tg_a"}]})");
  EXPECT_EQ(task.attempts, 0);
  EXPECT_EQ(log_of(ref).back().type, EventType::task_waiting);
  reopen();
  const auto live = store_->recover(at_ms(9000));
  ASSERT_TRUE(live.has_value());
  ASSERT_EQ(live->size(), 1U);
  EXPECT_FALSE(live->front().interrupted);
  EXPECT_EQ(live->front().task.status, TaskStatus::waiting);
  EXPECT_EQ(live->front().task.required_input, task.required_input);
  EXPECT_EQ(call_of(ref).state, CallState::needs_approval);
  EXPECT_TRUE(call_of(ref).asked);
}

TEST_P(JournalContract, TaskWaitsOnlyForWhatIsOpen) {
  const auto ref = task_with({plan_call("tg_a")});
  auto& journal = store_->journal();

  EXPECT_EQ(code_of(wait_for(journal.wait(wait_command(ref, {kFirstCall})))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(journal.wait(wait_command(ref, {})))), Errc::internal);
  auto stale = wait_command(ref, {kFirstCall});
  stale.fence = 3;
  EXPECT_EQ(code_of(wait_for(journal.wait(stale))), Errc::conflict);
  EXPECT_EQ(task_of(ref).status, TaskStatus::running);
}

TEST_P(JournalContract, LastAnswerQueuesTheTask) {
  const auto ref = waiting_task({plan_to_approve("tg_a"), plan_to_approve("tg_b")},
                                {kFirstCall, CallPlace{1, 1}});
  auto& journal = store_->journal();
  auto denied = answer_command(ref, CallState::denied);
  denied.outcome = R"({"error":"too much"})";
  denied.required_input = R"({"calls":[{"key":"tg_b"}]})";

  const auto first = wait_for(journal.answer(denied));

  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(*first, TaskStatus::waiting);
  EXPECT_EQ(task_of(ref).required_input, R"({"calls":[{"key":"tg_b"}]})");
  EXPECT_EQ(call_of(ref).state, CallState::denied);
  EXPECT_EQ(call_of(ref).outcome, R"({"error":"too much"})");
  EXPECT_EQ(code_of(wait_for(journal.answer(denied))), Errc::conflict);

  const auto last =
      wait_for(journal.answer(answer_command(ref, CallState::planned, CallPlace{1, 1})));

  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(*last, TaskStatus::queued);
  const auto task = task_of(ref);
  EXPECT_EQ(task.status, TaskStatus::queued);
  EXPECT_EQ(task.required_input, "");
  EXPECT_EQ(log_of(ref).back().type, EventType::task_queued);
  EXPECT_EQ(call_of(ref, {1, 1}).state, CallState::planned);
  EXPECT_EQ(call_of(ref, {1, 1}).resolved_by, "input");
  start(ref, 2);
}

TEST_P(JournalContract, AnswerIsForTheStateThatItSaw) {
  const auto ref = waiting_task({plan_to_approve("tg_a"), plan_call("tg_b")}, {kFirstCall});
  auto& journal = store_->journal();

  auto old = answer_command(ref, CallState::planned);
  --old.last_seq;
  EXPECT_EQ(code_of(wait_for(journal.answer(old))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(journal.answer(answer_command(ref, CallState::succeeded)))),
            Errc::conflict);
  EXPECT_EQ(
      code_of(wait_for(journal.answer(answer_command(ref, CallState::planned, CallPlace{1, 1})))),
      Errc::conflict);
  auto foreign = answer_command(ref, CallState::planned);
  foreign.ref.tenant = "bolt";
  EXPECT_EQ(code_of(wait_for(journal.answer(foreign))), Errc::not_found);
  EXPECT_EQ(task_of(ref).status, TaskStatus::waiting);
}

TEST_P(JournalContract, EditedCallHasTheKeyOfItsNewArguments) {
  const auto ref =
      waiting_task({plan_call("tg_a"), plan_to_approve("tg_b"), plan_to_approve("tg_c")},
                   {CallPlace{1, 1}, CallPlace{1, 2}});
  auto& journal = store_->journal();
  auto edit = answer_command(ref, CallState::planned, CallPlace{1, 1});
  edit.edited = plan_call("tg_d");
  edit.edited->arguments = R"({"amount":2})";
  edit.edited->tool_version = "v2";
  edit.required_input = R"({"calls":[{"key":"tg_c"}]})";

  ASSERT_TRUE(wait_for(journal.answer(edit)).has_value());
  auto into_known = answer_command(ref, CallState::planned, CallPlace{1, 2});
  into_known.edited = plan_call("tg_a");
  ASSERT_TRUE(wait_for(journal.answer(into_known)).has_value());

  EXPECT_EQ(call_of(ref, {1, 1}).plan.key, "tg_d");
  EXPECT_EQ(call_of(ref, {1, 1}).plan.arguments, R"({"amount":2})");
  EXPECT_EQ(call_of(ref, {1, 1}).plan.tool_version, "v2");
  EXPECT_FALSE(call_of(ref, {1, 1}).plan.alias);
  EXPECT_EQ(call_of(ref, {1, 2}).plan.key, "tg_a");
  EXPECT_TRUE(call_of(ref, {1, 2}).plan.alias);
}

TEST_P(JournalContract, LateFactAnswersWhatWasAsked) {
  const auto ref = dispatched_task();
  ASSERT_TRUE(record(outcome_command(ref, CallState::outcome_unknown))->applied);
  ASSERT_TRUE(wait_for(store_->journal().wait(wait_command(ref, {kFirstCall}))).has_value());

  const auto recorded = record(outcome_command(ref, CallState::succeeded));

  ASSERT_TRUE(recorded.has_value());
  EXPECT_TRUE(recorded->late);
  EXPECT_EQ(task_of(ref).status, TaskStatus::queued);
  EXPECT_EQ(task_of(ref).last_seq, log_of(ref).back().seq);
  EXPECT_EQ(log_of(ref).back().type, EventType::task_queued);
}

TEST_P(JournalContract, WaitingTaskCanBeCancelledAndExpire) {
  const auto ref = waiting_task({plan_to_approve("tg_a")}, {kFirstCall});

  const auto finished =
      wait_for(store_->finish(finish_command(ref, std::nullopt, TaskStatus::cancelled)));

  ASSERT_TRUE(finished.has_value());
  EXPECT_EQ(task_of(ref).required_input, "");
  EXPECT_EQ(code_of(wait_for(store_->journal().answer(answer_command(ref, CallState::planned)))),
            Errc::conflict);
}

TEST_P(JournalContract, PurgeDeletesTheJournal) {
  const auto ref = task_with({plan_call("tg_a")});
  finish(ref);
  ASSERT_EQ(journal_of(ref).calls.size(), 1U);

  ASSERT_TRUE(wait_for(store_->purge(ref)).has_value());

  EXPECT_EQ(code_of(wait_for(store_->journal().read(ref))), Errc::gone);
  EXPECT_EQ(code_of(record(outcome_command(ref, CallState::succeeded))), Errc::not_found);
}

TEST_P(JournalContract, NewTaskTakesTheBeginningOfAJournalOver) {
  const auto ref = dispatched_task();
  ASSERT_TRUE(record(outcome_command(ref, CallState::succeeded))->applied);
  ASSERT_TRUE(wait_for(store_->journal().commit_turn(turn_command(ref, 2, {plan_call("tg_b")})))
                  .has_value());
  auto again = new_task("acme", at_ms(1));
  again.task.retry_of = "the-first";
  again.journal = JournalCopy{ref.id, 1};

  const auto copy = accept(std::move(again));

  EXPECT_EQ(task_of(copy).retry_of, "the-first");
  const auto journal = journal_of(copy);
  EXPECT_EQ(journal.turns.size(), 1U);
  ASSERT_EQ(journal.calls.size(), 1U);
  EXPECT_EQ(journal.calls[0].plan.key, "tg_a");
  EXPECT_EQ(journal.calls[0].state, CallState::succeeded);
  EXPECT_EQ(journal.calls[0].outcome, R"({"result":1})");
  EXPECT_EQ(journal.calls[0].resolved_by, "replay");
  EXPECT_EQ(journal.calls[0].attempts, 0);
  EXPECT_EQ(journal_of(ref).calls.size(), 2U);
}

TEST_P(JournalContract, JournalThatWasPurgedMeanwhileIsNotTakenOver) {
  const auto ref = task_with({plan_call("tg_a")});
  finish(ref);
  auto again = new_task("acme", at_ms(1));
  again.journal = JournalCopy{ref.id, 1};
  auto too_much = new_task("acme", at_ms(1));
  too_much.journal = JournalCopy{ref.id, 2};

  EXPECT_EQ(code_of(wait_for(store_->accept(too_much))), Errc::gone);
  ASSERT_TRUE(wait_for(store_->purge(ref)).has_value());
  const auto refused = wait_for(store_->accept(again));

  EXPECT_EQ(code_of(refused), Errc::gone);
  EXPECT_EQ(code_of(wait_for(store_->get(again.task.ref))), Errc::not_found);
}

TEST_P(JournalContract, JournalOfAnotherTenantIsNotFound) {
  const auto ref = task_with({plan_call("tg_a")});

  EXPECT_EQ(code_of(wait_for(store_->journal().read({"bolt", ref.id}))), Errc::not_found);
}

}  // namespace
}  // namespace taskgate::store::contract
