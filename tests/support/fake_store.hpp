#pragma once
// The part of a Store that webhook delivery uses, in memory, with faults on request. Everything
// else answers Errc::internal: a test that gets there uses the wrong double.

#include "taskgate/store/store.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace taskgate::test {

/// Thread-safe. Completes at once, on the caller's executor.
class FakeStore final : public store::Store {
 public:
  /// Adds a pending row, due at once, and its event; returns the row as a reader would see it.
  store::Delivery add(store::Delivery delivery, Event event);
  /// The event's content is purged: the row stays.
  void forget_event(const store::Delivery& delivery);
  void set_secrets(std::vector<std::string> secrets);
  /// The next so many calls fail with Errc::storage.
  void fail_records(int count);
  void fail_due_reads(int count);
  void fail_event_reads(int count);

  store::Delivery row(std::int64_t id) const;
  std::vector<store::DeliveryAttempt> attempts() const;
  /// Waits until so many attempts are recorded.
  bool wait_for_attempts(std::size_t count,
                         std::chrono::milliseconds patience = std::chrono::seconds(20)) const;
  /// Waits until so many attempts were refused by fail_records.
  bool wait_for_refused_records(
      std::size_t count, std::chrono::milliseconds patience = std::chrono::seconds(20)) const;
  /// Waits until so many calls of due_deliveries were made.
  bool wait_for_due_reads(std::size_t count,
                          std::chrono::milliseconds patience = std::chrono::seconds(20)) const;
  /// How often due_deliveries was called.
  std::size_t due_reads() const;

  store::Awaitable<store::EventPage> events(TaskRef ref,
                                            std::uint64_t after,
                                            int limit,
                                            std::size_t byte_limit) override;
  store::Awaitable<std::vector<store::Delivery>> due_deliveries(
      TimePoint now, int limit, std::vector<std::int64_t> in_flight) override;
  store::Awaitable<std::optional<TimePoint>> next_delivery_at(
      std::vector<std::int64_t> in_flight) override;
  store::Awaitable<store::Done> record_attempt(store::DeliveryAttempt attempt) override;
  store::Awaitable<store::DeliveryPage> list_deliveries(store::DeliveryFilter filter) override;
  store::Awaitable<store::Delivery> redeliver(std::string tenant,
                                              std::int64_t delivery_id,
                                              TimePoint now) override;
  store::Awaitable<store::Done> bring_deliveries_forward(
      TimePoint now, std::chrono::milliseconds by, std::vector<std::int64_t> in_flight) override;
  store::Awaitable<std::vector<std::string>> webhook_secrets(std::string tenant) override;

  // Not for this double.
  void observe(store::CommitObserver* observer) override;
  void close() override;
  store::Health health() const override;
  std::int64_t generation() const override;
  store::Journal& journal() override;
  void async_accept(store::NewTask task, store::Handler<store::AcceptOutcome> handler) override;
  void async_start(store::StartAttempt start, store::Handler<store::LogPosition> handler) override;
  void async_append(store::Append append, store::Handler<store::LogPosition> handler) override;
  void async_requeue(store::Requeue requeue, store::Handler<store::LogPosition> handler) override;
  void async_finish(store::Finish finish, store::Handler<store::LogPosition> handler) override;
  store::Awaitable<store::CancelOutcome> request_cancel(TaskRef ref) override;
  store::Awaitable<store::Done> purge(TaskRef ref) override;
  Result<std::vector<store::LiveTask>> recover(TimePoint now) override;
  store::Awaitable<int> purge_expired(TimePoint now, int limit) override;
  store::Awaitable<int> forget_purged(TimePoint before, int limit) override;
  store::Awaitable<int> sweep_idempotency(TimePoint now, int limit) override;
  store::Awaitable<store::TaskRecord> get(TaskRef ref) override;
  store::Awaitable<TaskId> find_client_id(std::string tenant, std::string client_id) override;
  store::Awaitable<std::string> request_body(TaskRef ref) override;
  store::Awaitable<store::TaskPage> list(store::ListFilter filter) override;
  store::Awaitable<std::vector<std::pair<std::string, std::int64_t>>> recent_durations(
      int limit) override;
  store::Awaitable<std::vector<store::DeliveryAttempt>> delivery_attempts(
      std::string tenant, std::int64_t delivery_id) override;
  store::Awaitable<store::Done> put_key(store::ApiKey key) override;
  store::Awaitable<std::vector<store::ApiKey>> keys() override;
  store::Awaitable<store::Done> revoke_key(std::string key_id, TimePoint at) override;

 private:
  using Lock = std::unique_lock<std::mutex>;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::int64_t, store::Delivery> rows_;
  std::map<std::pair<std::string, std::uint64_t>, Event> events_;  // by task id text and seq
  std::vector<store::DeliveryAttempt> attempts_;
  std::vector<std::string> secrets_{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
  std::size_t due_reads_ = 0;
  std::size_t refused_records_ = 0;
  int failing_records_ = 0;
  int failing_due_reads_ = 0;
  int failing_event_reads_ = 0;
};

}  // namespace taskgate::test
