// The webhook outbox: what is due, what an attempt came to, what was delivered.

#include "store/sqlite/reads.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/writes.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

namespace taskgate::store::sqlite {
namespace {

const std::string kDue = std::string(kSelectDelivery) +
                         " WHERE d.state = 0 AND d.next_attempt_at <= ?1"
                         " ORDER BY d.next_attempt_at, d.id";

constexpr const char* kPendingTimes =
    "SELECT id, next_attempt_at FROM deliveries WHERE state = 0 ORDER BY next_attempt_at";

const std::string kDeliveriesOfTenant =
    std::string(kSelectDelivery) +
    " WHERE d.tenant = ?1 AND d.id < ?2 AND (?3 IS NULL OR d.state = ?3)"
    " ORDER BY d.id DESC LIMIT ?4";

const std::string kDeliveriesOfTask =
    std::string(kSelectDelivery) +
    " WHERE d.tenant = ?1 AND d.id < ?2 AND (?3 IS NULL OR d.state = ?3) AND d.task_id = ?5"
    " ORDER BY d.id DESC LIMIT ?4";

const std::string kOneDelivery =
    std::string(kSelectDelivery) + " WHERE d.id = ?1 AND d.tenant = ?2";

constexpr const char* kDeliveryState =
    "SELECT state, attempts, next_attempt_at FROM deliveries WHERE id = ?1";

constexpr const char* kUpdateDelivery =
    "UPDATE deliveries SET state = ?2, attempts = ?3, next_attempt_at = ?4, last_status = ?5,"
    " last_error = ?6 WHERE id = ?1";

constexpr const char* kInsertAttempt =
    "INSERT INTO delivery_attempts (delivery_id, number, at, duration_ms, http_status, error,"
    " state, next_attempt_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

constexpr const char* kAttempts =
    "SELECT a.delivery_id, a.at, a.duration_ms, a.http_status, a.error, a.state, a.next_attempt_at"
    " FROM deliveries d JOIN delivery_attempts a ON a.delivery_id = d.id"
    " WHERE d.id = ?1 AND d.tenant = ?2 ORDER BY a.number";

constexpr const char* kMakeDue =
    "UPDATE deliveries SET state = 0, next_attempt_at = ?2 WHERE id = ?1";

constexpr const char* kBringForward =
    "UPDATE deliveries SET next_attempt_at = max(next_attempt_at - ?2, ?1)"
    " WHERE state = 0 AND next_attempt_at > ?1";

constexpr const char* kDueTime = "SELECT next_attempt_at FROM deliveries WHERE id = ?1";

constexpr const char* kSetDueTime = "UPDATE deliveries SET next_attempt_at = ?2 WHERE id = ?1";

Error no_such_delivery() {
  return Error(Errc::not_found, "no such delivery");
}

std::optional<Delivery> find_delivery(Database& db, const std::string& tenant, std::int64_t id) {
  auto query = db.query(kOneDelivery.c_str());
  query.bind(id, tenant);
  if (!query.step()) return std::nullopt;
  return read_delivery(query);
}

// What a delivery's row becomes after an attempt.
struct AfterAttempt {
  DeliveryState state = DeliveryState::pending;
  TimePoint next_attempt_at{};
  bool asked_again = false;  ///< a redelivery was asked for while the attempt was on its way
};

AfterAttempt after_attempt(DeliveryState before, TimePoint due, const DeliveryAttempt& attempt) {
  AfterAttempt after{attempt.state, attempt.next_attempt_at, false};
  if (before == DeliveryState::cancelled && attempt.state == DeliveryState::pending) {
    after.state = before;  // not tried again
  } else if (before == DeliveryState::pending && attempt.due_at && *attempt.due_at != due) {
    after = AfterAttempt{DeliveryState::pending, due, true};
  }
  return after;
}

}  // namespace

Result<std::vector<Delivery>> read_due_deliveries(Database& db, const DueQuery& due) {
  const std::unordered_set<std::int64_t> in_flight(due.in_flight.begin(), due.in_flight.end());
  const auto limit = static_cast<std::size_t>(std::max(due.limit, 0));
  std::vector<Delivery> deliveries;
  auto query = db.query(kDue.c_str());
  query.bind(due.now);
  while (deliveries.size() < limit && query.step()) {
    if (!in_flight.contains(query.integer(0))) deliveries.push_back(read_delivery(query));
  }
  return deliveries;
}

Result<std::optional<TimePoint>> read_next_delivery_at(Database& db,
                                                       const std::vector<std::int64_t>& in_flight) {
  const std::unordered_set<std::int64_t> skipped(in_flight.begin(), in_flight.end());
  auto query = db.query(kPendingTimes);
  query.bind();
  while (query.step()) {
    if (!skipped.contains(query.integer(0))) return std::optional<TimePoint>(query.time(1));
  }
  return std::optional<TimePoint>();
}

Result<DeliveryPage> read_deliveries(Database& db, const DeliveryFilter& filter) {
  const int limit = std::clamp(filter.limit, 1, 100);
  const std::int64_t before = filter.before.value_or(INT64_MAX);
  std::optional<int> state;
  if (filter.state) state = static_cast<int>(*filter.state);
  auto query = db.query((filter.task ? kDeliveriesOfTask : kDeliveriesOfTenant).c_str());
  if (filter.task)
    query.bind(filter.tenant, before, state, limit + 1, *filter.task);
  else
    query.bind(filter.tenant, before, state, limit + 1);
  DeliveryPage page;
  while (query.step()) {
    if (page.deliveries.size() == static_cast<std::size_t>(limit)) {
      page.has_more = true;
      break;
    }
    page.deliveries.push_back(read_delivery(query));
  }
  return page;
}

Result<std::vector<DeliveryAttempt>> read_delivery_attempts(Database& db,
                                                            const std::string& tenant,
                                                            std::int64_t delivery_id) {
  const ReadSnapshot snapshot(db);
  if (!find_delivery(db, tenant, delivery_id)) return no_such_delivery();
  std::vector<DeliveryAttempt> attempts;
  auto query = db.query(kAttempts);
  query.bind(delivery_id, tenant);
  while (query.step()) {
    auto& attempt = attempts.emplace_back();
    attempt.delivery_id = query.integer(0);
    attempt.at = query.time(1);
    attempt.duration_ms = query.integer(2);
    if (!query.is_null(3)) attempt.http_status = query.small(3);
    attempt.error = query.text(4);
    attempt.state = static_cast<DeliveryState>(query.small(5));
    attempt.next_attempt_at = query.time(6);
  }
  return attempts;
}

Result<Done> write_delivery_attempt(WriteContext& context, const DeliveryAttempt& attempt) {
  int number = 0;
  AfterAttempt after;
  {
    auto query = context.db.query(kDeliveryState);
    query.bind(attempt.delivery_id);
    if (!query.step()) return no_such_delivery();
    after = after_attempt(static_cast<DeliveryState>(query.small(0)), query.time(2), attempt);
    number = query.small(1) + 1;
  }
  const int state = static_cast<int>(after.state);
  {
    auto update = context.db.query(kUpdateDelivery);
    update
        .bind(attempt.delivery_id, state, number, after.next_attempt_at, attempt.http_status,
              attempt.error)
        .run();
  }
  auto insert = context.db.query(kInsertAttempt);
  insert
      .bind(attempt.delivery_id, number, attempt.at, attempt.duration_ms, attempt.http_status,
            attempt.error, state, after.next_attempt_at)
      .run();
  if (after.asked_again) context.new_deliveries = true;
  return Done{};
}

Result<Delivery> write_redelivery(WriteContext& context, const Redelivery& redelivery) {
  auto delivery = find_delivery(context.db, redelivery.tenant, redelivery.delivery_id);
  if (!delivery) return no_such_delivery();
  // Always another time: an attempt that is on its way sees by it that it is not the last.
  auto due = redelivery.now;
  if (due == delivery->next_attempt_at) due += std::chrono::milliseconds(1);
  {
    auto update = context.db.query(kMakeDue);
    update.bind(redelivery.delivery_id, due).run();
  }
  delivery->state = DeliveryState::pending;
  delivery->next_attempt_at = due;
  context.new_deliveries = true;
  return std::move(*delivery);
}

Result<Done> write_deliveries_forward(WriteContext& context, const BringForward& shift) {
  // An attempt on its way knows its row by its time (DeliveryAttempt::due_at).
  std::vector<std::pair<std::int64_t, TimePoint>> kept;
  for (const auto id : shift.in_flight) {
    auto query = context.db.query(kDueTime);
    query.bind(id);
    if (query.step()) kept.emplace_back(id, query.time(0));
  }
  {
    auto update = context.db.query(kBringForward);
    update.bind(shift.now, static_cast<std::int64_t>(shift.by.count())).run();
  }
  for (const auto& [id, due] : kept) {
    auto update = context.db.query(kSetDueTime);
    update.bind(id, due).run();
  }
  return Done{};
}

}  // namespace taskgate::store::sqlite
