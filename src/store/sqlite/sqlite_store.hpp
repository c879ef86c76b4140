#pragma once
// Ties the parts to the Store interface: writes become commands of the group commit, reads become
// jobs of the reader pool.

#include "store/group_commit.hpp"
#include "store/sqlite/file_lock.hpp"
#include "store/sqlite/reader_pool.hpp"
#include "store/sqlite/sqlite_journal.hpp"
#include "store/sqlite/write_session.hpp"
#include "taskgate/store/store.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace taskgate::store::sqlite {

class SqliteStore final : public Store {
 public:
  /// `session` is over a migrated database whose lock is `lock`.
  SqliteStore(const SqliteOptions& options,
              FileLock lock,
              std::unique_ptr<SqliteSession> session,
              std::int64_t generation);
  ~SqliteStore() override;

  void observe(CommitObserver* observer) override;
  void close() override;
  Health health() const override;
  std::int64_t generation() const override { return generation_; }
  Journal& journal() override;

  void async_accept(NewTask task, Handler<AcceptOutcome> handler) override;
  void async_start(StartAttempt start, Handler<LogPosition> handler) override;
  void async_append(Append append, Handler<LogPosition> handler) override;
  void async_requeue(Requeue requeue, Handler<LogPosition> handler) override;
  void async_finish(Finish finish, Handler<LogPosition> handler) override;
  Awaitable<CancelOutcome> request_cancel(TaskRef ref) override;
  Awaitable<Done> purge(TaskRef ref) override;

  Result<std::vector<LiveTask>> recover(TimePoint now) override;
  Awaitable<int> purge_expired(TimePoint now, int limit) override;
  Awaitable<int> forget_purged(TimePoint before, int limit) override;
  Awaitable<int> sweep_idempotency(TimePoint now, int limit) override;

  Awaitable<TaskRecord> get(TaskRef ref) override;
  Awaitable<TaskId> find_client_id(std::string tenant, std::string client_id) override;
  Awaitable<std::string> request_body(TaskRef ref) override;
  Awaitable<EventPage> events(TaskRef ref,
                              std::uint64_t after,
                              int limit,
                              std::size_t byte_limit) override;
  Awaitable<TaskPage> list(ListFilter filter) override;
  Awaitable<std::vector<std::pair<std::string, std::int64_t>>> recent_durations(int limit) override;

  Awaitable<std::vector<Delivery>> due_deliveries(TimePoint now,
                                                  int limit,
                                                  std::vector<std::int64_t> in_flight) override;
  Awaitable<std::optional<TimePoint>> next_delivery_at(
      std::vector<std::int64_t> in_flight) override;
  Awaitable<Done> record_attempt(DeliveryAttempt attempt) override;
  Awaitable<DeliveryPage> list_deliveries(DeliveryFilter filter) override;
  Awaitable<std::vector<DeliveryAttempt>> delivery_attempts(std::string tenant,
                                                            std::int64_t delivery_id) override;
  Awaitable<Delivery> redeliver(std::string tenant,
                                std::int64_t delivery_id,
                                TimePoint now) override;
  Awaitable<Done> bring_deliveries_forward(TimePoint now,
                                           std::chrono::milliseconds by,
                                           std::vector<std::int64_t> in_flight) override;
  Awaitable<std::vector<std::string>> webhook_secrets(std::string tenant) override;

  Awaitable<Done> put_key(ApiKey key) override;
  Awaitable<std::vector<ApiKey>> keys() override;
  Awaitable<Done> revoke_key(std::string key_id, TimePoint at) override;

 private:
  template <class In, class Out>
  using Write = Result<Out> (*)(WriteContext&, const In&);

  /// A read or write as a command, its handler told by the group commit.
  template <class In, class Out>
  void submit_write(Write<In, Out> write, In input, Handler<Out> handler);
  template <class In, class Out>
  Awaitable<Out> await_write(Write<In, Out> write, In input);
  /// Like await_write, from a thread that may block.
  template <class In, class Out>
  Result<Out> block_on_write(Write<In, Out> write, In input);
  /// `read(Database&) -> Result<Out>` on a reader's thread.
  template <class Out, class Read>
  Awaitable<Out> await_read(Read read);

  Awaitable<std::vector<std::string>> known_webhook_secrets(std::string tenant);

  const std::int64_t generation_;
  FileLock lock_;
  std::unique_ptr<SqliteSession> session_;
  std::unique_ptr<GroupCommit> commits_;
  std::unique_ptr<ReaderPool> readers_;
  std::unique_ptr<SqliteJournal> journal_;
  std::mutex close_mutex_;
};

}  // namespace taskgate::store::sqlite
