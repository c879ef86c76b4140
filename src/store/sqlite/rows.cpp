#include "store/sqlite/rows.hpp"

namespace taskgate::store::sqlite {
namespace {

const std::string kFindTask = select_tasks(" FROM tasks t WHERE t.tenant = ?1 AND t.id = ?2");

}  // namespace

std::string select_tasks(const char* rest) {
  return std::string("SELECT ") + kTaskColumns + rest;
}

Task read_task(const Query& row) {
  Task task;
  task.ref.tenant = row.text(0);
  task.ref.id = row.task_id(1);
  task.status = static_cast<TaskStatus>(row.small(2));
  task.last_seq = static_cast<std::uint64_t>(row.integer(3));
  task.attempts = row.small(4);
  task.priority = row.small(6);
  task.cancel_requested = row.small(7) != 0;
  task.purged = row.small(8) != 0;
  task.progress = row.real(9);
  task.created_at = row.time(10);
  task.not_before = row.optional_time(11);
  task.deadline = row.optional_time(12);
  task.started_at = row.optional_time(13);
  task.finished_at = row.optional_time(14);
  task.expires_at = row.optional_time(15);
  task.model = row.text(16);
  task.client_id = row.optional_text(17);
  task.metadata = row.text(18);
  task.tags = row.text(19);
  task.required_input = row.text(20);
  task.retry_of = row.optional_text(21);
  return task;
}

Delivery read_delivery(const Query& row) {
  Delivery delivery;
  delivery.id = row.integer(0);
  delivery.ref.tenant = row.text(1);
  delivery.ref.id = row.task_id(2);
  delivery.seq = static_cast<std::uint64_t>(row.integer(3));
  delivery.type = static_cast<EventType>(row.small(4));
  delivery.url = row.text(5);
  delivery.state = static_cast<DeliveryState>(row.small(6));
  delivery.attempts = row.small(7);
  delivery.created_at = row.time(8);
  delivery.next_attempt_at = row.time(9);
  if (!row.is_null(10)) delivery.last_http_status = row.small(10);
  delivery.last_error = row.text(11);
  delivery.public_task_id = row.is_null(12) ? to_string(delivery.ref.id) : row.text(12);
  return delivery;
}

Error no_such_task() {
  return Error(Errc::not_found, "no such task");
}

std::optional<Task> find_task(Database& db, const TaskRef& ref) {
  auto query = db.query(kFindTask.c_str());
  query.bind(ref.tenant, ref.id);
  if (!query.step()) return std::nullopt;
  return read_task(query);
}

}  // namespace taskgate::store::sqlite
