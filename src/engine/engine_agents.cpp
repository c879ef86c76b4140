// What the engine does for agents' tasks beside running them: checks the tools that a request
// names, takes answers, shows the journal.

#include "engine/agent/agent_report.hpp"
#include "engine/agent/input_answer.hpp"
#include "engine/engine_impl.hpp"
#include "taskgate/core/crash_point.hpp"
#include "taskgate/core/suggest.hpp"

#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;

std::optional<Error> Engine::Impl::check_tools(const TaskRequest& request) const {
  for (std::size_t i = 0; i < request.tools.size(); ++i) {
    const auto& name = request.tools[i];
    if (agents.toolbox.find(name) != nullptr) continue;
    const auto names = agents.toolbox.names();
    const std::vector<std::string_view> known(names.begin(), names.end());
    std::string message = "unknown tool '" + name + "'" + did_you_mean(name, known);
    message += known.empty() ? "; no tools are configured" : "; configured tools:";
    for (const auto tool : known) message += " " + std::string(tool);
    Error error(Errc::invalid_argument, std::move(message));
    error.with_detail("/tools/" + std::to_string(i));
    return error;
  }
  return std::nullopt;
}

namespace {

// A retry makes the writes from its step on anew, under keys of its own: one that may have been
// executed must be found out about first, wherever it stands.
std::optional<Error> unknown_call(const store::TaskJournal& journal, int from_step) {
  for (const auto& call : journal.calls) {
    const bool is_known =
        store::is_settled(call.state) || call.state == store::CallState::failed_definite;
    const bool is_reused = call.place.turn < from_step;
    if (is_unresolved_write(call))
      return Error(Errc::conflict,
                   "nobody knows whether the write " + call.plan.key + " of step " +
                       std::to_string(call.place.turn) +
                       " was executed, and a retry could execute it twice: find out, and say it "
                       "with POST /tasks/{id}/input and resolve");
    if (is_reused && !is_known)
      return Error(Errc::conflict, "the call " + call.plan.key + " of step " +
                                       std::to_string(call.place.turn) +
                                       " has no outcome: retry from that step, or an earlier one");
  }
  return std::nullopt;
}

}  // namespace

// Steps are reused only when what they did is known.
asio::awaitable<Result<void>> Engine::Impl::prepare_retry(std::string tenant,
                                                          RetryOf retry,
                                                          store::NewTask& command) {
  auto ref = co_await resolve(std::move(tenant), retry.public_id);
  if (!ref) co_return ref.error();
  const auto from = ref.value().id;
  const auto journal = co_await store.journal().read(std::move(ref.value()));
  if (!journal) co_return journal.error();
  if (!is_final(journal.value().status))
    co_return Error(Errc::conflict, "the task is not finished: cancel it first");
  const int steps = static_cast<int>(journal.value().turns.size());
  if (retry.from_step > steps + 1)
    co_return Error(Errc::unprocessable, "the task has taken " + std::to_string(steps) +
                                             " steps that can be reused, so from_step is at most " +
                                             std::to_string(steps + 1));
  if (auto unknown = unknown_call(journal.value(), retry.from_step)) co_return *unknown;
  command.task.retry_of = std::move(retry.public_id);
  store::JournalCopy copy;
  copy.from = from;
  copy.turns = retry.from_step - 1;
  command.journal = copy;
  co_return Result<void>();
}

asio::awaitable<Result<TaskView>> Engine::answer(std::string tenant,
                                                 std::string public_id,
                                                 TaskInput input) {
  constexpr int kTries = 8;  // others may answer at the same time; each moves the task on
  auto& e = *impl_;
  auto ref = co_await e.resolve(std::move(tenant), std::move(public_id));
  if (!ref) co_return ref.error();
  for (int tries = 1;; ++tries) {
    const auto journal = co_await e.store.journal().read(ref.value());
    if (!journal) co_return journal.error();
    if (is_final(journal.value().status)) {
      const auto noted = co_await e.note_resolution(ref.value(), journal.value(), input);
      if (!noted) co_return noted.error();
      co_return co_await e.view(std::move(ref.value()));
    }
    auto answer = make_answer(ref.value(), journal.value(), e.agents.toolbox, input, e.clock.now());
    if (!answer) co_return answer.error();
    const auto status = co_await e.store.journal().answer(std::move(answer.value()));
    if (!status && status.error().code() == Errc::conflict && tries < kTries) continue;
    if (!status) co_return status.error();
    TASKGATE_CRASH_POINT("agent.answered");
    if (status.value() == TaskStatus::queued) {
      if (const auto task = e.live.find(ref.value())) e.scheduler.add(task);
    }
    co_return co_await e.view(std::move(ref.value()));
  }
}

// The task's final object stays as it was; its journal, and so a retry, knows better.
asio::awaitable<Result<void>> Engine::Impl::note_resolution(const TaskRef& ref,
                                                            const store::TaskJournal& journal,
                                                            const TaskInput& input) {
  auto fact = make_resolution(ref, journal, input, clock.now());
  if (!fact) co_return fact.error();
  const auto recorded = co_await store.journal().record_outcome(std::move(fact.value()));
  if (!recorded) co_return recorded.error();
  if (!recorded.value().applied)
    co_return Error(Errc::conflict, "the outcome of this call is known by now");
  co_return Result<void>();
}

asio::awaitable<Result<std::string>> Engine::steps(std::string tenant, std::string public_id) {
  auto& e = *impl_;
  auto ref = co_await e.resolve(std::move(tenant), std::move(public_id));
  if (!ref) co_return ref.error();
  const auto journal = co_await e.store.journal().read(std::move(ref.value()));
  if (!journal) co_return journal.error();
  int index = 1;
  co_return '[' + steps_json(journal.value().turns, journal.value().calls, index) + ']';
}

asio::awaitable<Result<std::string>> Engine::tool_calls(std::string tenant, std::string public_id) {
  auto& e = *impl_;
  auto ref = co_await e.resolve(std::move(tenant), std::move(public_id));
  if (!ref) co_return ref.error();
  const auto journal = co_await e.store.journal().read(std::move(ref.value()));
  if (!journal) co_return journal.error();
  co_return calls_json(journal.value().calls);
}

}  // namespace taskgate::engine
