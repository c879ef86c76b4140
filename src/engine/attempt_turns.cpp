#include "engine/attempt_turns.hpp"

#include "engine/agent/agent_loop.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;
using providers::FailureClass;
using providers::TurnOutcome;

asio::awaitable<std::optional<TurnOutcome>> AttemptTurns::take(const Conversation& conversation) {
  auto request = conversation.request();
  auto& to = sink();
  auto outcome = co_await run(std::move(request), to);
  co_return outcome;
}

asio::awaitable<SideTurn> AttemptTurns::take_sample(const Conversation& conversation, int sample) {
  auto request = conversation.request();
  if (request.seed) *request.seed += sample - 1;  // with one seed all would be the same
  SilentSink silent;
  SideTurn side;
  const auto own = report_;
  side.outcome = co_await run(std::move(request), silent);
  go_on_without(side.outcome);
  side.timing = timing_;
  report_ = own;  // the path tells of the turn that the clients saw
  unrecorded_ = false;
  co_return side;
}

// Beside flow control: the judge has a lane of its own only where it answers tasks.
asio::awaitable<SideTurn> AttemptTurns::ask(std::string model, providers::ModelRequest request) {
  SideTurn side;
  const auto target = context_.registry.find(model);
  if (!target) {
    side.outcome = local_failure(FailureClass::caller, "no provider has this model any more");
    co_return side;
  }
  if (control_.reason() != StopReason::none) co_return side;
  request.model = target->model;
  request.task_id = task_.public_id;
  SilentSink silent;
  side.timing.started_at = context_.clock.now();
  side.outcome = co_await timed(*target->provider, std::move(request), silent, side.timing);
  go_on_without(side.outcome);
  co_return side;
}

// A turn taken aside that takes too long is that turn's failure, and not the answer's.
void AttemptTurns::go_on_without(std::optional<TurnOutcome>& aside) {
  if (aside || control_.reason() != StopReason::attempt_timeout) return;
  control_.forgive_timeout();
  aside = local_failure(FailureClass::timeout, "the turn took longer than an attempt may take");
}

bool AttemptTurns::may_go_on() const {
  const auto deadline = writer_.row().deadline;
  const bool late = deadline && *deadline <= context_.clock.now();
  const bool has_acted = agent_ != nullptr && agent_->has_written();
  return !late && !has_acted && control_.reason() == StopReason::none;
}

asio::awaitable<std::optional<TurnOutcome>> AttemptTurns::run(providers::ModelRequest turn,
                                                              providers::DeltaSink& to) {
  const auto target = context_.registry.find(model_);
  if (!target)
    co_return local_failure(FailureClass::caller,
                            "the model's provider is not configured any more");
  if (control_.reason() != StopReason::none) co_return std::nullopt;
  turn.model = target->model;
  turn.task_id = task_.public_id;
  turn.attempt = writer_.row().attempts;
  if (turns_++ > 0) listener_.on_turn_begin();
  timing_.started_at = context_.clock.now();
  if (!started_at_) started_at_ = timing_.started_at;
  unrecorded_ = true;
  auto outcome = co_await timed(*target->provider, std::move(turn), to, timing_);
  upstream_ += timing_.took;
  report_ = report_of(outcome, control_.reason(), timing_.took);
  listener_.on_turn_end(report_);
  co_return outcome;
}

asio::awaitable<std::optional<TurnOutcome>> AttemptTurns::timed(providers::Provider& provider,
                                                                providers::ModelRequest turn,
                                                                providers::DeltaSink& to,
                                                                TurnTiming& timing) {
  limit_time();
  const auto begun = std::chrono::steady_clock::now();
  // A stop cancels the provider's turn where it waits, and nothing else of the attempt.
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  auto outcome = co_await guarded_turn(provider, std::move(turn), to);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  timing.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun);
  control_.let_run();
  co_return outcome;
}

providers::DeltaSink& AttemptTurns::sink() {
  if (turns_ > 0 || !listener_.wants_first_output()) return writer_.log();
  return first_output_.emplace(writer_.log(), [this] { listener_.on_first_output(); });
}

void AttemptTurns::limit_time() {
  auto limit = context_.options.attempt_timeout;
  auto reason = StopReason::attempt_timeout;
  if (writer_.row().deadline) {
    const auto left =
        std::max(*writer_.row().deadline - context_.clock.now(), std::chrono::milliseconds{0});
    if (left <= limit) {
      limit = left;
      reason = StopReason::deadline;
    }
  }
  control_.stop_after(limit, reason);
}

}  // namespace taskgate::engine
