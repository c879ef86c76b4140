#pragma once
// From the calls that a model's turn asks for to the calls of the ledger: which are refused, which
// are the intent of an earlier one, which need somebody's consent, and under which key the rest
// will be sent. Pure.

#include "taskgate/core/task.hpp"
#include "taskgate/providers/provider.hpp"
#include "taskgate/store/journal.hpp"
#include "taskgate/tools/toolbox.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::engine {

/// The tools that a task may use, by wire name; null: it is not usable now, and `why` says why.
struct UsableTool {
  tools::Tool* tool = nullptr;
  tools::ContractPtr contract;
  std::string why;
};
using UsableTools = std::map<std::string, UsableTool, std::less<>>;

class CallPlanner {
 public:
  /// All outlive the planner. `earlier`: the task's calls so far.
  CallPlanner(const TaskRef& ref,
              const UsableTools& tools,
              const std::vector<store::CallRow>& earlier)
      : ref_(ref), tools_(tools), earlier_(earlier) {}

  /// One plan for each call, in order.
  std::vector<store::CallPlan> plan(const providers::ModelTurn& turn);
  /// `call` with other arguments. Errors: Errc::unprocessable, with what is wrong with them.
  Result<store::CallPlan> edit(const store::CallRow& call, std::string_view arguments);

 private:
  store::CallPlan plan_one(const providers::ToolCall& call, bool cut);
  void settle_intent(const tools::ToolDefinition& tool, store::CallPlan& plan);
  void give_key(store::CallPlan& plan, std::string_view canonical) const;

  const TaskRef& ref_;
  const UsableTools& tools_;
  const std::vector<store::CallRow>& earlier_;
  std::vector<store::CallPlan> planned_;  // of this turn
};

}  // namespace taskgate::engine
