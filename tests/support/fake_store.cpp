#include "support/fake_store.hpp"

#include <algorithm>
#include <stdexcept>

namespace taskgate::test {
namespace {

Error sick_disk() {
  return {Errc::storage, "the disk is full (scripted)"};
}
Error not_in_the_double() {
  return {Errc::internal, "the fake store does not do that"};
}

bool contains_id(const std::vector<std::int64_t>& ids, std::int64_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool take_fault(int& left) {
  if (left == 0) return false;
  --left;
  return true;
}

}  // namespace

store::Delivery FakeStore::add(store::Delivery delivery, Event event) {
  const Lock lock(mutex_);
  delivery.id = static_cast<std::int64_t>(rows_.size()) + 1;
  delivery.public_task_id = to_string(delivery.ref.id);
  delivery.seq = event.seq;
  delivery.type = event.type;
  events_[{delivery.public_task_id, event.seq}] = std::move(event);
  rows_[delivery.id] = delivery;
  return delivery;
}

void FakeStore::forget_event(const store::Delivery& delivery) {
  const Lock lock(mutex_);
  events_.erase({delivery.public_task_id, delivery.seq});
}

void FakeStore::set_secrets(std::vector<std::string> secrets) {
  const Lock lock(mutex_);
  secrets_ = std::move(secrets);
}

void FakeStore::fail_records(int count) {
  const Lock lock(mutex_);
  failing_records_ = count;
}

void FakeStore::fail_due_reads(int count) {
  const Lock lock(mutex_);
  failing_due_reads_ = count;
}

void FakeStore::fail_event_reads(int count) {
  const Lock lock(mutex_);
  failing_event_reads_ = count;
}

store::Delivery FakeStore::row(std::int64_t id) const {
  const Lock lock(mutex_);
  return rows_.at(id);
}

std::vector<store::DeliveryAttempt> FakeStore::attempts() const {
  const Lock lock(mutex_);
  return attempts_;
}

bool FakeStore::wait_for_attempts(std::size_t count, std::chrono::milliseconds patience) const {
  Lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return attempts_.size() >= count; });
}

bool FakeStore::wait_for_refused_records(std::size_t count,
                                         std::chrono::milliseconds patience) const {
  Lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return refused_records_ >= count; });
}

bool FakeStore::wait_for_due_reads(std::size_t count, std::chrono::milliseconds patience) const {
  Lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return due_reads_ >= count; });
}

std::size_t FakeStore::due_reads() const {
  const Lock lock(mutex_);
  return due_reads_;
}

store::Awaitable<store::EventPage> FakeStore::events(TaskRef ref,
                                                     std::uint64_t after,
                                                     int /*limit*/,
                                                     std::size_t /*byte_limit*/) {
  const Lock lock(mutex_);
  if (take_fault(failing_event_reads_)) co_return sick_disk();
  store::EventPage page;
  const auto found = events_.find({to_string(ref.id), after + 1});
  if (found != events_.end()) page.events.push_back(found->second);
  co_return page;
}

store::Awaitable<std::vector<store::Delivery>> FakeStore::due_deliveries(
    TimePoint now, int limit, std::vector<std::int64_t> in_flight) {
  const Lock lock(mutex_);
  ++due_reads_;
  changed_.notify_all();
  if (take_fault(failing_due_reads_)) co_return sick_disk();
  std::vector<store::Delivery> due;
  for (const auto& [id, row] : rows_) {
    const bool is_due = row.state == store::DeliveryState::pending && row.next_attempt_at <= now;
    if (is_due && !contains_id(in_flight, id)) due.push_back(row);
  }
  std::stable_sort(due.begin(), due.end(), [](const auto& a, const auto& b) {
    return a.next_attempt_at < b.next_attempt_at;
  });
  if (due.size() > static_cast<std::size_t>(limit)) due.resize(static_cast<std::size_t>(limit));
  co_return due;
}

store::Awaitable<std::optional<TimePoint>> FakeStore::next_delivery_at(
    std::vector<std::int64_t> in_flight) {
  const Lock lock(mutex_);
  std::optional<TimePoint> next;
  for (const auto& [id, row] : rows_) {
    if (row.state != store::DeliveryState::pending || contains_id(in_flight, id)) continue;
    if (!next || row.next_attempt_at < *next) next = row.next_attempt_at;
  }
  co_return next;
}

store::Awaitable<store::Done> FakeStore::record_attempt(store::DeliveryAttempt attempt) {
  const Lock lock(mutex_);
  if (take_fault(failing_records_)) {
    ++refused_records_;
    changed_.notify_all();
    co_return sick_disk();
  }
  auto& row = rows_.at(attempt.delivery_id);
  ++row.attempts;
  row.state = attempt.state;
  row.next_attempt_at = attempt.next_attempt_at;
  row.last_http_status = attempt.http_status;
  row.last_error = attempt.error;
  attempts_.push_back(attempt);
  changed_.notify_all();
  co_return store::Done();
}

store::Awaitable<store::DeliveryPage> FakeStore::list_deliveries(store::DeliveryFilter filter) {
  const Lock lock(mutex_);
  store::DeliveryPage page;
  for (const auto& [id, row] : rows_) {
    if (row.ref.tenant != filter.tenant) continue;
    if (filter.task && row.ref.id != *filter.task) continue;
    if (filter.state && row.state != *filter.state) continue;
    page.deliveries.insert(page.deliveries.begin(), row);
  }
  co_return page;
}

store::Awaitable<store::Delivery> FakeStore::redeliver(std::string /*tenant*/,
                                                       std::int64_t delivery_id,
                                                       TimePoint now) {
  const Lock lock(mutex_);
  auto& row = rows_.at(delivery_id);
  row.state = store::DeliveryState::pending;
  row.next_attempt_at = now;
  co_return row;
}

store::Awaitable<store::Done> FakeStore::bring_deliveries_forward(
    TimePoint now, std::chrono::milliseconds by, std::vector<std::int64_t> in_flight) {
  const Lock lock(mutex_);
  for (auto& [id, row] : rows_) {
    const bool is_pending = row.state == store::DeliveryState::pending;
    if (is_pending && row.next_attempt_at > now && !contains_id(in_flight, id))
      row.next_attempt_at = std::max(row.next_attempt_at - by, now);
  }
  co_return store::Done{};
}

store::Awaitable<std::vector<std::string>> FakeStore::webhook_secrets(std::string /*tenant*/) {
  const Lock lock(mutex_);
  co_return secrets_;
}

// --- not for this double ----------------------------------------------------------------------

void FakeStore::observe(store::CommitObserver* /*observer*/) {}
void FakeStore::close() {}
store::Health FakeStore::health() const {
  return {};
}
store::Journal& FakeStore::journal() {
  throw std::logic_error("the fake store keeps no journal");
}

std::int64_t FakeStore::generation() const {
  return 1;
}

void FakeStore::async_accept(store::NewTask, store::Handler<store::AcceptOutcome>) {
  throw std::logic_error(not_in_the_double().message());
}
void FakeStore::async_start(store::StartAttempt, store::Handler<store::LogPosition>) {
  throw std::logic_error(not_in_the_double().message());
}
void FakeStore::async_append(store::Append, store::Handler<store::LogPosition>) {
  throw std::logic_error(not_in_the_double().message());
}
void FakeStore::async_requeue(store::Requeue, store::Handler<store::LogPosition>) {
  throw std::logic_error(not_in_the_double().message());
}
void FakeStore::async_finish(store::Finish, store::Handler<store::LogPosition>) {
  throw std::logic_error(not_in_the_double().message());
}
store::Awaitable<store::CancelOutcome> FakeStore::request_cancel(TaskRef) {
  co_return not_in_the_double();
}
store::Awaitable<store::Done> FakeStore::purge(TaskRef) {
  co_return not_in_the_double();
}
Result<std::vector<store::LiveTask>> FakeStore::recover(TimePoint) {
  return not_in_the_double();
}
store::Awaitable<int> FakeStore::purge_expired(TimePoint, int) {
  co_return not_in_the_double();
}
store::Awaitable<int> FakeStore::forget_purged(TimePoint, int) {
  co_return not_in_the_double();
}
store::Awaitable<int> FakeStore::sweep_idempotency(TimePoint, int) {
  co_return not_in_the_double();
}
store::Awaitable<store::TaskRecord> FakeStore::get(TaskRef) {
  co_return not_in_the_double();
}
store::Awaitable<TaskId> FakeStore::find_client_id(std::string, std::string) {
  co_return not_in_the_double();
}
store::Awaitable<std::string> FakeStore::request_body(TaskRef) {
  co_return not_in_the_double();
}
store::Awaitable<store::TaskPage> FakeStore::list(store::ListFilter) {
  co_return not_in_the_double();
}
store::Awaitable<std::vector<std::pair<std::string, std::int64_t>>> FakeStore::recent_durations(
    int) {
  co_return not_in_the_double();
}
store::Awaitable<std::vector<store::DeliveryAttempt>> FakeStore::delivery_attempts(std::string,
                                                                                   std::int64_t) {
  co_return not_in_the_double();
}
store::Awaitable<store::Done> FakeStore::put_key(store::ApiKey) {
  co_return not_in_the_double();
}
store::Awaitable<std::vector<store::ApiKey>> FakeStore::keys() {
  co_return not_in_the_double();
}
store::Awaitable<store::Done> FakeStore::revoke_key(std::string, TimePoint) {
  co_return not_in_the_double();
}

}  // namespace taskgate::test
