#include "engine/agent/call_runner.hpp"

#include "engine/agent/agent_services.hpp"
#include "engine/agent/outcome_text.hpp"
#include "engine/backoff.hpp"
#include "taskgate/core/crash_point.hpp"
#include "taskgate/core/json_text.hpp"
#include "taskgate/runtime/steady.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;
using store::CallState;
using tools::ToolOutcome;
using tools::UnknownPolicy;

namespace {

constexpr std::chrono::milliseconds kFirstToolPause{200};
constexpr std::chrono::milliseconds kLongestToolPause{10'000};
// A task that waits for its tool holds a slot: one that asks for more patience has failed.
constexpr std::chrono::milliseconds kLongestToolHint{30'000};
constexpr std::chrono::milliseconds kStorageRest{500};
constexpr std::chrono::milliseconds kLookForStop{200};  // a stop does not cancel a resting write
constexpr int kMostQuestions = 3;

bool may_pass_later(const Error& error) {
  return error.code() == Errc::storage || error.code() == Errc::overloaded;
}

// A write that was cut short may have happened; a read gave no answer.
ToolOutcome broken_off(bool is_write, std::string evidence) {
  ToolOutcome outcome;
  outcome.state = is_write ? ToolOutcome::State::unknown : ToolOutcome::State::failed_definite;
  outcome.retryable = !is_write;
  outcome.is_error = true;
  outcome.evidence = std::move(evidence);
  outcome.result = "the call was interrupted";
  return outcome;
}

// The evidence of a send that nobody knows the end of, and of the last one after it.
std::string both_evidences(const std::string& unknown, const std::string& later) {
  constexpr std::string_view kJoint = "; sent again: ";
  return unknown.substr(0, unknown.find(kJoint)).append(kJoint).append(later);
}

}  // namespace

asio::awaitable<CallRunner::End> CallRunner::run() {
  // Only sending and resting are cut short by a stop: what is being written down is written.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  auto step = Step::again;
  if (row_.state == CallState::dispatched) {
    // Of an attempt that could not write down what became of it.
    auto unknown = outcome_of(is_write() ? CallState::outcome_unknown : CallState::planned);
    unknown.evidence = "the attempt that sent it ended before its outcome was written down";
    const bool written = co_await write_down(std::move(unknown));
    if (!written) co_return End::lost;
  }
  if (row_.state == CallState::outcome_unknown) step = co_await resolve_unknown();
  while (step == Step::again) step = co_await send();
  switch (step) {
    case Step::asking:
      co_return End::asking;
    case Step::stopped:
      co_return End::stopped;
    case Step::lost:
      co_return End::lost;
    default:
      co_return End::settled;
  }
}

bool CallRunner::is_stopped() const {
  return owner_.control.reason() != StopReason::none;
}

// The stop ends this attempt and not the task.
bool CallRunner::goes_on_later() const {
  const auto reason = owner_.control.reason();
  return reason != StopReason::none && reason != StopReason::cancel &&
         reason != StopReason::deadline;
}

bool CallRunner::may_send() const {
  return owner_.context.agents.lease.holds(owner_.epoch) && !is_stopped();
}

asio::awaitable<CallRunner::Step> CallRunner::send() {
  if (is_stopped()) co_return Step::stopped;
  TASKGATE_CRASH_POINT("agent.before_dispatch");
  const bool dispatched = co_await dispatch();
  if (!dispatched) co_return is_stopped() ? Step::stopped : Step::lost;
  TASKGATE_CRASH_POINT("agent.after_dispatch");
  if (!may_send()) co_return co_await put_back();
  ++sends_;
  auto outcome = co_await call_tool();
  TASKGATE_CRASH_POINT("agent.after_send");
  if (cut_short_) co_return co_await plan_again(std::move(outcome.evidence));
  if (outcome.not_sent) co_return co_await put_back();
  owner_.results.fit(outcome.result);
  const auto bytes = outcome.result.size();
  const auto next = co_await after(std::move(outcome));
  if (next == Step::again) owner_.results.give_back(bytes);  // the next send's answer replaces it
  co_return next;
}

// Nothing of it has left. What was known before of an earlier send stands, above all that nobody
// knows what became of it.
asio::awaitable<CallRunner::Step> CallRunner::put_back() {
  auto unsent = outcome_of(before_.state);
  unsent.not_sent = true;
  unsent.dispatched_before = before_.dispatched_at;
  unsent.evidence = is_stopped() ? "the attempt was stopped before the call was sent"
                                 : "the lease ran out before the call was sent";
  (void)co_await write_down(std::move(unsent));  // if not, the next attempt finds it dispatched
  co_return is_stopped() ? Step::stopped : Step::lost;
}

// A read that a stop has cut short has not failed: the next attempt sends it again.
asio::awaitable<CallRunner::Step> CallRunner::plan_again(std::string evidence) {
  auto unsettled = outcome_of(CallState::planned);
  unsettled.evidence = std::move(evidence);
  (void)co_await write_down(std::move(unsettled));  // if not, it is found dispatched: the same
  co_return Step::stopped;
}

asio::awaitable<bool> CallRunner::dispatch() {
  store::Dispatch dispatch;
  dispatch.ref = owner_.task.ref;
  dispatch.fence = owner_.fence;
  dispatch.place = row_.place;
  dispatch.at = owner_.context.clock.now();
  dispatch.lease_until = owner_.context.agents.lease.until(owner_.epoch);
  dispatch.after_unknown = row_.state == CallState::outcome_unknown;
  dispatch.for_repeat = for_repeat_;
  EventDraft started;
  started.type = EventType::tool_started;
  started.at = dispatch.at;
  append_json_string(started.data.append(R"("key":)"), row_.plan.key);
  append_json_string(started.data.append(R"(,"name":)"), row_.plan.tool);
  started.data += R"(,"turn":)" + std::to_string(row_.place.turn);
  started.data += R"(,"attempt":)" + std::to_string(row_.attempts + 1);
  dispatch.events.push_back(std::move(started));
  const auto at = dispatch.at;
  const auto dispatched = co_await owner_.context.store.journal().dispatch(std::move(dispatch));
  if (!dispatched) co_return false;
  before_.state = row_.state;
  before_.dispatched_at = row_.dispatched_at;
  before_.first_dispatched_at = row_.first_dispatched_at;
  if (for_repeat_ && row_.told.empty()) row_.told = row_.outcome;
  row_.state = CallState::dispatched;
  row_.fence = owner_.fence;
  row_.attempts = dispatched.value().attempt;
  row_.dispatched_at = at;
  if (!row_.first_dispatched_at) row_.first_dispatched_at = at;
  co_return true;
}

asio::awaitable<ToolOutcome> CallRunner::call_tool() {
  tools::ToolCallRequest request;
  request.key = row_.plan.key;
  request.arguments = row_.plan.arguments;
  request.task_id = owner_.task.public_id;
  request.tenant = owner_.task.ref.tenant;
  request.number = number_;
  request.contract = tool_.contract;
  request.may_send = [this] { return may_send(); };
  ToolOutcome outcome;
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  try {
    outcome = co_await tool_.tool->call(std::move(request));
  } catch (const boost::system::system_error& error) {
    const bool stopped = error.code() == asio::error::operation_aborted;
    cut_short_ = stopped && !is_write() && goes_on_later();
    outcome = broken_off(is_write(), stopped ? "the gateway stopped while the call was being sent"
                                             : "the gateway failed while it sent the call");
  } catch (const std::exception&) {
    outcome = broken_off(is_write(), "the gateway failed while it sent the call");
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_return outcome;
}

asio::awaitable<CallRunner::Step> CallRunner::after(ToolOutcome outcome) {
  auto state = CallState::outcome_unknown;
  if (outcome.state == ToolOutcome::State::succeeded) state = CallState::succeeded;
  if (outcome.state == ToolOutcome::State::failed_definite) state = CallState::failed_definite;
  if (state == CallState::outcome_unknown && !is_write()) state = CallState::failed_definite;
  const bool again = state == CallState::failed_definite && is_to_be_sent_again(outcome);
  // A read that is sent again has not failed yet: a crash in the pause does not end it.
  if (again && !is_write()) state = CallState::planned;
  auto record = outcome_of(state);
  record.outcome = outcome_json(outcome);
  record.evidence = outcome.evidence;
  if (state == CallState::failed_definite && outcome.retry_after > kLongestToolHint)
    record.evidence +=
        ", and asks for a pause of " + std::to_string(outcome.retry_after->count() / 1000) + " s";
  const bool may_have_happened = before_.state == CallState::outcome_unknown && !is_ruled_out_;
  is_ruled_out_ = false;
  if (state == CallState::failed_definite && may_have_happened) {
    // This send was not executed. The one before it may have been.
    record.state = CallState::outcome_unknown;
    record.evidence = both_evidences(row_.evidence, outcome.evidence);
  }
  TASKGATE_CRASH_POINT("agent.before_outcome");
  const bool written = co_await write_down(std::move(record));
  TASKGATE_CRASH_POINT("agent.after_outcome");
  if (!written) co_return Step::lost;
  if (row_.state == CallState::outcome_unknown) {
    retry_after_ = outcome.retry_after;
    co_return co_await resolve_unknown();
  }
  if (!again) co_return Step::settled;
  if (is_stopped()) co_return Step::stopped;
  retry_after_ = outcome.retry_after;
  co_await rest(pause_before_retry());
  co_return Step::again;
}

bool CallRunner::is_to_be_sent_again(const ToolOutcome& outcome) const {
  return outcome.retryable && sends_ < definition().max_attempts &&
         outcome.retry_after.value_or(kFirstToolPause) <= kLongestToolHint;
}

// Nobody knows what became of the write: the tool's policy says what is done.
asio::awaitable<CallRunner::Step> CallRunner::resolve_unknown() {
  if (is_stopped()) co_return Step::stopped;
  if (tool_.contract == nullptr) co_return Step::asking;
  switch (definition().on_unknown) {
    case UnknownPolicy::ask:
      co_return Step::asking;
    case UnknownPolicy::reconcile:
      co_return co_await reconcile();
    case UnknownPolicy::retry_same_key:
      break;
  }
  if (!is_in_key_window() || sends_ >= definition().max_attempts) co_return Step::asking;
  if (sends_ == 0) co_return Step::again;
  co_await rest(pause_before_retry());
  if (is_stopped()) co_return Step::stopped;
  co_return is_in_key_window() ? Step::again : Step::asking;
}

asio::awaitable<CallRunner::Step> CallRunner::reconcile() {
  for (; questions_ < kMostQuestions; ++questions_) {
    if (questions_ > 0) co_await rest(pause_before_retry());
    if (is_stopped()) co_return Step::stopped;
    tools::Reconciled found;
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    try {
      found = co_await tool_.tool->reconcile(row_.plan.key);
    } catch (const std::exception&) {
      found.state = tools::Reconciled::State::unknown;  // stopped, or as good as silent
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (found.state == tools::Reconciled::State::unknown) continue;
    const bool executed = found.state == tools::Reconciled::State::executed;
    if (!executed && sends_ < definition().max_attempts) {
      // It stays unknown in the journal until it is sent again, so that a crash before that does
      // not end it: the next attempt asks once more.
      is_ruled_out_ = true;
      co_return Step::again;
    }
    owner_.results.fit(found.result);
    auto record = outcome_of(executed ? CallState::succeeded : CallState::failed_definite);
    record.outcome = executed ? result_json(found.result)
                              : error_outcome("tool_error", "the call was not executed");
    record.evidence = found.evidence;
    record.resolved_by = "reconcile";
    const bool written = co_await write_down(std::move(record));
    co_return written ? Step::settled : Step::lost;
  }
  co_return Step::asking;
}

bool CallRunner::is_in_key_window() const {
  if (!definition().key_window) return true;
  if (!row_.first_dispatched_at) return true;
  // What is sent now arrives later: the tool's timeout is kept clear of the window's end.
  const auto ends = *row_.first_dispatched_at + *definition().key_window;
  return owner_.context.clock.now() + definition().timeout < ends;
}

std::chrono::milliseconds CallRunner::pause_before_retry() const {
  const BackoffPolicy policy{kFirstToolPause, kLongestToolPause, kLongestToolHint};
  return backoff_delay(policy, std::max(sends_, questions_), retry_after_, uniform01());
}

// Over early when the attempt is stopped: the caller looks at the stop reason.
asio::awaitable<void> CallRunner::rest(std::chrono::milliseconds delay) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  const auto until = runtime::SteadyClock::now() + delay;
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  try {
    while (!is_stopped() && runtime::SteadyClock::now() < until) {
      const runtime::SteadyTime next = runtime::SteadyClock::now() + kLookForStop;
      timer.expires_at(std::min(until, next));
      auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
      if (error) break;
    }
  } catch (const boost::system::system_error&) {
    // Cancelled before the wait began.
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
}

store::RecordOutcome CallRunner::outcome_of(CallState state) const {
  store::RecordOutcome outcome;
  outcome.ref = owner_.task.ref;
  outcome.fence = owner_.fence;
  outcome.place = row_.place;
  outcome.attempt = row_.attempts;
  outcome.state = state;
  outcome.at = owner_.context.clock.now();
  return outcome;
}

EventDraft CallRunner::finished_event(const store::RecordOutcome& outcome) const {
  EventDraft finished;
  finished.type = EventType::tool_finished;
  finished.at = outcome.at;
  append_json_string(finished.data.append(R"("key":)"), row_.plan.key);
  append_json_string(finished.data.append(R"(,"name":)"), row_.plan.tool);
  append_json_string(finished.data.append(R"(,"status":)"), to_string(outcome.state));
  append_json_string(finished.data.append(R"(,"evidence":)"), outcome.evidence);
  if (!outcome.resolved_by.empty())
    append_json_string(finished.data.append(R"(,"resolved_by":)"), outcome.resolved_by);
  return finished;
}

// The row as the journal has it now.
void CallRunner::take_over(const store::RecordOutcome& outcome, bool late) {
  if (outcome.not_sent) {
    --row_.attempts;
    row_.dispatched_at = before_.dispatched_at;
    row_.first_dispatched_at = before_.first_dispatched_at;
    if (outcome.state == CallState::planned) row_.evidence = outcome.evidence;
    return;
  }
  row_.outcome = outcome.outcome;
  row_.evidence = outcome.evidence;
  row_.resolved_by = outcome.resolved_by;
  row_.outcome_at = outcome.at;
  row_.late = late;
}

// A fact is kept in hand until the storage takes it. False: the task is gone, or the process ends
// without it.
asio::awaitable<bool> CallRunner::write_down(store::RecordOutcome outcome) {
  outcome.past_lease = !owner_.context.agents.lease.holds(owner_.epoch);
  outcome.events.push_back(finished_event(outcome));
  for (;;) {
    auto copy = outcome;
    const auto recorded = co_await owner_.context.store.journal().record_outcome(std::move(copy));
    if (recorded) {
      row_.state = recorded.value().state;
      if (recorded.value().applied) take_over(outcome, recorded.value().late);
      co_return recorded.value().applied;
    }
    if (!may_pass_later(recorded.error()) || owner_.context.stopping) co_return false;
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, kStorageRest);
    auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)error;  // nobody cancels it
  }
}

}  // namespace taskgate::engine
