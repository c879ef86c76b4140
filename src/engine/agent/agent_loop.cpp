#include "engine/agent/agent_loop.hpp"

#include "engine/agent/agent_report.hpp"
#include "engine/agent/agent_services.hpp"
#include "engine/agent/turn_record.hpp"
#include "engine/answer/step.hpp"
#include "taskgate/core/crash_point.hpp"
#include "taskgate/core/json_text.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;
using store::CallEffect;
using store::CallRow;
using store::CallState;

namespace {

EventDraft step_finished_event(const store::CommitTurn& commit, const std::string& model) {
  EventDraft finished;
  finished.type = EventType::step_finished;
  finished.at = commit.turn.committed_at;
  finished.data = R"("step":)" + std::to_string(commit.turn.turn) + R"(,"kind":"model","name":)";
  append_json_string(finished.data, model);
  finished.data += R"(,"status":"succeeded","tool_calls":)" + std::to_string(commit.calls.size());
  finished.data += R"(,"usage":)" + commit.turn.usage;
  return finished;
}

CallRow row_of(store::CallPlace place, store::CallPlan plan) {
  CallRow row;
  row.place = place;
  row.state = plan.state;
  row.outcome = plan.outcome;
  row.plan = std::move(plan);
  return row;
}

Finding bound_finding(const char* type, std::string message) {
  Finding finding;
  finding.type = type;
  finding.message = std::move(message);
  finding.severity = "error";
  finding.recovery = "retry";
  finding.source = "gateway";
  return finding;
}

}  // namespace

AgentLoop::AgentLoop(const AttemptContext& context,
                     LiveTaskPtr task,
                     std::shared_ptr<AttemptControl> control,
                     AttemptWriter& writer,
                     AgentRequest request)
    : context_(context),
      task_(std::move(task)),
      control_(std::move(control)),
      writer_(writer),
      request_(std::move(request)),
      results_(context.options.max_conversation_bytes / 2),
      owner_{context_, *task_, *control_, writer.fence(), context.agents.lease.renew(), results_} {}

// --- the journal ------------------------------------------------------------------------------

asio::awaitable<AgentLoop::Next> AgentLoop::resume(Conversation& conversation) {
  const bool known = co_await make_tools_known();
  offer_tools(conversation.request());
  auto journal = co_await context_.store.journal().read(task_->ref);
  if (!journal) co_return lost_to(journal.error());
  rows_ = std::move(journal.value().turns);
  calls_ = std::move(journal.value().calls);
  for (const auto& row : rows_) {
    auto turn = replay_turn(row);
    if (!turn) {
      finding_ = bound_finding("internal", "the journal of an earlier turn cannot be read");
      co_return Next::bound;
    }
    turns_.push_back(std::move(*turn));
  }
  replayed_ = turns_.size();
  results_.begin(result_bytes(calls_));
  if (!known) co_return Next::stopped;  // the end shows what the journal has
  for (std::size_t i = 0; i + 1 < turns_.size(); ++i) tell_model(conversation, i);
  if (turns_.empty()) co_return Next::ask_model;
  const auto next = co_await run_calls();
  if (next == Next::ask_model) tell_model(conversation, turns_.size() - 1);
  co_return next;
}

asio::awaitable<AgentLoop::Next> AgentLoop::act(providers::ModelTurn turn,
                                                TimePoint started_at,
                                                Conversation& conversation) {
  const int number = next_turn();
  for (std::size_t i = 0; i < turn.tool_calls.size(); ++i) {
    auto& id = turn.tool_calls[i].id;
    if (id.empty()) id = "call_" + std::to_string(number) + "_" + std::to_string(i);
  }
  // The text on the way belongs before the turn in the log.
  const bool logged = co_await writer_.log().flush();
  if (!logged) co_return control_->reason() == StopReason::none ? Next::lost : Next::stopped;
  CallPlanner planner(task_->ref, tools_, calls_);
  store::CommitTurn commit;
  commit.ref = task_->ref;
  commit.fence = writer_.fence();
  const auto model = chosen_model();
  commit.turn = record_turn(turn, model);
  commit.turn.turn = number;
  commit.turn.started_at = started_at;
  commit.turn.committed_at = context_.clock.now();
  commit.calls = planner.plan(turn);
  const auto total = calls_.size() + commit.calls.size();
  if (total > static_cast<std::size_t>(request_.max_tool_calls)) {
    finding_ =
        bound_finding("max_tool_calls_exceeded",
                      "the model asked for more than " + std::to_string(request_.max_tool_calls) +
                          " tool calls; the calls of its last turn were not made");
    co_return Next::bound;
  }
  commit.events.push_back(step_finished_event(commit, model));
  auto row = commit.turn;
  auto plans = commit.calls;
  TASKGATE_CRASH_POINT("agent.before_turn_commit");
  const auto committed = co_await context_.store.journal().commit_turn(std::move(commit));
  if (!committed) co_return lost_to(committed.error());
  TASKGATE_CRASH_POINT("agent.after_turn_commit");
  writer_.log().start_over("step");
  rows_.push_back(std::move(row));
  turns_.push_back(std::move(turn));
  store::CallPlace place{number, 0};
  for (auto& plan : plans) {
    calls_.push_back(row_of(place, std::move(plan)));
    ++place.ord;
  }
  const auto next = co_await run_calls();
  if (next == Next::ask_model) tell_model(conversation, turns_.size() - 1);
  co_return next;
}

// The task is another's, or the disk does not take what has to be written first.
AgentLoop::Next AgentLoop::lost_to(const Error& error) {
  why_lost_ = error.code() == Errc::conflict ? StopReason::lease : StopReason::storage;
  return Next::lost;
}

// The bounds are looked at where another turn would begin.
std::optional<Finding> AgentLoop::exceeded_bound() const {
  if (static_cast<int>(turns_.size()) >= request_.max_steps)
    return bound_finding("max_steps_exceeded", "the model did not answer within " +
                                                   std::to_string(request_.max_steps) + " steps");
  const auto most = context_.options.max_conversation_bytes;
  if (conversation_bytes() >= most)
    return bound_finding("budget_exceeded",
                         "the model's turns and the answers of the tools are together larger than "
                         "an agent's conversation may be (" +
                             std::to_string(most) + " bytes)");
  const auto used = usage();
  if (request_.budget_tokens && used.input_tokens + used.output_tokens >= *request_.budget_tokens)
    return bound_finding(
        "budget_exceeded",
        "the budget of " + std::to_string(*request_.budget_tokens) + " tokens is used up");
  if (!request_.budget_usd || !context_.options.price) return std::nullopt;
  const auto cost = context_.options.price(chosen_model(), used);
  if (!cost || *cost < *request_.budget_usd) return std::nullopt;
  std::string message = "the budget of ";
  append_json_number(message, *request_.budget_usd);
  return bound_finding("budget_exceeded", message + " US dollars is used up");
}

std::string AgentLoop::chosen_model() const {
  std::lock_guard lock(task_->mutex);
  return task_->chosen_model();
}

std::size_t AgentLoop::conversation_bytes() const {
  std::size_t bytes = result_bytes(calls_);
  for (const auto& call : calls_) bytes += call.plan.arguments.size();
  for (const auto& row : rows_) bytes += row.response.size();
  return bytes;
}

providers::Usage AgentLoop::usage() const {
  providers::Usage sum;
  for (const auto& turn : turns_) add_usage(sum, turn.usage);
  return sum;
}

// --- the tools --------------------------------------------------------------------------------

// Tools of a server may take as long as it does. A stop, also by the deadline, does not wait for
// it. False: stopped.
asio::awaitable<bool> AgentLoop::make_tools_known() {
  if (control_->reason() != StopReason::none) co_return false;
  if (writer_.row().deadline) {
    const auto left = *writer_.row().deadline - context_.clock.now();
    control_->stop_after(std::max(left, std::chrono::milliseconds{0}), StopReason::deadline);
  }
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  for (const auto& name : request_.tools) {
    auto* tool = context_.agents.toolbox.find(name);
    if (tool == nullptr) continue;  // the operator took it away: the model is told
    UsableTool usable;
    usable.tool = tool;
    try {
      auto contract = co_await tool->ready();
      if (contract) {
        usable.contract = contract.value();
      } else {
        usable.why = contract.error().message();
      }
    } catch (const std::exception&) {
      usable.why = "the gateway failed while it asked what the tool is";  // or it was stopped
    }
    if (control_->reason() != StopReason::none) break;
    tools_.insert_or_assign(tools::wire_name(name), std::move(usable));
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  control_->let_run();
  co_return control_->reason() == StopReason::none;
}

void AgentLoop::offer_tools(providers::ModelRequest& request) const {
  for (const auto& [name, usable] : tools_) {
    if (!usable.contract) continue;
    providers::ToolSpec spec;
    spec.name = name;
    spec.description = usable.contract->definition.description;
    spec.parameters = usable.contract->definition.parameters;
    request.tools.push_back(std::move(spec));
  }
}

// What a turn said and what its calls came to, as the model is told.
void AgentLoop::tell_model(Conversation& conversation, std::size_t turn) const {
  conversation.append(providers::message_of(turns_[turn]));
  for (const auto& call : calls_) {
    if (call.place.turn != static_cast<int>(turn) + 1) continue;
    conversation.append(tool_message(call));
  }
}

bool AgentLoop::has_written() const {
  return std::any_of(calls_.begin(), calls_.end(), [](const CallRow& call) {
    return call.plan.effect == CallEffect::write && call.dispatched_at.has_value();
  });
}

void AgentLoop::describe(FinalResult& result) const {
  const AgentReport report{rows_, calls_, replayed_};
  describe_agent(report, result);
}

}  // namespace taskgate::engine
