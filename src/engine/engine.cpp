#include "taskgate/engine/engine.hpp"

#include "engine/backoff.hpp"
#include "engine/engine_impl.hpp"
#include "taskgate/runtime/periodic.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kPollSoon{500};
constexpr std::chrono::milliseconds kPollDefault{1'000};
constexpr std::chrono::milliseconds kPollLongest{10'000};
constexpr int kPurgeBatch = 256;
// How long an id whose content has expired still answers 410, and its deliveries are listed.
constexpr std::chrono::hours kForgetAfter{30 * 24};

}  // namespace

AdmissionLimits admission_limits(const EngineOptions& options) {
  AdmissionLimits limits;
  limits.max_live_tasks = options.max_live_tasks;
  limits.max_live_bytes = options.max_live_bytes;
  limits.max_live_tasks_per_tenant = options.max_live_tasks_per_tenant;
  return limits;
}

LiveTaskPtr make_live(const Task& row, std::string body, std::size_t body_bytes) {
  // Not make_shared: a timer's weak reference must not keep the task's memory.
  std::shared_ptr<LiveTask> live(new LiveTask);
  live->ref = row.ref;
  live->public_id = row.public_id();
  live->model = row.model;
  live->priority = row.priority;
  live->created_at = row.created_at;
  live->deadline = row.deadline;
  live->body_bytes = body_bytes;
  live->mirror = row;
  live->body = std::move(body);
  live->ready_at = row.not_before.value_or(TimePoint{});
  return live;
}

Engine::Engine(store::Store& store,
               const Clock& clock,
               const providers::Registry& registry,
               asio::any_io_executor workers,
               EngineOptions options,
               std::function<void()> on_deliveries,
               runtime::ErrorReporter reporter)
    : impl_(std::make_unique<Impl>(store,
                                   clock,
                                   registry,
                                   std::move(workers),
                                   options,
                                   std::move(on_deliveries),
                                   std::move(reporter))) {}

Engine::~Engine() {
  drain(std::chrono::milliseconds{0});
}

// --- life --------------------------------------------------------------------------------------

Result<void> Engine::start() {
  auto& e = *impl_;
  e.store.observe(this);
  const auto now = e.clock.now();
  auto recovered = e.store.recover(now);
  if (!recovered) return recovered.error();
  e.seed_history();
  std::vector<LiveTaskPtr> tasks;
  tasks.reserve(recovered.value().size());
  const auto latest = now + longest_backoff(e.options.backoff_max);
  for (auto& found : recovered.value()) {
    auto task = make_live(found.task, {}, 0);
    task->failures = found.failures;
    // A backoff longer than any: the clock was set back since. It is over.
    if (found.task.attempts > 0 && task->ready_at > latest) task->ready_at = now;
    task->route_known = false;
    e.admission.restore(task->ref.tenant, 0);
    e.live.insert(task);
    tasks.push_back(std::move(task));
  }
  for (const auto& task : tasks) e.scheduler.add(task);
  auto strand = asio::make_strand(e.workers);
  auto run_once = [&e] { return e.retention(); };
  e.loops.spawn(
      "retention", strand, runtime::OnError::log,
      runtime::run_every("retention", e.options.retention_interval, run_once, e.reporter));
  auto beat = [&e]() -> asio::awaitable<void> {
    e.lease.renew();
    co_return;
  };
  e.loops.spawn("lease", asio::make_strand(e.workers), runtime::OnError::log,
                runtime::run_every("lease", e.lease.heartbeat(), beat, e.reporter));
  return {};
}

void Engine::begin_drain() {
  impl_->draining = true;
}

void Engine::drain(std::chrono::milliseconds grace) {
  auto& e = *impl_;
  if (std::exchange(e.drained, true)) return;
  e.draining = true;
  e.loops.request_stop();
  // Until the grace is over an attempt waits for a disk that is not well; then it gives up.
  e.scheduler.stop(grace, [&e] { e.stopping = true; });
  // What is live now stays so until the next start: nobody is kept waiting for it.
  Peal peal;
  e.hub.close(peal);
  e.live.ring_all(peal);
  peal.ring();
  e.loops.wait();
}

// Estimates outlive a restart: what the last tasks took stands in their rows.
void Engine::Impl::seed_history() {
  constexpr int kRows = 256;
  auto reading = asio::co_spawn(workers, store.recent_durations(kRows), asio::use_future);
  const auto recent = reading.get();
  if (!recent) return;  // estimates begin anew; nothing depends on them
  for (auto row = recent.value().rbegin(); row != recent.value().rend(); ++row) {
    history.record(row->first, std::max<std::int64_t>(row->second, 0));
  }
}

// What is kept for a while is kept that long also when the wall clock is set forward in the
// meantime: not later than the steady clock says since the start.
TimePoint Engine::Impl::now_for_keeping() const {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started_at_steady);
  return std::min(clock.now(), started_at + passed);
}

asio::awaitable<void> Engine::Impl::retention() {
  const auto now = now_for_keeping();
  for (;;) {
    const auto purged = co_await store.purge_expired(now, kPurgeBatch);
    if (purged && purged.value() > 0) finished.clear();  // which ones, only the store knows
    if (!purged || purged.value() < kPurgeBatch) break;
  }
  // An idempotency key leads to its task: it must not outlive it.
  const auto forget =
      now - std::max<std::chrono::milliseconds>(kForgetAfter, options.idempotency_ttl);
  for (;;) {
    const auto forgotten = co_await store.forget_purged(forget, kPurgeBatch);
    if (!forgotten || forgotten.value() < kPurgeBatch) break;
  }
  for (;;) {
    const auto swept = co_await store.sweep_idempotency(now, kPurgeBatch);
    if (!swept || swept.value() < kPurgeBatch) break;
  }
}

std::string Engine::not_ready_reason() const {
  if (impl_->draining) return "the server is shutting down";
  const auto health = impl_->store.health();
  return health.writable ? std::string() : "storage: " + health.reason;
}

std::vector<ModelStatus> Engine::models() const {
  return impl_->scheduler.models();
}

// --- following commits -------------------------------------------------------------------------

void Engine::on_committed(const std::vector<store::Committed>& batch) {
  Peal peal;
  for (const auto& committed : batch) {
    // Just accepted: its submitter puts it into the live table next, and nobody follows an id that
    // has not been told to anyone yet. Followers begin with the store.
    if (committed.events.size() == 1 && committed.events.front().seq == 1) continue;
    impl_->live.apply(committed, peal);
    impl_->hub.publish(committed, peal);
  }
  peal.ring();
}

void Engine::on_deliveries() {
  if (impl_->deliveries) impl_->deliveries();
}

// --- looking -----------------------------------------------------------------------------------

asio::awaitable<Result<TaskRef>> Engine::Impl::resolve(std::string tenant, std::string public_id) {
  TaskRef ref;
  if (const auto id = parse_task_id(public_id)) {
    ref.tenant = std::move(tenant);
    ref.id = *id;
    co_return ref;
  }
  auto found = co_await store.find_client_id(tenant, std::move(public_id));
  if (!found) co_return found.error();
  ref.tenant = std::move(tenant);
  ref.id = found.value();
  co_return ref;
}

std::chrono::milliseconds Engine::Impl::poll_after(const Task& task,
                                                   std::optional<std::int64_t> estimate) const {
  if (!estimate) return kPollDefault;
  const auto elapsed = clock.now() - task.created_at;
  const auto left = std::chrono::milliseconds{*estimate} - elapsed;
  return std::clamp<std::chrono::milliseconds>(left, kPollSoon, kPollLongest);
}

TaskView Engine::Impl::live_view(const LiveTask& task) const {
  TaskView view;
  {
    std::lock_guard lock(task.mutex);
    view.task = task.mirror;
    if (task.held != HoldReason::none && view.task.status == TaskStatus::queued)
      view.held_by = to_string(task.held);
  }
  if (view.task.status == TaskStatus::queued) view.queue_position = scheduler.position(task);
  view.estimated_duration_ms = history.median(task.model);
  view.poll_after = poll_after(view.task, view.estimated_duration_ms);
  return view;
}

TaskView Engine::Impl::finished_view(FinishedTask task) const {
  TaskView view;
  view.task = std::move(task.task);
  view.final_object = *task.object;
  return view;
}

asio::awaitable<Result<TaskView>> Engine::Impl::view(TaskRef ref) {
  if (const auto task = live.find(ref)) {
    auto seen = live_view(*task);
    if (!is_final(seen.task.status))
      co_return seen;  // else its end is just being applied: look below
  }
  if (auto task = finished.find(ref)) co_return finished_view(std::move(*task));
  auto record = co_await store.get(std::move(ref));
  if (!record) co_return record.error();
  TaskView view;
  view.task = std::move(record.value().task);
  constexpr std::string_view kMember = R"("task":)";
  if (record.value().final_data.starts_with(kMember))
    view.final_object = record.value().final_data.substr(kMember.size());
  if (!is_final(view.task.status))
    view.poll_after = kPollDefault;  // between its acceptance and the live table
  co_return view;
}

asio::awaitable<Result<TaskView>> Engine::get(std::string tenant, std::string public_id) {
  auto ref = co_await impl_->resolve(std::move(tenant), std::move(public_id));
  if (!ref) co_return ref.error();
  co_return co_await impl_->view(std::move(ref.value()));
}

asio::awaitable<Result<TaskView>> Engine::wait_final(std::string tenant,
                                                     std::string public_id,
                                                     std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  auto resolved = co_await impl_->resolve(std::move(tenant), std::move(public_id));
  if (!resolved) co_return resolved.error();
  const auto ref = std::move(resolved.value());
  const auto executor = co_await asio::this_coro::executor;
  if (const auto task = impl_->live.find(ref)) {
    // Nothing but the end is waited for: no events are read, neither from the tail nor from disk.
    const auto bell = std::make_shared<Bell>(executor);
    // In this order: a drain marks first and rings then.
    if (LiveTable::ring_at_end(*task, bell) && !impl_->hub.is_closed())
      co_await bell->wait(deadline);
    co_return co_await impl_->view(ref);
  }
  auto first = co_await impl_->view(ref);
  if (!first || is_final(first.value().task.status)) co_return first;
  // Live, and not in the table: its submitter is about to insert it.
  const auto follower = make_subscription(impl_->hub, impl_->store, first.value().task,
                                          first.value().task.last_seq, executor);
  for (;;) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= std::chrono::steady_clock::duration::zero()) break;
    const auto batch = co_await follower->next(std::chrono::ceil<std::chrono::milliseconds>(left));
    if (!batch && !impl_->hub.is_closed()) co_return batch.error();
    if (!batch || batch.value().finished) break;
  }
  co_return co_await impl_->view(ref);
}

asio::awaitable<Result<store::TaskPage>> Engine::list(store::ListFilter filter) {
  co_return co_await impl_->store.list(std::move(filter));
}

asio::awaitable<Result<store::EventPage>> Engine::events(std::string tenant,
                                                         std::string public_id,
                                                         std::uint64_t after,
                                                         int limit) {
  constexpr std::size_t kPageBytes = 4U << 20;
  auto ref = co_await impl_->resolve(std::move(tenant), std::move(public_id));
  if (!ref) co_return ref.error();
  co_return co_await impl_->store.events(std::move(ref.value()), after, limit, kPageBytes);
}

asio::awaitable<Result<std::string>> Engine::request_body(std::string tenant,
                                                          std::string public_id) {
  auto ref = co_await impl_->resolve(std::move(tenant), std::move(public_id));
  if (!ref) co_return ref.error();
  co_return co_await impl_->store.request_body(std::move(ref.value()));
}

asio::awaitable<Result<std::unique_ptr<Subscription>>> Engine::subscribe(std::string tenant,
                                                                         std::string public_id,
                                                                         std::uint64_t after) {
  auto seen = co_await get(std::move(tenant), std::move(public_id));
  if (!seen) co_return seen.error();
  const auto executor = co_await asio::this_coro::executor;
  co_return make_subscription(impl_->hub, impl_->store, std::move(seen.value().task), after,
                              executor);
}

}  // namespace taskgate::engine
