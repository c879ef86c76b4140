#pragma once
// One call of the ledger, from where its row stands to where it can get: dispatched, sent, its
// outcome written down, and sent again where the ledger's rules allow it. The rules are in
// docs/tools.md. Belongs to one attempt, on its strand.

#include "engine/agent/call_planner.hpp"
#include "engine/agent/process_lease.hpp"
#include "engine/agent/result_budget.hpp"
#include "engine/attempt.hpp"
#include "engine/attempt_control.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace taskgate::engine {

/// The attempt on whose behalf calls are sent; outlives the runner.
struct CallOwner {
  const AttemptContext& context;
  const LiveTask& task;
  const AttemptControl& control;
  store::Fence fence = 0;
  ProcessLease::Epoch epoch = 0;
  ResultBudget& results;
};

class CallRunner {
 public:
  enum class End {
    settled,  ///< the row has an outcome that the model can be told
    asking,   ///< nobody knows what became of it: somebody must be asked
    stopped,  ///< the attempt is to end; the row stands as the journal has it
    lost      ///< the task is no longer this attempt's, or its lease has run out
  };

  /// All outlive the runner; `row`, the `number`-th call of its task, is kept as the journal has
  /// it.
  CallRunner(const CallOwner& owner,
             const UsableTool& tool,
             store::CallRow& row,
             std::size_t number)
      : owner_(owner), tool_(tool), row_(row), number_(static_cast<std::int64_t>(number)) {}

  /// Under cancellation (of its coroutine) it stops waiting, and of a call that is being sent it
  /// writes down that the outcome is unknown.
  boost::asio::awaitable<End> run();

  /// It is sent for a later call that repeats it.
  void send_for_repeat() { for_repeat_ = true; }

 private:
  enum class Step { again, settled, asking, stopped, lost };
  /// What the row was before the dispatch of the send that is under way.
  struct Standing {
    store::CallState state = store::CallState::planned;
    std::optional<TimePoint> dispatched_at;
    std::optional<TimePoint> first_dispatched_at;
  };

  boost::asio::awaitable<Step> send();
  boost::asio::awaitable<bool> dispatch();
  boost::asio::awaitable<Step> put_back();
  boost::asio::awaitable<Step> plan_again(std::string evidence);
  boost::asio::awaitable<tools::ToolOutcome> call_tool();
  boost::asio::awaitable<Step> after(tools::ToolOutcome outcome);
  boost::asio::awaitable<Step> resolve_unknown();
  boost::asio::awaitable<Step> reconcile();
  boost::asio::awaitable<bool> write_down(store::RecordOutcome outcome);
  void take_over(const store::RecordOutcome& outcome, bool late);
  boost::asio::awaitable<void> rest(std::chrono::milliseconds delay);

  store::RecordOutcome outcome_of(store::CallState state) const;
  EventDraft finished_event(const store::RecordOutcome& outcome) const;
  const tools::ToolDefinition& definition() const { return tool_.contract->definition; }
  bool is_write() const { return row_.plan.effect == store::CallEffect::write; }
  bool is_in_key_window() const;
  bool is_stopped() const;
  bool may_send() const;
  bool goes_on_later() const;
  bool is_to_be_sent_again(const tools::ToolOutcome& outcome) const;
  std::chrono::milliseconds pause_before_retry() const;

  const CallOwner& owner_;
  const UsableTool& tool_;
  store::CallRow& row_;
  const std::int64_t number_;
  Standing before_;
  bool cut_short_ = false;  // a read that was being sent when the attempt was stopped
  bool for_repeat_ = false;
  bool is_ruled_out_ = false;  // the tool says that the sends before the next were not executed
  int sends_ = 0;
  int questions_ = 0;  // to the tool, about the key
  std::optional<std::chrono::milliseconds> retry_after_;
};

}  // namespace taskgate::engine
