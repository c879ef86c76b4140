#include "engine/attempt.hpp"
#include "engine/model_request.hpp"

#include <boost/asio/this_coro.hpp>

#include <memory>
#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;

namespace {

// Whether the log may show more of the task than its acceptance.
bool may_have_history(const LiveTask& task, bool has_route) {
  std::lock_guard lock(task.mutex);
  return has_route || task.mirror.attempts > 0;
}

}  // namespace

// Every change of model stands in a task.retrying event; the log is the only place where it does.
asio::awaitable<bool> learn_route(const AttemptContext& context, LiveTaskPtr task) {
  constexpr int kRoutePageEvents = 1000;
  constexpr std::size_t kRoutePageBytes = 4U << 20;
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const auto body = co_await context.store.request_body(task->ref);
  if (!body) co_return false;
  auto fallbacks = fallback_models(body.value());
  std::unique_ptr<Route> route;
  if (!fallbacks.empty()) route = std::make_unique<Route>(task->model, std::move(fallbacks));
  AnswerHistory history;
  std::uint64_t after = 0;
  for (bool more = may_have_history(*task, route != nullptr); more;) {
    const auto page =
        co_await context.store.events(task->ref, after, kRoutePageEvents, kRoutePageBytes);
    if (!page) co_return false;
    more = !page.value().events.empty();
    for (const auto& event : page.value().events) {
      if (route && event.type == EventType::task_retrying) route->replay(event.data);
      history.replay(event);
      after = event.seq;
    }
  }
  std::lock_guard lock(task->mutex);
  task->route = std::move(route);
  task->history = std::move(history);
  task->route_known = true;
  co_return true;
}

}  // namespace taskgate::engine
