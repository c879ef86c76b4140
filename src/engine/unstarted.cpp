#include "engine/agent/agent_report.hpp"
#include "engine/agent/agent_request.hpp"
#include "engine/answer/merged_steps.hpp"
#include "engine/attempt.hpp"
#include "engine/finisher.hpp"
#include "engine/model_request.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;

namespace {

Finding held_too_long(HoldReason reason) {
  return {"provider_error",
          "the task was held back until its patience ended, because the model's upstream kept "
          "failing",
          "error",
          "retry_later",
          "provider",
          std::string("held by: ") + to_string(reason)};
}

bool may_pass_soon(const Error& error) {
  return error.code() == Errc::storage || error.code() == Errc::overloaded;
}

// The scheduler looks again, and finds the same reason to end the task.
AttemptEnd look_again(TimePoint now) {
  AttemptEnd end;
  end.kind = AttemptEnd::Kind::again;
  end.ready_at = now + std::chrono::seconds{1};
  return end;
}

}  // namespace

asio::awaitable<AttemptEnd> finish_unstarted(const AttemptContext& context,
                                             LiveTaskPtr task,
                                             TaskStatus status) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  Task row;
  std::string body;
  std::string path;
  AnswerHistory history;
  auto held = HoldReason::none;
  {
    std::lock_guard lock(task->mutex);
    row = task->mirror;
    body = task->body;
    if (task->route) path = task->route->path();
    history = task->history;
    const bool gave_up = task->hold_until && *task->hold_until <= context.clock.now();
    if (gave_up && status == TaskStatus::failed) held = task->held;
  }
  if (body.empty()) {
    auto loaded = co_await context.store.request_body(row.ref);
    if (loaded) body = std::move(loaded.value());
    if (!loaded && may_pass_soon(loaded.error())) co_return look_again(context.clock.now());
  }
  auto result = stopped_result(status, context.clock.now());
  if (held != HoldReason::none) result.findings = {held_too_long(held)};
  result.path = std::move(path);
  result.steps = std::move(history.steps);
  result.usage = history.usage;
  result.spent = history.spent;
  if (!read_agent_request(body).tools.empty()) {
    const auto journal = co_await context.store.journal().read(row.ref);
    // The end is written once: without the journal it would never tell of its calls.
    if (!journal && may_pass_soon(journal.error())) co_return look_again(context.clock.now());
    if (journal) {
      const AgentReport report{journal.value().turns, journal.value().calls,
                               journal.value().turns.size()};
      const auto own = result.findings.size();
      describe_agent(report, result);
      merge_steps(result, own);
    }
  }
  result.cost_usd = result.spent.cost(context.options.price, row.model);
  const auto ttl = result_ttl_seconds(body);
  result.expires_at =
      result.finished_at + (ttl ? std::chrono::seconds{*ttl} : context.options.result_ttl);
  AttemptEnd end;
  auto command = make_finish(row, std::nullopt, result, {});
  const auto written = co_await context.store.finish(std::move(command));
  if (written) {
    end.kind = AttemptEnd::Kind::finished;
    end.status = status;
  } else if (may_pass_soon(written.error())) {
    end = look_again(context.clock.now());
  }
  co_return end;
}

}  // namespace taskgate::engine
