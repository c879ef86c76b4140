#include "engine/agent/call_planner.hpp"

#include "engine/agent/outcome_text.hpp"
#include "taskgate/core/json_text.hpp"
#include "taskgate/core/sha256.hpp"
#include "taskgate/core/suggest.hpp"
#include "taskgate/tools/call_key.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::engine {

using store::CallEffect;
using store::CallPlan;
using store::CallState;

namespace {

constexpr std::size_t kKeptArguments = 16 * 1024;  // of a refused call

void refuse_call(CallPlan& plan, std::string_view type, std::string_view message) {
  plan.state = CallState::failed_definite;
  plan.outcome = error_outcome(type, message);
  plan.key.clear();
  plan.alias = false;
}

CallEffect effect_of(const tools::ToolDefinition& definition) {
  return definition.effect == tools::Effect::read ? CallEffect::read : CallEffect::write;
}

bool is_same_call(const CallPlan& a, const CallPlan& b) {
  return a.tool == b.tool && a.tool_version == b.tool_version &&
         a.arguments_hash == b.arguments_hash && !a.key.empty();
}

std::string unknown_tool(std::string_view name, const UsableTools& tools) {
  std::vector<std::string_view> names;
  for (const auto& [known, tool] : tools) names.push_back(known);
  std::string message =
      "there is no tool of that name" + did_you_mean(name, names) + "; the tools are:";
  for (const auto known : names) message += " " + std::string(known);
  return message;
}

}  // namespace

std::vector<CallPlan> CallPlanner::plan(const providers::ModelTurn& turn) {
  planned_.clear();
  // A filter stops the model as a limit does: in the midst of a call.
  const bool cut = turn.finish_reason == providers::FinishReason::length ||
                   turn.finish_reason == providers::FinishReason::content_filter;
  for (std::size_t i = 0; i < turn.tool_calls.size(); ++i) {
    const bool is_last = i + 1 == turn.tool_calls.size();
    auto plan = plan_one(turn.tool_calls[i], cut && is_last);
    planned_.push_back(std::move(plan));
  }
  return std::move(planned_);
}

// `cut`: the model was stopped at its output limit in the midst of this call.
CallPlan CallPlanner::plan_one(const providers::ToolCall& call, bool cut) {
  CallPlan plan;
  plan.provider_call_id = call.id;
  plan.tool = call.name;
  plan.arguments = call.arguments.substr(
      0, complete_utf8_prefix(std::string_view(call.arguments).substr(0, kKeptArguments)));
  const auto found = tools_.find(tools::wire_name(call.name));
  if (found == tools_.end()) {
    refuse_call(plan, "tool_error", unknown_tool(call.name, tools_));
    return plan;
  }
  const auto& contract = found->second.contract;
  plan.tool = found->second.tool->name();
  if (!contract) {
    refuse_call(plan, "tool_error", "the tool cannot be used now: " + found->second.why);
    return plan;
  }
  const auto& definition = contract->definition;
  plan.tool_version = definition.version;
  plan.effect = effect_of(definition);
  auto check = tools::check_arguments(*contract, call.arguments);
  if (cut || check.verdict == tools::ArgumentCheck::Verdict::incomplete) {
    refuse_call(plan, "tool_args_incomplete",
                check.message.empty() ? "the arguments were cut off: call again" : check.message);
    return plan;
  }
  if (!check.is_valid()) {
    refuse_call(plan, "tool_error", "the arguments are not valid: " + check.message);
    return plan;
  }
  plan.arguments = std::move(check.arguments);
  const auto canonical =
      tools::canonical_arguments(definition, plan.arguments, contract->arguments);
  if (!canonical) {
    refuse_call(plan, "tool_error", "the arguments are not valid: " + canonical.error().message());
    return plan;
  }
  plan.arguments_hash = sha256(canonical.value());
  give_key(plan, canonical.value());
  settle_intent(definition, plan);
  if (!plan.key.empty() && plan.occurrence > 0) give_key(plan, canonical.value());
  return plan;
}

void CallPlanner::give_key(CallPlan& plan, std::string_view canonical) const {
  const auto site = tools::call_site(plan.tool, plan.tool_version, canonical, plan.occurrence);
  plan.key = tools::call_key(ref_.tenant, to_string(ref_.id), site);
}

// Whether this is what an earlier call already meant. A read that comes again in a later turn wants
// to know how things are now; within one turn there is no such difference.
void CallPlanner::settle_intent(const tools::ToolDefinition& tool, CallPlan& plan) {
  const CallPlan* last = nullptr;
  bool is_of_this_turn = false;
  auto last_state = CallState::planned;
  std::uint32_t next = 0;  // past all that were given: an edit may have left a gap
  for (const auto& row : earlier_) {
    if (row.plan.alias || !is_same_call(row.plan, plan)) continue;
    last = &row.plan;
    last_state = row.state;
    next = std::max(next, row.plan.occurrence + 1);
  }
  for (const auto& other : planned_) {
    if (other.alias || !is_same_call(other, plan)) continue;
    last = &other;
    last_state = other.state;
    is_of_this_turn = true;
    next = std::max(next, other.occurrence + 1);
  }
  const bool needs_consent = tool.approval == tools::Approval::required;
  if (needs_consent) plan.state = CallState::needs_approval;
  if (last == nullptr) return;
  const bool is_read = plan.effect == CallEffect::read;
  const bool failed = last_state == CallState::failed_definite || last_state == CallState::denied;
  const bool again =
      is_read ? !is_of_this_turn && !failed : tool.repeat == tools::Repeat::allow && !failed;
  if (again) {
    plan.occurrence = next;
    return;
  }
  if (!is_read && !failed && tool.repeat == tools::Repeat::reject)
    return refuse_call(plan, "tool_error",
                       "this call was already made in this task, and may be made once only");
  plan.occurrence = last->occurrence;
  plan.key = last->key;
  plan.alias = true;
  plan.state = CallState::planned;
}

Result<CallPlan> CallPlanner::edit(const store::CallRow& call, std::string_view arguments) {
  const auto found = tools_.find(tools::wire_name(call.plan.tool));
  if (found == tools_.end() || !found->second.contract)
    return Error(Errc::unprocessable, "the tool is not configured any more");
  const auto& contract = *found->second.contract;
  auto check = tools::check_arguments(contract, arguments);
  if (!check.is_valid()) return Error(Errc::unprocessable, std::move(check.message));
  const auto canonical =
      tools::canonical_arguments(contract.definition, check.arguments, contract.arguments);
  if (!canonical) return Error(Errc::unprocessable, canonical.error().message());
  auto plan = call.plan;
  plan.tool_version = contract.definition.version;
  plan.effect = effect_of(contract.definition);
  plan.arguments = std::move(check.arguments);
  plan.arguments_hash = sha256(canonical.value());
  plan.occurrence = 0;
  give_key(plan, canonical.value());
  return plan;
}

}  // namespace taskgate::engine
