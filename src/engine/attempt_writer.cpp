#include "engine/attempt_writer.hpp"

#include "engine/finisher.hpp"
#include "engine/model_turn.hpp"
#include "taskgate/core/crash_point.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kStorageRetry{500};

// The storage may come back: keep what is to be written in hand until it does.
bool may_pass(const Error& error) {
  return error.code() == Errc::storage || error.code() == Errc::overloaded;
}

}  // namespace

AttemptWriter::AttemptWriter(const AttemptContext& context,
                             LiveTaskPtr task,
                             std::shared_ptr<AttemptControl> control,
                             store::Fence fence)
    : context_(context),
      task_(std::move(task)),
      control_(std::move(control)),
      fence_(fence),
      start_(std::make_shared<AttemptStart>(context.store, control_)),
      log_(context.store, context.clock, task_->ref, fence, control_) {}

asio::awaitable<bool> AttemptWriter::begin() {
  auto start = make_start();
  int refused_starts = 0;
  {
    std::lock_guard lock(task_->mutex);
    refused_starts = task_->refused_starts;
  }
  if (refused_starts == 0) {
    start_->submit_soon(std::move(start));
    co_return true;
  }
  const auto started = co_await context_.store.start(std::move(start));
  co_return started.has_value();
}

store::StartAttempt AttemptWriter::make_start() {
  const auto now = context_.clock.now();
  std::string model;
  {
    std::lock_guard lock(task_->mutex);
    row_ = task_->mirror;
    if (task_->route) {
      task_->route->note_passed_over(task_->choice);
      model = task_->chosen_model();
    }
  }
  ++row_.attempts;
  row_.status = TaskStatus::running;
  if (!row_.started_at) row_.started_at = now;
  EventDraft running;
  running.type = EventType::task_running;
  running.at = now;
  running.data = R"("attempt":)" + std::to_string(row_.attempts);
  if (!model.empty()) append_model(running.data, "model", model);
  store::StartAttempt start;
  start.ref = task_->ref;
  start.fence = fence_;
  start.at = now;
  start.events.push_back(std::move(running));
  return start;
}

asio::awaitable<AttemptEnd> AttemptWriter::finish(FinalResult result) {
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

asio::awaitable<AttemptEnd> AttemptWriter::retry(EventDraft retrying,
                                                 std::chrono::milliseconds delay) {
  const auto command =
      make_requeue(context_.clock.now() + delay, std::move(retrying), "retry", true);
  co_return co_await write_requeue(command);
}

asio::awaitable<AttemptEnd> AttemptWriter::requeue(StopReason reason) {
  if (start_->refused()) co_return give_back(reason);
  EventDraft retrying;
  retrying.type = EventType::task_retrying;
  retrying.data = R"("attempt":)" + std::to_string(row_.attempts);
  const char* why = R"(,"reason":"storage")";
  if (reason == StopReason::shutdown) why = R"(,"reason":"shutdown")";
  if (reason == StopReason::lease) why = R"(,"reason":"lease_lost")";
  retrying.data += why;
  const auto command =
      make_requeue(context_.clock.now(), std::move(retrying), "interrupted", false);
  co_return co_await write_requeue(command);
}

store::Requeue AttemptWriter::make_requeue(TimePoint not_before,
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

asio::awaitable<AttemptEnd> AttemptWriter::write_requeue(store::Requeue command) {
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

AttemptEnd AttemptWriter::give_back(StopReason reason) const {
  AttemptEnd end;
  if (context_.stopping || reason == StopReason::shutdown) return end;
  std::lock_guard lock(task_->mutex);
  const int doublings = std::min(task_->refused_starts++, 5);
  end.kind = AttemptEnd::Kind::again;
  end.ready_at = context_.clock.now() + std::chrono::seconds{1 << doublings};
  return end;
}

asio::awaitable<void> AttemptWriter::pause(std::chrono::milliseconds delay) {
  asio::steady_timer timer(control_->strand(), delay);
  auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  (void)error;  // cancelled or over: the caller looks again either way
}

}  // namespace taskgate::engine
