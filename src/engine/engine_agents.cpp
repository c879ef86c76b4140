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
