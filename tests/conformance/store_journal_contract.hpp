#pragma once
// The contract of a store's journal: what StoreContract is for the rest of the store.

#include "conformance/store_contract.hpp"

#include <string>
#include <vector>

namespace taskgate::store::contract {

constexpr CallPlace kFirstCall{1, 0};

CallPlan plan_call(const std::string& key, CallEffect effect = CallEffect::write);
CommitTurn turn_command(const TaskRef& ref, int number, std::vector<CallPlan> calls);
Dispatch dispatch_command(const TaskRef& ref, CallPlace place = kFirstCall);
RecordOutcome outcome_command(const TaskRef& ref, CallState state, int attempt = 1);
Wait wait_command(const TaskRef& ref, std::vector<CallPlace> asked);

class JournalContract : public StoreContract {
 protected:
  TaskJournal journal_of(const TaskRef& ref);
  CallRow call_of(const TaskRef& ref, CallPlace place = kFirstCall);
  /// A running task whose first turn asked for `calls`.
  TaskRef task_with(std::vector<CallPlan> calls);
  TaskRef dispatched_task(CallEffect effect = CallEffect::write);
  TaskRef waiting_task(std::vector<CallPlan> calls, std::vector<CallPlace> asked);
  Answer answer_command(const TaskRef& ref, CallState state, CallPlace place = kFirstCall);
  Result<OutcomeRecorded> record(RecordOutcome outcome);
};

}  // namespace taskgate::store::contract
