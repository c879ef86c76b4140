#pragma once
// The reads, as functions of a read-only connection. Each sees one state of the database. They
// throw StorageFailure (database.hpp).

#include "store/sqlite/database.hpp"
#include "taskgate/store/store.hpp"

#include <string>
#include <utility>
#include <vector>

namespace taskgate::store::sqlite {

struct EventsQuery {
  TaskRef ref;
  std::uint64_t after = 0;
  int limit = 0;
  std::size_t byte_limit = 0;
};

Result<TaskRecord> read_record(Database& db, const TaskRef& ref);
Result<TaskId> read_client_id(Database& db,
                              const std::string& tenant,
                              const std::string& client_id);
Result<std::string> read_request_body(Database& db, const TaskRef& ref);
Result<EventPage> read_events(Database& db, const EventsQuery& wanted);
Result<TaskJournal> read_journal(Database& db, const TaskRef& ref);
Result<TaskPage> read_list(Database& db, const ListFilter& filter);
Result<std::vector<std::pair<std::string, std::int64_t>>> read_recent_durations(Database& db,
                                                                                int limit);

struct DueQuery {
  TimePoint now{};
  int limit = 0;
  std::vector<std::int64_t> in_flight;
};
Result<std::vector<Delivery>> read_due_deliveries(Database& db, const DueQuery& due);
Result<std::optional<TimePoint>> read_next_delivery_at(Database& db,
                                                       const std::vector<std::int64_t>& in_flight);
Result<DeliveryPage> read_deliveries(Database& db, const DeliveryFilter& filter);
Result<std::vector<DeliveryAttempt>> read_delivery_attempts(Database& db,
                                                            const std::string& tenant,
                                                            std::int64_t delivery_id);
/// Empty when the tenant has none yet.
Result<std::vector<std::string>> read_webhook_secrets(Database& db, const std::string& tenant);
Result<std::vector<ApiKey>> read_keys(Database& db);

}  // namespace taskgate::store::sqlite
