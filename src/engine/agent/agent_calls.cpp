// The calls of the loop's last turn: reads beside each other, writes one after another, repeated
// ones from the ledger; and what somebody has to be asked.

#include "engine/agent/agent_loop.hpp"
#include "engine/agent/agent_report.hpp"
#include "engine/agent/agent_services.hpp"
#include "engine/agent/outcome_text.hpp"
#include "taskgate/core/crash_point.hpp"
#include "taskgate/observe/log.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;
using store::CallEffect;
using store::CallRow;
using store::CallState;
using End = CallRunner::End;

namespace {

constexpr std::size_t kReadsAtOnce = 16;  // of one task: a turn may ask for thousands

// Nothing more is done about it, and the model can be told.
bool has_answer(const CallRow& call) {
  return store::is_settled(call.state) || call.state == CallState::failed_definite;
}

// A bug, or no memory. The call stays as the journal has it, and the attempt ends.
void report_broken_call(std::string_view what, std::exception_ptr failure) {
  try {
    std::rethrow_exception(std::move(failure));
  } catch (const std::exception& error) {
    log::error("agent.call_broke", {{"what", what}, {"reason", error.what()}});
  }
}

// A journaled call belongs to the contract that it was planned under. Another may lead elsewhere,
// ask elsewhere for the key, or call a read what was a write.
bool is_contract_of(const CallRow& call, const tools::ContractPtr& contract) {
  if (contract == nullptr) return false;
  const auto& definition = contract->definition;
  const bool is_read = definition.effect == tools::Effect::read;
  return call.plan.tool_version == definition.version &&
         is_read == (call.plan.effect == CallEffect::read);
}

// For a repeated call, when there is no room for its answer once more.
std::string answered_above(const CallRow& holder) {
  constexpr const char* kAbove = "[the same call was answered before, see there]";
  return holder.state == CallState::succeeded ? result_json(kAbove)
                                              : error_outcome("tool_error", kAbove);
}

bool is_asked_for(const CallRow& call) {
  return call.state == CallState::needs_approval || call.state == CallState::outcome_unknown;
}

}  // namespace

// A definite failure has been told to the model with its turn: only a call of the last turn is
// open.
std::vector<std::size_t> AgentLoop::open_calls() const {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    if (calls_[i].place.turn == static_cast<int>(turns_.size()) && !has_answer(calls_[i]))
      open.push_back(i);
  }
  return open;
}

asio::awaitable<AgentLoop::Next> AgentLoop::run_calls() {
  asking_ = stopped_ = lost_ = false;
  std::vector<std::size_t> writes;
  std::vector<std::size_t> aliases;
  runtime::TaskGroup group(report_broken_call);
  std::vector<runtime::StopHandle> reads;
  reads_.clear();
  for (const auto index : open_calls()) {
    const bool is_read = calls_[index].plan.effect == CallEffect::read;
    if (is_read && calls_[index].plan.alias) {
      aliases.push_back(index);
    } else if (is_read) {
      reads_.push_back(index);
    } else {
      writes.push_back(index);
    }
  }
  const auto lanes = std::min(reads_.size(), kReadsAtOnce);
  while (reads.size() < lanes)
    reads.push_back(group.spawn("tool", control_->strand(), runtime::OnError::log, run_reads()));
  if (!writes.empty())
    group.spawn("tools", control_->strand(), runtime::OnError::log, run_writes(std::move(writes)));
  if (group.size() > 0) {
    const bool joined = co_await join_calls(group, reads);
    if (!joined) stopped_ = true;
  }
  if (!aliases.empty() && !lost_ && !stopped_) {
    reads.clear();
    group.spawn("tools", control_->strand(), runtime::OnError::log,
                answer_aliases(std::move(aliases)));
    const bool joined = co_await join_calls(group, reads);
    if (!joined) stopped_ = true;
  }
  if (lost_) co_return Next::lost;
  if (stopped_ || control_->reason() != StopReason::none) co_return Next::stopped;
  if (asking_) co_return Next::wait;
  if (!open_calls().empty()) co_return Next::lost;  // a call broke off: the journal knows where
  if (!context_.agents.lease.holds(owner_.epoch)) co_return Next::lost;
  if (auto bound = exceeded_bound()) {
    finding_ = std::move(bound);
    co_return Next::bound;
  }
  co_return Next::ask_model;
}

// Waits for all calls. A stop cuts reads short; writes that are being sent are waited for, they end
// by their tools' timeouts; only a shutdown does not wait. False: stopped.
asio::awaitable<bool> AgentLoop::join_calls(runtime::TaskGroup& group,
                                            const std::vector<runtime::StopHandle>& reads) {
  bool joined = false;
  const bool is_stopped = control_->reason() != StopReason::none;
  if (!is_stopped && writer_.row().deadline) {
    const auto left = *writer_.row().deadline - context_.clock.now();
    control_->stop_after(std::max(left, std::chrono::milliseconds{0}), StopReason::deadline);
  }
  if (!is_stopped) {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    try {
      co_await group.join();
      joined = true;
    } catch (const boost::system::system_error&) {
      // Stopped: below.
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  }
  if (!joined) {
    if (control_->reason() == StopReason::shutdown) group.request_stop();
    for (const auto& read : reads) read.stop();
    co_await group.join();
  }
  control_->let_run();
  co_return joined;
}

// One of the coroutines that share the reads of a turn.
asio::awaitable<void> AgentLoop::run_reads() {
  while (!reads_.empty()) {
    const auto index = reads_.front();
    reads_.pop_front();
    if (calls_[index].state == CallState::needs_approval) {
      asking_ = true;
      continue;
    }
    const auto end = co_await run_one(index);
    note_end(end);
    if (end == End::stopped || end == End::lost) co_return;
  }
}

asio::awaitable<void> AgentLoop::run_writes(std::vector<std::size_t> indexes) {
  for (const auto index : indexes) {
    auto& call = calls_[index];
    if (call.state == CallState::needs_approval) {
      asking_ = true;
      co_return;  // those after it may rest on it
    }
    End end = End::settled;
    if (call.plan.alias) {
      end = co_await answer_alias(index);
    } else {
      end = co_await run_one(index);
    }
    note_end(end);
    if (end != End::settled) co_return;
  }
}

asio::awaitable<void> AgentLoop::answer_aliases(std::vector<std::size_t> indexes) {
  for (const auto index : indexes) {
    const auto end = co_await answer_alias(index);
    note_end(end);
    if (end == End::lost || end == End::stopped) co_return;
  }
}

void AgentLoop::note_end(End end) {
  if (end == End::asking) asking_ = true;
  if (end == End::stopped) stopped_ = true;
  if (end == End::lost) lost_ = true;
}

// Null: the call may not be sent, and its key may not be asked about.
const UsableTool* AgentLoop::tool_of(const CallRow& call) const {
  const auto found = tools_.find(tools::wire_name(call.plan.tool));
  if (found == tools_.end() || found->second.tool == nullptr) return nullptr;
  return is_contract_of(call, found->second.contract) ? &found->second : nullptr;
}

std::string AgentLoop::why_not(const CallRow& call) const {
  const auto found = tools_.find(tools::wire_name(call.plan.tool));
  const bool has_changed = found != tools_.end() && found->second.contract != nullptr;
  return has_changed ? "the tool has changed since the call was asked for; it was not sent"
                     : "the tool cannot be used any more";
}

// `for_repeat`: for a call of a later turn that repeats it.
asio::awaitable<End> AgentLoop::run_one(std::size_t index, bool for_repeat) {
  auto& call = calls_[index];
  if (const auto* tool = tool_of(call)) {
    CallRunner runner(owner_, *tool, call, index + 1);
    if (for_repeat && call.state == CallState::failed_definite) runner.send_for_repeat();
    co_return co_await runner.run();
  }
  const bool was_sent =
      call.state == CallState::outcome_unknown || call.state == CallState::dispatched;
  if (!was_sent || call.plan.effect == CallEffect::read)
    co_return co_await settle_without_sending(index, why_not(call));
  // Nothing can be sent, and of what was sent nobody can be asked but people.
  const UsableTool gone;
  CallRunner runner(owner_, gone, call, index + 1);
  co_return co_await runner.run();
}

CallRow* AgentLoop::holder_of(const CallRow& alias) {
  for (auto& call : calls_) {
    if (!call.plan.alias && call.plan.key == alias.plan.key) return &call;
  }
  return nullptr;
}

// A call of an earlier turn that failed for certain is sent again for the one that repeats it,
// once; what became of that sending may still have to be found out.
bool AgentLoop::is_to_be_repeated(const CallRow& holder, const CallRow& alias) const {
  if (holder.place.turn >= alias.place.turn || holder.state == CallState::needs_approval)
    return false;
  if (!has_answer(holder)) return true;
  const auto asked_at = rows_[static_cast<std::size_t>(alias.place.turn) - 1].committed_at;
  const bool was_sent_for_it = holder.dispatched_at && *holder.dispatched_at >= asked_at;
  return holder.state == CallState::failed_definite && !was_sent_for_it;
}

// The intent of an earlier call. What that one came to is the answer; if it has failed for certain,
// and in an earlier turn, it is sent again under the same key.
asio::awaitable<End> AgentLoop::answer_alias(std::size_t index) {
  auto& call = calls_[index];
  auto* holder = holder_of(call);
  if (holder == nullptr)
    co_return co_await settle_without_sending(index, "the call that it repeats is not known");
  bool replayed = true;
  const bool is_repeated = is_to_be_repeated(*holder, call);
  if (is_repeated && holder->state == CallState::failed_definite && tool_of(*holder) == nullptr)
    co_return co_await settle_without_sending(index, why_not(*holder));
  if (is_repeated) {
    const auto end = co_await run_one(static_cast<std::size_t>(holder - calls_.data()),
                                      holder->place.turn < call.place.turn);
    if (end != End::settled) co_return end;
    replayed = false;
  } else if (!has_answer(*holder)) {
    co_return is_asked_for(*holder) ? End::asking : End::lost;
  }
  store::RecordOutcome answer;
  answer.ref = task_->ref;
  answer.fence = writer_.fence();
  answer.place = call.place;
  answer.state = holder->state;
  // What was just sent for it stands nowhere else in the conversation.
  const bool has_room = results_.take(holder->outcome.size());
  answer.outcome = has_room || !replayed ? holder->outcome : answered_above(*holder);
  answer.evidence = holder->evidence;
  answer.resolved_by = replayed ? "replay" : "";
  answer.at = context_.clock.now();
  co_return co_await write_settled(index, std::move(answer));
}

asio::awaitable<End> AgentLoop::settle_without_sending(std::size_t index, std::string why) {
  store::RecordOutcome answer;
  answer.ref = task_->ref;
  answer.fence = writer_.fence();
  answer.place = calls_[index].place;
  answer.attempt = calls_[index].attempts;
  answer.state = CallState::failed_definite;
  answer.outcome = error_outcome("tool_error", why);
  answer.evidence = std::move(why);
  answer.at = context_.clock.now();
  co_return co_await write_settled(index, std::move(answer));
}

asio::awaitable<End> AgentLoop::write_settled(std::size_t index, store::RecordOutcome outcome) {
  auto& call = calls_[index];
  const auto copy = outcome;
  const auto recorded = co_await context_.store.journal().record_outcome(std::move(outcome));
  if (!recorded) {
    (void)lost_to(recorded.error());  // noted: the end says it
    co_return End::lost;
  }
  if (!recorded.value().applied) co_return End::lost;
  call.state = copy.state;
  call.outcome = copy.outcome;
  call.evidence = copy.evidence;
  call.resolved_by = copy.resolved_by;
  call.outcome_at = copy.at;
  co_return End::settled;
}

asio::awaitable<AttemptEnd> AgentLoop::wait() {
  AttemptEnd end;
  const bool logged = co_await writer_.log().flush();
  if (!logged) co_return co_await writer_.requeue(StopReason::storage);
  store::Wait wait;
  wait.ref = task_->ref;
  wait.fence = writer_.fence();
  std::vector<const CallRow*> asked;
  for (const auto index : open_calls()) {
    if (!is_asked_for(calls_[index])) continue;
    wait.asked.push_back(calls_[index].place);
    asked.push_back(&calls_[index]);
  }
  // A call of an earlier turn that was sent again for an alias.
  for (const auto& call : calls_) {
    const bool is_last = call.place.turn == static_cast<int>(turns_.size());
    if (is_last || call.state != CallState::outcome_unknown) continue;
    wait.asked.push_back(call.place);
    asked.push_back(&call);
  }
  wait.required_input = required_input(asked);
  EventDraft waiting;
  waiting.type = EventType::task_waiting;
  waiting.at = context_.clock.now();
  waiting.data = R"("required_input":)" + wait.required_input;
  wait.events.push_back(std::move(waiting));
  TASKGATE_CRASH_POINT("agent.before_wait");
  const auto written = co_await context_.store.journal().wait(std::move(wait));
  TASKGATE_CRASH_POINT("agent.after_wait");
  if (written) {
    (void)co_await writer_.log().settle();  // nothing is in flight: it was flushed
    end.kind = AttemptEnd::Kind::waiting;
    co_return end;
  }
  co_return co_await writer_.requeue(StopReason::storage);
}

}  // namespace taskgate::engine
