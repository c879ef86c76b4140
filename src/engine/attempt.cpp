#include "engine/attempt.hpp"

#include "engine/attempt_start.hpp"
#include "engine/backoff.hpp"
#include "engine/delta_log.hpp"
#include "engine/finisher.hpp"
#include "engine/model_request.hpp"
#include "engine/model_turn.hpp"
#include "taskgate/core/crash_point.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;
using providers::Failure;
using providers::FailureClass;
using providers::TurnOutcome;

namespace {

constexpr std::chrono::milliseconds kStorageRetry{500};

}  // namespace

// Not in the anonymous namespace: a coroutine's frame holds one, and in a unity build g++ warns of
// frames with members of internal linkage (-Wsubobject-linkage).
namespace detail {

class Attempt {
 public:
  Attempt(const AttemptContext& context,
          LiveTaskPtr task,
          std::shared_ptr<AttemptControl> control,
          store::Fence fence,
          TurnListener& listener)
      : context_(context),
        listener_(listener),
        task_(std::move(task)),
        control_(std::move(control)),
        fence_(fence),
        start_(std::make_shared<AttemptStart>(context.store, control_)),
        log_(context.store, context.clock, task_->ref, fence, control_) {}
  ~Attempt() { (void)start_->take(); }  // what it has posted may still come
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  asio::awaitable<AttemptEnd> run() {
    // Nothing is paid for while nothing can be written down.
    if (!context_.store.health().writable) co_return give_back(StopReason::storage);
    auto body = co_await load_body();
    if (!body) co_return give_back(StopReason::storage);
    body_ = std::move(body.value());
    if (!is_route_known()) {
      const bool learned = co_await learn_route(context_, task_);
      if (!learned) co_return give_back(StopReason::storage);
      if (is_elsewhere()) co_return choose_again();
    }
    auto start = begin();
    if (refused_starts_ > 0) {
      const auto started = co_await context_.store.start(std::move(start));
      if (!started) co_return give_back(StopReason::storage);
    } else {
      start_->submit_soon(std::move(start));
    }
    TASKGATE_CRASH_POINT("engine.before_turn");
    auto outcome = co_await take_turn();
    TASKGATE_CRASH_POINT("engine.after_turn");
    co_return co_await conclude(std::move(outcome));
  }

 private:
  store::StartAttempt begin() {
    started_at_ = context_.clock.now();
    {
      std::lock_guard lock(task_->mutex);
      row_ = task_->mirror;
      failures_ = task_->failures;
      refused_starts_ = task_->refused_starts;
      model_ = task_->chosen_model();
      if (task_->route) task_->route->note_passed_over(task_->choice);
      has_route_ = task_->route != nullptr;
    }
    ++row_.attempts;
    row_.status = TaskStatus::running;
    if (!row_.started_at) row_.started_at = started_at_;
    store::StartAttempt start;
    start.ref = task_->ref;
    start.fence = fence_;
    start.at = started_at_;
    EventDraft running;
    running.type = EventType::task_running;
    running.at = started_at_;
    running.data = R"("attempt":)" + std::to_string(row_.attempts);
    if (has_route_) append_model(running.data, "model", model_);
    start.events.push_back(std::move(running));
    return start;
  }

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

  asio::awaitable<std::optional<TurnOutcome>> take_turn() {
    auto request = build_model_request(body_);
    const auto target = context_.registry.find(model_);
    if (!request) co_return local_failure(FailureClass::caller, request.error().message());
    if (!target)
      co_return local_failure(FailureClass::caller,
                              "the model's provider is not configured any more");
    if (control_->reason() != StopReason::none) co_return std::nullopt;
    auto& turn = request.value();
    turn.model = target->model;
    turn.task_id = task_->public_id;
    turn.attempt = row_.attempts;
    wants_json_ = !turn.output_schema.empty();
    limit_time();
    turn_started_ = context_.clock.now();
    const auto begun = std::chrono::steady_clock::now();
    // A stop cancels the provider's turn where it waits, and nothing else of the attempt.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    auto outcome = co_await guarded_turn(*target->provider, std::move(turn), sink());
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    upstream_ = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begun);
    control_->let_run();
    report_ = report_of(outcome, control_->reason(), upstream_);
    listener_.on_turn_end(report_);
    co_return outcome;
  }

  providers::DeltaSink& sink() {
    if (!listener_.wants_first_output()) return log_;
    return first_output_.emplace(log_, [this] { listener_.on_first_output(); });
  }

  void limit_time() {
    auto limit = context_.options.attempt_timeout;
    auto reason = StopReason::attempt_timeout;
    if (row_.deadline) {
      const auto left =
          std::max(*row_.deadline - context_.clock.now(), std::chrono::milliseconds{0});
      if (left <= limit) {
        limit = left;
        reason = StopReason::deadline;
      }
    }
    control_->stop_after(limit, reason);
  }

  asio::awaitable<AttemptEnd> conclude(std::optional<TurnOutcome> outcome) {
    const bool logged = co_await log_.settle();
    if (!logged) co_return co_await requeue(StopReason::storage);
    if (outcome && outcome->turn() != nullptr)
      co_return co_await finish(answered_result(std::move(*outcome->turn()), wants_json_));
    switch (control_->reason()) {
      case StopReason::cancel:
        co_return co_await finish(stopped(TaskStatus::cancelled));
      case StopReason::deadline:
        co_return co_await finish(stopped(TaskStatus::expired));
      case StopReason::shutdown:
        co_return co_await requeue(StopReason::shutdown);
      case StopReason::storage:
        co_return co_await requeue(StopReason::storage);
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
    co_return co_await finish(failed_result(failure, log_.text()));
  }

  Route::Next next_step(const Failure& failure) {
    const bool late = row_.deadline && *row_.deadline <= context_.clock.now();
    const int max_attempts = context_.options.max_attempts;
    std::lock_guard lock(task_->mutex);
    if (task_->route) {
      failures_ = task_->route->failures(task_->choice);  // the back-off is of one model
      const auto next = task_->route->after_failure(task_->choice, failure, max_attempts);
      return late ? Route::Next::end : next;
    }
    const bool again = failure.retryable() && failures_ + 1 < max_attempts && !late;
    return again ? Route::Next::same_model : Route::Next::end;
  }

  FinalResult stopped(TaskStatus status) {
    auto result = stopped_result(status, context_.clock.now());
    result.text = log_.text();
    return result;
  }

  asio::awaitable<AttemptEnd> finish(FinalResult result) {
    result.finished_at = context_.clock.now();
    const auto ttl = result_ttl_seconds(body_);
    result.expires_at =
        result.finished_at + (ttl ? std::chrono::seconds{*ttl} : context_.options.result_ttl);
    result.turn_started_at = turn_started_;
    result.upstream = upstream_;
    if (has_route_) take_path(result);
    auto command = make_finish(row_, fence_, result, log_.take_rest());
    if (auto start = start_->take()) {
      command.started_at = start->at;
      command.events.insert(command.events.begin(), std::make_move_iterator(start->events.begin()),
                            std::make_move_iterator(start->events.end()));
    }
    for (;;) {
      auto copy = command;
      const auto written = co_await context_.store.finish(std::move(copy));
      AttemptEnd end;
      if (written) {
        TASKGATE_CRASH_POINT("engine.after_finish");
        end.kind = AttemptEnd::Kind::finished;
        end.status = result.status;
        co_return end;
      }
      if (start_->refused())
        co_return give_back(StopReason::storage);  // nothing of this attempt is on disk
      if (!may_pass(written.error()) || context_.stopping) co_return end;
      co_await pause(kStorageRetry);
    }
  }

  void take_path(FinalResult& result) {
    std::lock_guard lock(task_->mutex);
    if (!report_.failure && report_.reached) task_->route->note_answer(task_->choice);
    result.path = task_->route->path();
    result.model_used = model_;
  }

  // The storage may come back: keep the result in hand until it does.
  static bool may_pass(const Error& error) {
    return error.code() == Errc::storage || error.code() == Errc::overloaded;
  }

  std::chrono::milliseconds delay_before(Route::Next next, const Failure& failure) const {
    if (next == Route::Next::next_model) return std::chrono::milliseconds{0};
    const BackoffPolicy policy{context_.options.backoff_base, context_.options.backoff_max,
                               kLongestRetryAfter};
    return backoff_delay(policy, failures_ + 1, failure.retry_after, uniform01());
  }

  asio::awaitable<AttemptEnd> retry(Failure failure, Route::Next next) {
    const auto delay = delay_before(next, failure);
    auto retrying = retrying_event(row_.attempts, delay, failure);
    {
      std::lock_guard lock(task_->mutex);
      ++task_->failures;
      if (has_route_) append_model(retrying.data, "model", model_);
      if (next == Route::Next::next_model)
        append_model(retrying.data, "next_model", task_->route->model(task_->route->current()));
    }
    const auto command =
        make_requeue(context_.clock.now() + delay, std::move(retrying), "retry", true);
    co_return co_await write_requeue(command);
  }

  // Back to the queue without counting a failure: it was the gateway that gave up.
  asio::awaitable<AttemptEnd> requeue(StopReason reason) {
    if (start_->refused()) co_return give_back(reason);
    EventDraft retrying;
    retrying.type = EventType::task_retrying;
    retrying.data = R"("attempt":)" + std::to_string(row_.attempts);
    retrying.data +=
        reason == StopReason::shutdown ? R"(,"reason":"shutdown")" : R"(,"reason":"storage")";
    const auto command =
        make_requeue(context_.clock.now(), std::move(retrying), "interrupted", false);
    co_return co_await write_requeue(command);
  }

  store::Requeue make_requeue(TimePoint not_before,
                              EventDraft retrying,
                              const char* why,
                              bool failure) {
    store::Requeue requeue;
    requeue.ref = task_->ref;
    requeue.fence = fence_;
    requeue.not_before = not_before;
    requeue.counts_as_failure = failure;
    (void)log_.take_rest();  // void like the rest of this attempt's text
    retrying.at = context_.clock.now();
    if (log_.wrote_text()) {
      EventDraft reset;
      reset.type = EventType::output_reset;
      reset.at = retrying.at;
      reset.data = std::string(R"("reason":")") + why + '"';
      requeue.events.push_back(std::move(reset));
    }
    requeue.events.push_back(std::move(retrying));
    return requeue;
  }

  asio::awaitable<AttemptEnd> write_requeue(store::Requeue command) {
    if (auto start = start_->take()) {
      // Only what runs on disk can go back from there to the queue.
      const auto started = co_await context_.store.start(std::move(*start));
      if (!started) co_return give_back(StopReason::storage);
    }
    for (;;) {
      auto copy = command;
      const auto written = co_await context_.store.requeue(std::move(copy));
      AttemptEnd end;
      if (written) {
        TASKGATE_CRASH_POINT("engine.after_requeue");
        end.kind = AttemptEnd::Kind::again;
        end.ready_at = command.not_before;
        std::lock_guard lock(task_->mutex);
        task_->refused_starts = 0;
        co_return end;
      }
      if (start_->refused()) co_return give_back(StopReason::storage);
      if (!may_pass(written.error()) || context_.stopping) co_return end;
      co_await pause(kStorageRetry);
    }
  }

  // The task never left the queue on disk: only this process's queue has to take it again.
  AttemptEnd give_back(StopReason reason) const {
    AttemptEnd end;
    if (context_.stopping || reason == StopReason::shutdown) return end;
    std::lock_guard lock(task_->mutex);
    const int doublings = std::min(task_->refused_starts++, 5);
    end.kind = AttemptEnd::Kind::again;
    end.ready_at = context_.clock.now() + std::chrono::seconds{1 << doublings};
    return end;
  }

  asio::awaitable<void> pause(std::chrono::milliseconds delay) {
    asio::steady_timer timer(control_->strand(), delay);
    auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)error;  // cancelled or over: the caller looks again either way
  }

  const AttemptContext& context_;
  TurnListener& listener_;
  const LiveTaskPtr task_;
  const std::shared_ptr<AttemptControl> control_;
  const store::Fence fence_;
  const std::shared_ptr<AttemptStart> start_;  // shared with what it posts
  DeltaLog log_;
  std::optional<FirstOutput> first_output_;
  Task row_;
  int failures_ = 0;
  int refused_starts_ = 0;
  std::string body_;
  std::string model_;
  bool has_route_ = false;
  AttemptReport report_;
  bool wants_json_ = false;
  TimePoint started_at_{};
  std::optional<TimePoint> turn_started_;
  std::chrono::milliseconds upstream_{0};
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
