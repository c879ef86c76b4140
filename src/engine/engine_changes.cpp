// Submitting, cancelling, purging.

#include "engine/engine_impl.hpp"
#include "engine/model_request.hpp"
#include "taskgate/core/crash_point.hpp"
#include "taskgate/core/sha256.hpp"

namespace taskgate::engine {

namespace asio = boost::asio;

namespace {

store::IdempotencyClaim make_claim(SubmitOptions& options,
                                   const TaskRequest& request,
                                   TimePoint expires_at) {
  store::IdempotencyClaim claim;
  claim.route = std::move(options.route);
  claim.key = std::move(*options.idempotency_key);
  claim.fingerprint = sha256(request.body);
  claim.expires_at = expires_at;
  return claim;
}

// The row and everything that the accepting transaction writes beside it.
store::NewTask make_command(std::string tenant,
                            const TaskRequest& request,
                            SubmitOptions options,
                            const EngineOptions& settings,
                            TimePoint now) {
  store::NewTask command;
  Task& row = command.task;
  row.ref.tenant = std::move(tenant);
  row.ref.id = make_task_id(now);
  if (options.client_id) {
    if (const auto own = parse_task_id(*options.client_id)) {
      row.ref.id = *own;
    } else {
      row.client_id = std::move(options.client_id);
    }
  }
  row.model = request.model;
  row.priority = request.priority;
  row.created_at = now;
  row.not_before = request.not_before;
  row.deadline = request.deadline;
  if (!row.deadline && settings.default_deadline.count() > 0)
    row.deadline = now + settings.default_deadline;
  row.metadata = request.metadata;
  row.tags = request.tags;
  row.last_seq = 1;
  command.request_body = request.body;
  command.queued.type = EventType::task_queued;
  command.queued.at = now;
  if (options.idempotency_key)
    command.idempotency = make_claim(options, request, now + settings.idempotency_ttl);
  if (request.webhook) {
    store::WebhookTarget target;
    target.url = request.webhook->url;
    target.event_mask = request.webhook->event_mask;
    command.webhook = std::move(target);
  }
  return command;
}

// Which of the request's models no provider has. The detail is the JSON pointer of the field.
Error unknown_model(const providers::Registry& registry,
                    const std::string& model,
                    std::string field) {
  std::string message = "unknown model '" + model + "'; configured providers:";
  for (const auto& name : registry.names()) message += " " + name + "/…";
  Error error(Errc::invalid_argument, std::move(message));
  error.with_detail(std::move(field));
  return error;
}

std::optional<Error> check_models(const providers::Registry& registry, const TaskRequest& request) {
  if (!registry.find(request.model)) return unknown_model(registry, request.model, "/model");
  const auto& fallbacks = request.fallback_models;
  for (std::size_t i = 0; i < fallbacks.size(); ++i) {
    if (registry.find(fallbacks[i])) continue;
    return unknown_model(registry, fallbacks[i], "/fallback_models/" + std::to_string(i));
  }
  if (!request.judge_model.empty() && !registry.find(request.judge_model))
    return unknown_model(registry, request.judge_model, "/judge/model");
  return std::nullopt;
}

// A bound in money that nobody can look at would be none.
std::optional<Error> check_prices(const EngineOptions& options, const TaskRequest& request) {
  if (!request.has_budget_usd) return std::nullopt;
  std::vector<std::string> models{request.model};
  models.insert(models.end(), request.fallback_models.begin(), request.fallback_models.end());
  for (const auto& model : models) {
    if (options.price && options.price(model, providers::Usage())) continue;
    Error error(Errc::invalid_argument,
                "the model " + model +
                    " has no price in the configuration (prices), so that a "
                    "budget in US dollars would bound nothing");
    error.with_detail("/budget/usd");
    return error;
  }
  return std::nullopt;
}

}  // namespace

asio::awaitable<Result<Submitted>> Engine::submit(std::string tenant,
                                                  TaskRequest request,
                                                  SubmitOptions options) {
  auto& e = *impl_;
  const auto bytes = request.body.size();
  const bool by_id = options.client_id.has_value();
  if (const auto entered = e.may_enter(tenant, request, options); !entered)
    co_return co_await e.find_known(std::move(tenant), std::move(request), std::move(options),
                                    entered.error());
  const auto retry = std::move(options.retry);
  auto command = make_command(tenant, request, std::move(options), e.options, e.clock.now());
  if (retry) {
    const auto prepared = co_await e.prepare_retry(tenant, *retry, command);
    if (!prepared) {
      e.admission.withdraw(tenant, bytes);
      co_return prepared.error();
    }
  }
  if (command.idempotency) command.idempotency->known_until = e.now_for_keeping();
  auto accepted = co_await e.store.accept(std::move(command));
  if (!accepted || accepted.value().kind != store::AcceptKind::created) {
    e.admission.withdraw(tenant, bytes);
    if (!accepted) co_return accepted.error();
    co_return co_await e.settle_accept(std::move(accepted.value()), std::move(request), by_id);
  }
  TASKGATE_CRASH_POINT("engine.accepted");
  // No suspension from here to the queue: a client that leaves now changes nothing.
  auto task = make_live(accepted.value().task, std::move(request.body), bytes);
  if (!request.fallback_models.empty())
    task->route = std::make_unique<Route>(task->model, std::move(request.fallback_models));
  e.live.insert(task);
  Submitted submitted;
  submitted.view = e.live_view(*task);
  e.scheduler.add(task);
  // 0: a slot was free, it is being started.
  submitted.view.queue_position = e.scheduler.position(*task).value_or(0);
  co_return submitted;
}

Result<void> Engine::Impl::may_enter(const std::string& tenant,
                                     const TaskRequest& request,
                                     const SubmitOptions& submission) {
  if (submission.known_only) return Error(Errc::not_found, "no task has this key or id");
  if (const auto unknown = check_models(registry, request)) return *unknown;
  if (const auto unknown = check_tools(request)) return *unknown;
  if (const auto unpriced = check_prices(options, request)) return *unpriced;
  return admission.enter(tenant, request.body.size());
}

// A full queue, a provider that is gone, a deadline that has passed: none of them may hide from a
// client that retries the task which its first request made.
asio::awaitable<Result<Submitted>> Engine::Impl::find_known(std::string tenant,
                                                            TaskRequest request,
                                                            SubmitOptions submission,
                                                            Error refusal) {
  const bool by_id = submission.client_id.has_value();
  if (!by_id && !submission.idempotency_key) co_return refusal;
  auto command =
      make_command(std::move(tenant), request, std::move(submission), options, clock.now());
  command.known_only = true;
  auto known = co_await store.accept(std::move(command));
  if (!known) co_return known.error().code() == Errc::not_found ? refusal : known.error();
  co_return co_await settle_accept(std::move(known.value()), std::move(request), by_id);
}

asio::awaitable<Result<Submitted>> Engine::Impl::settle_accept(store::AcceptOutcome outcome,
                                                               TaskRequest request,
                                                               bool by_id) {
  const auto ref = outcome.task.ref;
  if (outcome.kind != store::AcceptKind::key_replayed) {
    // The fingerprint is of the raw bytes; the same request may be spelled differently.
    const auto original = co_await store.request_body(ref);
    if (!original) co_return original.error();  // Errc::gone: there is nothing left to compare with
    if (!same_request(original.value(), request.body)) {
      if (by_id)
        co_return Error(Errc::conflict,
                        "this id belongs to a task with another body; choose a new id");
      co_return Error(
          Errc::unprocessable,
          "this Idempotency-Key was used with another body; use a new key for a new request");
    }
  }
  auto seen = co_await view(ref);
  if (!seen) co_return seen.error();
  Submitted submitted;
  submitted.view = std::move(seen.value());
  submitted.created = false;
  co_return submitted;
}

asio::awaitable<Result<TaskView>> Engine::cancel(std::string tenant, std::string public_id) {
  auto& e = *impl_;
  auto ref = co_await e.resolve(std::move(tenant), std::move(public_id));
  if (!ref) co_return ref.error();
  const auto marked = co_await e.store.request_cancel(ref.value());
  if (!marked) co_return marked.error();
  auto task = e.live.find(ref.value());
  if (!task && !is_final(marked.value().task.status)) task = e.live.note_cancel(ref.value());
  if (task) e.scheduler.cancel(task);
  co_return co_await e.view(std::move(ref.value()));
}

asio::awaitable<Result<void>> Engine::purge(std::string tenant, std::string public_id) {
  auto& e = *impl_;
  auto ref = co_await e.resolve(std::move(tenant), std::move(public_id));
  if (!ref) co_return ref.error();
  const auto purged = co_await e.store.purge(ref.value());
  e.finished.erase(ref.value());
  if (!purged) co_return purged.error();
  co_return Result<void>();
}

}  // namespace taskgate::engine
