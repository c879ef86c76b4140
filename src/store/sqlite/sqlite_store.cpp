#include "store/sqlite/sqlite_store.hpp"

#include "store/awaiting.hpp"
#include "store/sqlite/commands.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/sqlite/reads.hpp"
#include "store/sqlite/writes.hpp"
#include "taskgate/core/crash_point.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <span>

namespace taskgate::store::sqlite {
namespace {

// Live tasks that one transaction of the recovery takes.
constexpr std::size_t kRecoveryBatch = 1000;

GroupCommitLimits commit_limits(const SqliteOptions& options) {
  GroupCommitLimits limits;
  limits.commands = std::max<std::size_t>(options.queue_limit, 1);
  limits.bytes = options.queue_byte_limit;
  limits.batch = static_cast<std::size_t>(std::max(options.batch_limit, 1));
  return limits;
}

// Oldest first; the id is the order of acceptance.
void sort_by_age(std::vector<LiveTask>& live) {
  std::sort(live.begin(), live.end(), [](const LiveTask& a, const LiveTask& b) {
    return std::pair(a.task.created_at, a.task.ref.id) <
           std::pair(b.task.created_at, b.task.ref.id);
  });
}

struct Everything {};

Result<std::vector<LiveTask>> all_live_tasks(WriteContext& context, const Everything&) {
  return read_live_tasks(context.db);
}

}  // namespace

SqliteStore::SqliteStore(const SqliteOptions& options,
                         FileLock lock,
                         std::unique_ptr<SqliteSession> session,
                         std::int64_t generation)
    : generation_(generation),
      lock_(std::move(lock)),
      session_(std::move(session)),
      commits_(std::make_unique<GroupCommit>(*session_, commit_limits(options))),
      readers_(std::make_unique<ReaderPool>(options.path, options.reader_threads)),
      journal_(std::make_unique<SqliteJournal>(*session_, *commits_, *readers_)) {}

SqliteStore::~SqliteStore() {
  close();
}

void SqliteStore::observe(CommitObserver* observer) {
  session_->observe(observer);
}

void SqliteStore::close() {
  const std::lock_guard lock(close_mutex_);
  commits_->stop();
  readers_->stop();
  session_->close();  // the last connection: it checkpoints and removes the WAL
}

Journal& SqliteStore::journal() {
  return *journal_;
}

Health SqliteStore::health() const {
  return commits_->health();
}

template <class In, class Out>
void SqliteStore::submit_write(Write<In, Out> write, In input, Handler<Out> handler) {
  commits_->submit(std::make_unique<WriteCommand<In, Out>>(session_->context(), write,
                                                           std::move(input), std::move(handler)));
}

template <class In, class Out>
Awaitable<Out> SqliteStore::await_write(Write<In, Out> write, In input) {
  return awaiting<Out>([this, write, input = std::move(input)](Handler<Out> handler) mutable {
    submit_write<In, Out>(write, std::move(input), std::move(handler));
  });
}

template <class In, class Out>
Result<Out> SqliteStore::block_on_write(Write<In, Out> write, In input) {
  boost::asio::io_context context(1);
  std::optional<Result<Out>> outcome;
  auto keep = [&outcome](Result<Out> result) { outcome.emplace(std::move(result)); };
  submit_write<In, Out>(write, std::move(input),
                        boost::asio::bind_executor(context.get_executor(), std::move(keep)));
  context.run();  // the command counts as outstanding work
  return std::move(*outcome);
}

template <class Out, class Read>
Awaitable<Out> SqliteStore::await_read(Read read) {
  return awaiting<Out>([this, read = std::move(read)](Handler<Out> handler) mutable {
    readers_->submit(std::make_unique<ReadCommand<Out, Read>>(std::move(read), std::move(handler)));
  });
}

// --- writes -----------------------------------------------------------------------------------

void SqliteStore::async_accept(NewTask task, Handler<AcceptOutcome> handler) {
  submit_write(&write_accept, acceptance_of(std::move(task)), std::move(handler));
}

void SqliteStore::async_start(StartAttempt start, Handler<LogPosition> handler) {
  submit_write(&write_start, std::move(start), std::move(handler));
}

void SqliteStore::async_append(Append append, Handler<LogPosition> handler) {
  submit_write(&write_append, std::move(append), std::move(handler));
}

void SqliteStore::async_requeue(Requeue requeue, Handler<LogPosition> handler) {
  submit_write(&write_requeue, std::move(requeue), std::move(handler));
}

void SqliteStore::async_finish(Finish finish, Handler<LogPosition> handler) {
  submit_write(&write_finish, std::move(finish), std::move(handler));
}

Awaitable<CancelOutcome> SqliteStore::request_cancel(TaskRef ref) {
  return await_write(&write_cancel_request, std::move(ref));
}

Awaitable<Done> SqliteStore::purge(TaskRef ref) {
  return await_write(&write_purge, std::move(ref));
}

Awaitable<int> SqliteStore::purge_expired(TimePoint now, int limit) {
  return await_write(&write_purge_expired, Sweep{now, limit});
}

Awaitable<int> SqliteStore::forget_purged(TimePoint before, int limit) {
  return await_write(&write_forget_purged, Sweep{before, limit});
}

Awaitable<int> SqliteStore::sweep_idempotency(TimePoint now, int limit) {
  return await_write(&write_sweep_idempotency, Sweep{now, limit});
}

Result<std::vector<LiveTask>> SqliteStore::recover(TimePoint now) {
  auto live = block_on_write(&all_live_tasks, Everything{});
  if (!live) return live;
  std::vector<LiveTask*> running;
  for (auto& entry : *live) {
    if (entry.interrupted) running.push_back(&entry);
  }
  for (std::size_t first = 0; first < running.size(); first += kRecoveryBatch) {
    const auto count = std::min(kRecoveryBatch, running.size() - first);
    Interrupted interrupted;
    interrupted.at = now;
    for (const auto* entry : std::span(running).subspan(first, count))
      interrupted.refs.push_back(entry->task.ref);
    const auto events_each = block_on_write(&write_interrupted, std::move(interrupted));
    if (!events_each) return events_each.error();
    TASKGATE_CRASH_POINT("store.after_recovery_batch");
    for (auto* entry : std::span(running).subspan(first, count)) {
      entry->task.status = TaskStatus::queued;
      entry->task.last_seq += static_cast<std::uint64_t>(*events_each);
    }
  }
  sort_by_age(*live);
  return live;
}

// --- reads ------------------------------------------------------------------------------------

Awaitable<TaskRecord> SqliteStore::get(TaskRef ref) {
  return await_read<TaskRecord>(
      [ref = std::move(ref)](Database& db) { return read_record(db, ref); });
}

Awaitable<TaskId> SqliteStore::find_client_id(std::string tenant, std::string client_id) {
  return await_read<TaskId>([tenant = std::move(tenant), client_id = std::move(client_id)](
                                Database& db) { return read_client_id(db, tenant, client_id); });
}

Awaitable<std::string> SqliteStore::request_body(TaskRef ref) {
  return await_read<std::string>(
      [ref = std::move(ref)](Database& db) { return read_request_body(db, ref); });
}

Awaitable<EventPage> SqliteStore::events(TaskRef ref,
                                         std::uint64_t after,
                                         int limit,
                                         std::size_t byte_limit) {
  EventsQuery wanted{std::move(ref), after, limit, byte_limit};
  return await_read<EventPage>(
      [wanted = std::move(wanted)](Database& db) { return read_events(db, wanted); });
}

Awaitable<TaskPage> SqliteStore::list(ListFilter filter) {
  return await_read<TaskPage>(
      [filter = std::move(filter)](Database& db) { return read_list(db, filter); });
}

Awaitable<std::vector<std::pair<std::string, std::int64_t>>> SqliteStore::recent_durations(
    int limit) {
  return await_read<std::vector<std::pair<std::string, std::int64_t>>>(
      [limit](Database& db) { return read_recent_durations(db, limit); });
}

// --- webhooks and keys ------------------------------------------------------------------------

Awaitable<std::vector<Delivery>> SqliteStore::due_deliveries(TimePoint now,
                                                             int limit,
                                                             std::vector<std::int64_t> in_flight) {
  DueQuery due{now, limit, std::move(in_flight)};
  return await_read<std::vector<Delivery>>(
      [due = std::move(due)](Database& db) { return read_due_deliveries(db, due); });
}

Awaitable<std::optional<TimePoint>> SqliteStore::next_delivery_at(
    std::vector<std::int64_t> in_flight) {
  return await_read<std::optional<TimePoint>>([in_flight = std::move(in_flight)](Database& db) {
    return read_next_delivery_at(db, in_flight);
  });
}

Awaitable<Done> SqliteStore::record_attempt(DeliveryAttempt attempt) {
  return await_write(&write_delivery_attempt, std::move(attempt));
}

Awaitable<DeliveryPage> SqliteStore::list_deliveries(DeliveryFilter filter) {
  return await_read<DeliveryPage>(
      [filter = std::move(filter)](Database& db) { return read_deliveries(db, filter); });
}

Awaitable<std::vector<DeliveryAttempt>> SqliteStore::delivery_attempts(std::string tenant,
                                                                       std::int64_t delivery_id) {
  return await_read<std::vector<DeliveryAttempt>>(
      [tenant = std::move(tenant), delivery_id](Database& db) {
        return read_delivery_attempts(db, tenant, delivery_id);
      });
}

Awaitable<Delivery> SqliteStore::redeliver(std::string tenant,
                                           std::int64_t delivery_id,
                                           TimePoint now) {
  return await_write(&write_redelivery, Redelivery{std::move(tenant), delivery_id, now});
}

Awaitable<Done> SqliteStore::bring_deliveries_forward(TimePoint now,
                                                      std::chrono::milliseconds by,
                                                      std::vector<std::int64_t> in_flight) {
  return await_write(&write_deliveries_forward, BringForward{now, by, std::move(in_flight)});
}

Awaitable<std::vector<std::string>> SqliteStore::known_webhook_secrets(std::string tenant) {
  return await_read<std::vector<std::string>>(
      [tenant = std::move(tenant)](Database& db) { return read_webhook_secrets(db, tenant); });
}

Awaitable<std::vector<std::string>> SqliteStore::webhook_secrets(std::string tenant) {
  auto known = co_await known_webhook_secrets(tenant);
  if (!known || !known->empty()) co_return known;
  co_return co_await await_write(&write_first_webhook_secret, std::move(tenant));
}

Awaitable<Done> SqliteStore::put_key(ApiKey key) {
  return await_write(&write_key, std::move(key));
}

Awaitable<std::vector<ApiKey>> SqliteStore::keys() {
  return await_read<std::vector<ApiKey>>([](Database& db) { return read_keys(db); });
}

Awaitable<Done> SqliteStore::revoke_key(std::string key_id, TimePoint at) {
  return await_write(&write_revocation, Revocation{std::move(key_id), at});
}

}  // namespace taskgate::store::sqlite
