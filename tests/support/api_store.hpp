#pragma once
// A store::Store that keeps keys and webhook deliveries in memory, and refuses everything else. For
// unit tests of the api layer.

#include "taskgate/store/store.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace taskgate::test {

class ApiStore final : public store::Store {
 public:
  template <class T>
  using Awaitable = store::Awaitable<T>;

  // --- the test's hand -------------------------------------------------------------------------

  std::vector<store::ApiKey> key_rows;
  std::vector<store::Delivery> deliveries;  ///< any order
  std::vector<store::DeliveryAttempt> attempts;
  std::map<std::pair<std::string, std::string>, TaskId> client_ids;
  std::optional<store::DeliveryFilter> listed;
  store::Health condition;
  bool broken = false;  ///< every read of keys fails

  // --- Store -----------------------------------------------------------------------------------

  void observe(store::CommitObserver*) override {}
  void close() override {}
  store::Health health() const override { return condition; }
  std::int64_t generation() const override { return 1; }
  store::Journal& journal() override { throw std::logic_error("this store keeps no journal"); }

  void async_accept(store::NewTask, store::Handler<store::AcceptOutcome>) override {}
  void async_start(store::StartAttempt, store::Handler<store::LogPosition>) override {}
  void async_append(store::Append, store::Handler<store::LogPosition>) override {}
  void async_requeue(store::Requeue, store::Handler<store::LogPosition>) override {}
  void async_finish(store::Finish, store::Handler<store::LogPosition>) override {}
  Awaitable<store::CancelOutcome> request_cancel(TaskRef) override { co_return no(); }
  Awaitable<store::Done> purge(TaskRef) override { co_return no(); }
  Result<std::vector<store::LiveTask>> recover(TimePoint) override { return no(); }
  Awaitable<int> purge_expired(TimePoint, int) override { co_return no(); }
  Awaitable<int> forget_purged(TimePoint, int) override { co_return no(); }
  Awaitable<int> sweep_idempotency(TimePoint, int) override { co_return no(); }
  Awaitable<store::TaskRecord> get(TaskRef) override { co_return no(); }
  Awaitable<std::string> request_body(TaskRef) override { co_return no(); }
  Awaitable<store::EventPage> events(TaskRef, std::uint64_t, int, std::size_t) override {
    co_return no();
  }
  Awaitable<store::TaskPage> list(store::ListFilter) override { co_return no(); }
  Awaitable<std::vector<std::pair<std::string, std::int64_t>>> recent_durations(int) override {
    co_return no();
  }
  Awaitable<std::vector<store::Delivery>> due_deliveries(TimePoint,
                                                         int,
                                                         std::vector<std::int64_t>) override {
    co_return no();
  }
  Awaitable<std::optional<TimePoint>> next_delivery_at(std::vector<std::int64_t>) override {
    co_return no();
  }
  Awaitable<store::Done> record_attempt(store::DeliveryAttempt) override { co_return no(); }

  Awaitable<TaskId> find_client_id(std::string tenant, std::string client_id) override {
    const auto found = client_ids.find({tenant, client_id});
    if (found == client_ids.end()) co_return absent();
    co_return found->second;
  }

  Awaitable<store::DeliveryPage> list_deliveries(store::DeliveryFilter filter) override {
    listed = filter;
    store::DeliveryPage page;
    auto rows = deliveries;
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.id > b.id; });
    for (const auto& row : rows) {
      const bool fits = row.ref.tenant == filter.tenant &&
                        (!filter.task || row.ref.id == *filter.task) &&
                        (!filter.state || row.state == *filter.state) &&
                        (!filter.before || row.id < *filter.before);
      if (!fits) continue;
      if (static_cast<int>(page.deliveries.size()) == filter.limit) {
        page.has_more = true;
        break;
      }
      page.deliveries.push_back(row);
    }
    co_return page;
  }

  Awaitable<std::vector<store::DeliveryAttempt>> delivery_attempts(std::string,
                                                                   std::int64_t id) override {
    std::vector<store::DeliveryAttempt> found;
    for (const auto& attempt : attempts) {
      if (attempt.delivery_id == id) found.push_back(attempt);
    }
    co_return found;
  }

  Awaitable<store::Delivery> redeliver(std::string tenant,
                                       std::int64_t id,
                                       TimePoint now) override {
    for (auto& row : deliveries) {
      if (row.id != id || row.ref.tenant != tenant) continue;
      row.state = store::DeliveryState::pending;
      row.next_attempt_at = now;
      co_return row;
    }
    co_return absent();
  }

  Awaitable<store::Done> bring_deliveries_forward(TimePoint,
                                                  std::chrono::milliseconds,
                                                  std::vector<std::int64_t>) override {
    co_return store::Done{};
  }

  Awaitable<std::vector<std::string>> webhook_secrets(std::string tenant) override {
    std::vector<std::string> secrets;
    secrets.push_back("whsec_" + tenant);
    co_return secrets;
  }

  Awaitable<store::Done> put_key(store::ApiKey key) override {
    key_rows.push_back(std::move(key));
    co_return store::Done();
  }

  Awaitable<std::vector<store::ApiKey>> keys() override {
    if (broken) co_return no();
    co_return key_rows;
  }

  Awaitable<store::Done> revoke_key(std::string id, TimePoint at) override {
    for (auto& key : key_rows) {
      if (key.id != id) continue;
      key.revoked_at = at;
      co_return store::Done();
    }
    co_return absent();
  }

 private:
  static Error no() { return Error(Errc::storage, "this store does not do this"); }
  static Error absent() { return Error(Errc::not_found, "absent"); }
};

}  // namespace taskgate::test
