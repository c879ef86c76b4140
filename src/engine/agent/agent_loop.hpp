#pragma once
// The agent loop: what an attempt of a task with tools does between the model's turns. A turn is
// journaled before it has an effect; its calls are run by the ledger's rules; what they came to is
// added to the conversation. At the start of an attempt the journal is replayed: a turn that is
// there is never asked for again. Belongs to one attempt, on its strand.

#include "engine/agent/agent_request.hpp"
#include "engine/agent/call_runner.hpp"
#include "engine/attempt_writer.hpp"
#include "engine/conversation.hpp"
#include "engine/finding.hpp"
#include "taskgate/runtime/task_group.hpp"

#include <boost/asio/awaitable.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::engine {

class AgentLoop {
 public:
  enum class Next {
    ask_model,  ///< the conversation is complete: take the next turn
    wait,       ///< somebody must be asked: wait() ends the attempt
    stopped,    ///< the attempt is being stopped; its control says why
    lost,       ///< the lease, the fence or the disk is gone: back to the queue, see why_lost()
    bound       ///< a bound of the task ends it: see finding()
  };

  /// All outlive the loop.
  AgentLoop(const AttemptContext& context,
            LiveTaskPtr task,
            std::shared_ptr<AttemptControl> control,
            AttemptWriter& writer,
            AgentRequest request);

  /// Makes the tools known, replays the journal and finishes what the last turn asked for.
  boost::asio::awaitable<Next> resume(Conversation& conversation);
  /// Journals the turn, which asks for calls, and runs them.
  boost::asio::awaitable<Next> act(providers::ModelTurn turn,
                                   TimePoint started_at,
                                   Conversation& conversation);
  /// running → waiting. The end of the attempt.
  boost::asio::awaitable<AttemptEnd> wait();

  /// The bound that ends the task.
  const Finding& finding() const noexcept { return *finding_; }
  StopReason why_lost() const noexcept { return why_lost_; }
  /// The number of the turn that comes next, from 1.
  int next_turn() const noexcept { return static_cast<int>(turns_.size()) + 1; }
  /// Whether a tool that changes something was called, or may have been.
  bool has_written() const;
  /// Adds what the loop did to the end of the task: steps, calls, usage, findings.
  void describe(FinalResult& result) const;

 private:
  boost::asio::awaitable<bool> make_tools_known();
  void offer_tools(providers::ModelRequest& request) const;
  boost::asio::awaitable<Next> run_calls();
  boost::asio::awaitable<bool> join_calls(runtime::TaskGroup& group,
                                          const std::vector<runtime::StopHandle>& reads);
  boost::asio::awaitable<void> run_reads();
  boost::asio::awaitable<void> run_writes(std::vector<std::size_t> indexes);
  boost::asio::awaitable<CallRunner::End> run_one(std::size_t index, bool for_repeat = false);
  const UsableTool* tool_of(const store::CallRow& call) const;
  std::string why_not(const store::CallRow& call) const;
  boost::asio::awaitable<void> answer_aliases(std::vector<std::size_t> indexes);
  boost::asio::awaitable<CallRunner::End> answer_alias(std::size_t index);
  boost::asio::awaitable<CallRunner::End> settle_without_sending(std::size_t index,
                                                                 std::string why);
  boost::asio::awaitable<CallRunner::End> write_settled(std::size_t index,
                                                        store::RecordOutcome outcome);
  void note_end(CallRunner::End end);
  Next lost_to(const Error& error);
  void tell_model(Conversation& conversation, std::size_t turn) const;
  std::optional<Finding> exceeded_bound() const;
  bool is_to_be_repeated(const store::CallRow& holder, const store::CallRow& alias) const;
  store::CallRow* holder_of(const store::CallRow& alias);
  std::vector<std::size_t> open_calls() const;
  providers::Usage usage() const;
  std::size_t conversation_bytes() const;
  std::string chosen_model() const;

  const AttemptContext& context_;
  const LiveTaskPtr task_;
  const std::shared_ptr<AttemptControl> control_;
  AttemptWriter& writer_;
  const AgentRequest request_;
  ResultBudget results_;
  const CallOwner owner_;
  UsableTools tools_;
  std::vector<store::TurnRow> rows_;
  std::vector<providers::ModelTurn> turns_;
  std::vector<store::CallRow> calls_;
  std::deque<std::size_t> reads_;  // of the last turn, not begun
  std::optional<Finding> finding_;
  std::size_t replayed_ = 0;  // turns that earlier attempts took
  StopReason why_lost_ = StopReason::lease;
  bool asking_ = false;
  bool stopped_ = false;
  bool lost_ = false;
};

}  // namespace taskgate::engine
