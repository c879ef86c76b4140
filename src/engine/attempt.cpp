#include "engine/attempt.hpp"

#include "engine/agent/agent_loop.hpp"
#include "engine/answer/answer_flow.hpp"
#include "engine/answer/merged_steps.hpp"
#include "engine/attempt_turns.hpp"
#include "engine/attempt_writer.hpp"
#include "engine/backoff.hpp"
#include "engine/conversation.hpp"
#include "engine/finisher.hpp"
#include "engine/model_request.hpp"
#include "engine/model_turn.hpp"
#include "taskgate/core/crash_point.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;
using providers::Failure;
using providers::FailureClass;
using providers::TurnOutcome;

// Not in the anonymous namespace: a coroutine's frame holds one, and in a unity build g++ warns of
// frames with members of internal linkage (-Wsubobject-linkage).
namespace detail {

class Attempt final {
 public:
  Attempt(const AttemptContext& context,
          LiveTaskPtr task,
          std::shared_ptr<AttemptControl> control,
          store::Fence fence,
          TurnListener& listener)
      : context_(context),
        task_(std::move(task)),
        control_(std::move(control)),
        writer_(context, task_, control_, fence),
        turns_(context, *task_, *control_, writer_, listener) {}

  asio::awaitable<AttemptEnd> run() {
    // Nothing is paid for while nothing can be written down.
    if (!context_.store.health().writable) co_return writer_.give_back(StopReason::storage);
    auto body = co_await load_body();
    if (!body) co_return writer_.give_back(StopReason::storage);
    body_ = std::move(body.value());
    if (!is_route_known()) {
      const bool learned = co_await learn_route(context_, task_);
      if (!learned) co_return writer_.give_back(StopReason::storage);
      if (is_elsewhere()) co_return choose_again();
    }
    note_model();
    const bool begun = co_await writer_.begin();
    if (!begun) co_return writer_.give_back(StopReason::storage);
    TASKGATE_CRASH_POINT("engine.before_turn");
    auto outcome = co_await converse();
    TASKGATE_CRASH_POINT("engine.after_turn");
    if (acted_ == AgentLoop::Next::wait) co_return co_await wait();
    if (acted_ == AgentLoop::Next::lost) co_return co_await give_up_lease();
    if (acted_ == AgentLoop::Next::bound) co_return co_await finish_at_bound();
    co_return co_await conclude(std::move(outcome));
  }

 private:
  bool is_route_known() const {
    std::lock_guard lock(task_->mutex);
    return task_->route_known;
  }

  // The task had got further along its models than the one that it was started with.
  bool is_elsewhere() const {
    std::lock_guard lock(task_->mutex);
    return task_->route && task_->route->current() != task_->choice;
  }

  AttemptEnd choose_again() const {
    AttemptEnd end;
    end.kind = AttemptEnd::Kind::again;
    end.ready_at = context_.clock.now();
    return end;
  }

  asio::awaitable<Result<std::string>> load_body() {
    {
      std::lock_guard lock(task_->mutex);
      if (!task_->body.empty()) co_return task_->body;
    }
    co_return co_await context_.store.request_body(task_->ref);
  }

  void note_model() {
    std::lock_guard lock(task_->mutex);
    failures_ = task_->failures;
    model_ = task_->chosen_model();
    has_route_ = task_->route != nullptr;
    turns_.use_model(model_);
  }

  // All turns of this attempt; the outcome of the last one. nullopt: stopped. An answer is in
  // flow_, and looked_ says whether it is to stand.
  asio::awaitable<std::optional<TurnOutcome>> converse() {
    auto conversation = Conversation::read(body_);
    if (!conversation)
      co_return local_failure(FailureClass::caller, conversation.error().message());
    auto agent = read_agent_request(body_);
    begin_flow(conversation.value().answer(), !agent.tools.empty());
    if (!agent.tools.empty()) {
      agent_.emplace(context_, task_, control_, writer_, std::move(agent));
      turns_.follow(*agent_);
      acted_ = co_await agent_->resume(conversation.value());
    }
    for (;;) {
      auto outcome = co_await take_answer(conversation.value());
      if (!outcome || outcome->turn() == nullptr) co_return outcome;
      auto turn = std::move(*outcome->turn());
      turns_.note_recorded();
      looked_ = co_await flow_->look(std::move(turn), turns_.timing(), conversation.value());
      if (looked_ == AnswerFlow::Next::stopped) co_return std::nullopt;
      if (looked_ != AnswerFlow::Next::ask_again) co_return outcome;
    }
  }

  // A turn that asks for no tool. Without tools it is the next one; with them there may be turns
  // and calls before it, and nullopt when acted_ says what else has come.
  asio::awaitable<std::optional<TurnOutcome>> take_answer(Conversation& conversation) {
    if (!agent_) co_return co_await turns_.take(conversation);
    for (;;) {
      if (acted_ != AgentLoop::Next::ask_model) co_return std::nullopt;
      note_step();
      auto outcome = co_await turns_.take(conversation);
      if (!outcome || outcome->turn() == nullptr) co_return outcome;
      if (outcome->turn()->tool_calls.empty()) co_return outcome;
      auto turn = std::move(*outcome->turn());
      const auto usage = turn.usage;
      const int number = agent_->next_turn();
      acted_ = co_await agent_->act(std::move(turn), turns_.timing().started_at, conversation);
      if (agent_->next_turn() == number) note_failed_turn("failed", usage);  // not journaled
      turns_.note_recorded();
    }
  }

  void note_step() {
    EventDraft started;
    started.type = EventType::step_started;
    started.at = context_.clock.now();
    started.data = R"("step":)" + std::to_string(agent_->next_turn()) + R"(,"kind":"model")";
    append_model(started.data, "name", model_);
    writer_.log().note(std::move(started));
  }

  asio::awaitable<AttemptEnd> wait() {
    remember();
    co_return co_await agent_->wait();
  }

  asio::awaitable<AttemptEnd> give_up_lease() {
    (void)co_await writer_.log().settle();  // what could not be written is void with the attempt
    const auto why =
        control_->reason() == StopReason::none ? agent_->why_lost() : control_->reason();
    remember();
    co_return co_await writer_.requeue(why);
  }

  asio::awaitable<AttemptEnd> finish_at_bound() {
    (void)co_await writer_.log().settle();  // finish() writes what is left
    FinalResult result;
    result.status = TaskStatus::failed;
    result.text = writer_.log().text();
    result.findings.push_back(agent_->finding());
    co_return co_await finish(std::move(result));
  }

  void begin_flow(AnswerRequest request, bool has_tools) {
    AnswerOwner owner;
    owner.has_tools = has_tools;
    owner.tenant = task_->ref.tenant;
    owner.model = model_;
    AnswerHistory history;
    {
      std::lock_guard lock(task_->mutex);
      if (task_->route) owner.fallback_models = task_->route->behind(task_->choice);
      history = task_->history;
    }
    const AnswerContext context{context_.clock, context_.calibrations, writer_.log(), turns_};
    flow_.emplace(context, std::move(request), context_.schemas, std::move(owner),
                  std::move(history));
  }

  asio::awaitable<AttemptEnd> conclude(std::optional<TurnOutcome> outcome) {
    const bool logged = co_await writer_.log().settle();
    if (!logged) {
      remember();
      co_return co_await writer_.requeue(StopReason::storage);
    }
    if (outcome && outcome->turn() != nullptr) co_return co_await conclude_answer();
    switch (control_->reason()) {
      case StopReason::cancel:
        co_return co_await finish(stopped(TaskStatus::cancelled));
      case StopReason::deadline:
        co_return co_await finish(stopped(TaskStatus::expired));
      case StopReason::shutdown:
      case StopReason::storage:
      case StopReason::lease:
        remember();
        co_return co_await writer_.requeue(control_->reason());
      case StopReason::attempt_timeout:
        outcome = local_failure(FailureClass::timeout,
                                "the attempt took longer than an attempt may take");
        break;
      case StopReason::none:
        break;
    }
    if (!outcome)
      outcome = local_failure(FailureClass::server, "the attempt ended without an outcome");
    const Failure failure = *outcome->failure();
    const auto next = next_step(failure);
    if (next != Route::Next::end) co_return co_await retry(failure, next);
    note_failed_turn("failed", failure.usage);
    co_return co_await finish(failed_result(failure, writer_.log().text()));
  }

  asio::awaitable<AttemptEnd> conclude_answer() {
    if (looked_ != AnswerFlow::Next::other_model) co_return co_await finish(flow_->take_result());
    EventDraft retrying;
    retrying.type = EventType::task_retrying;
    retrying.data = R"("attempt":)" + std::to_string(writer_.row().attempts);
    append_model(retrying.data, "reason", kUnusable);
    append_model(retrying.data, "message", flow_->reason());
    append_model(retrying.data, "model", model_);
    bool moved = false;
    {
      std::lock_guard lock(task_->mutex);
      moved = task_->route && task_->route->after_unusable(task_->choice);
      if (moved) {
        append_model(retrying.data, "next_model", task_->route->model(task_->route->current()));
        task_->history = flow_->history();
      }
    }
    if (!moved) co_return co_await finish(flow_->take_result());
    co_return co_await writer_.hand_over(std::move(retrying));
  }

  // The next attempt goes on from what this one did for the answer.
  void remember() {
    std::lock_guard lock(task_->mutex);
    if (flow_) task_->history = flow_->history();
  }

  // Shows the turn that brought nothing among the steps.
  void note_failed_turn(const char* status, const providers::Usage& usage) {
    if (flow_ && turns_.is_unrecorded()) flow_->note_failed(status, turns_.timing(), usage);
  }

  Route::Next next_step(const Failure& failure) {
    const bool late = writer_.row().deadline && *writer_.row().deadline <= context_.clock.now();
    const int max_attempts = context_.options.max_attempts;
    std::lock_guard lock(task_->mutex);
    if (task_->route) {
      failures_ = task_->route->failures(task_->choice);  // the back-off is of one model
      const auto next = task_->route->after_failure(task_->choice, failure, max_attempts);
      return late ? Route::Next::end : next;
    }
    // Each turn of an agent may fail as often as the one turn of any other task.
    const int turns_taken = agent_ ? agent_->next_turn() - 1 : 0;
    const bool again = failure.retryable() && failures_ + 1 < max_attempts + turns_taken && !late;
    return again ? Route::Next::same_model : Route::Next::end;
  }

  FinalResult stopped(TaskStatus status) {
    auto result = stopped_result(status, context_.clock.now());
    result.text = writer_.log().text();
    note_failed_turn(to_string(status), providers::Usage());
    return result;
  }

  asio::awaitable<AttemptEnd> finish(FinalResult result) {
    result.finished_at = context_.clock.now();
    const auto ttl = result_ttl_seconds(body_);
    result.expires_at =
        result.finished_at + (ttl ? std::chrono::seconds{*ttl} : context_.options.result_ttl);
    result.turn_started_at = turns_.started_at();
    result.upstream = turns_.upstream();
    if (flow_) {
      result.steps = flow_->history().steps;
      result.usage = flow_->history().usage;
      result.spent = flow_->history().spent;
    }
    if (agent_) {
      const auto own = result.findings.size();
      agent_->describe(result);
      merge_steps(result, own);
    }
    result.cost_usd = result.spent.cost(context_.options.price, model_);
    if (has_route_) take_path(result);
    co_return co_await writer_.finish(std::move(result));
  }

  void take_path(FinalResult& result) {
    std::lock_guard lock(task_->mutex);
    if (!turns_.report().failure && turns_.report().reached)
      task_->route->note_answer(task_->choice);
    result.path = task_->route->path();
  }

  std::chrono::milliseconds delay_before(Route::Next next, const Failure& failure) const {
    if (next == Route::Next::next_model) return std::chrono::milliseconds{0};
    const BackoffPolicy policy{context_.options.backoff_base, context_.options.backoff_max,
                               kLongestRetryAfter};
    return backoff_delay(policy, failures_ + 1, failure.retry_after, uniform01());
  }

  asio::awaitable<AttemptEnd> retry(Failure failure, Route::Next next) {
    const auto delay = delay_before(next, failure);
    auto retrying = retrying_event(writer_.row().attempts, delay, failure);
    {
      std::lock_guard lock(task_->mutex);
      ++task_->failures;
      if (flow_) task_->history = flow_->history();
      task_->history.spend(model_, failure.usage);
      if (has_route_) append_model(retrying.data, "model", model_);
      if (next == Route::Next::next_model)
        append_model(retrying.data, "next_model", task_->route->model(task_->route->current()));
    }
    co_return co_await writer_.retry(std::move(retrying), delay);
  }

  const AttemptContext& context_;
  const LiveTaskPtr task_;
  const std::shared_ptr<AttemptControl> control_;
  AttemptWriter writer_;
  AttemptTurns turns_;
  std::optional<AgentLoop> agent_;  // of a task with tools
  AgentLoop::Next acted_ = AgentLoop::Next::ask_model;
  int failures_ = 0;
  std::string body_;
  std::string model_;
  bool has_route_ = false;
  std::optional<AnswerFlow> flow_;
  AnswerFlow::Next looked_ = AnswerFlow::Next::done;
};

}  // namespace detail

asio::awaitable<AttemptEnd> run_attempt(const AttemptContext& context,
                                        LiveTaskPtr task,
                                        std::shared_ptr<AttemptControl> control,
                                        store::Fence fence,
                                        TurnListener& listener) {
  // An attempt is stopped through its control, which leaves the writing of its end alone.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  detail::Attempt attempt(context, std::move(task), std::move(control), fence, listener);
  co_return co_await attempt.run();
}

}  // namespace taskgate::engine
