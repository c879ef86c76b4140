#include "conformance/store_contract.hpp"

namespace taskgate::store::contract {

void Listener::on_committed(const std::vector<Committed>& batch) {
  const std::lock_guard lock(mutex_);
  seen_.insert(seen_.end(), batch.begin(), batch.end());
}

void Listener::on_deliveries() {
  const std::lock_guard lock(mutex_);
  ++delivery_calls_;
}

std::vector<Event> Listener::events_of(const TaskRef& ref) const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> events;
  for (const auto& committed : seen_) {
    if (committed.ref == ref)
      events.insert(events.end(), committed.events.begin(), committed.events.end());
  }
  return events;
}

int Listener::delivery_calls() const {
  const std::lock_guard lock(mutex_);
  return delivery_calls_;
}

TimePoint at_ms(std::int64_t milliseconds) {
  return TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) +
         std::chrono::milliseconds(milliseconds);
}

EventDraft draft(EventType type, TimePoint at, std::string data) {
  EventDraft event;
  event.type = type;
  event.at = at;
  event.data = std::move(data);
  return event;
}

NewTask new_task(const std::string& tenant, TimePoint created_at) {
  NewTask task;
  task.task.ref.tenant = tenant;
  task.task.ref.id = make_task_id(created_at);
  task.task.created_at = created_at;
  task.task.model = "sim/echo";
  task.request_body = R"({"model":"sim/echo","input":"hello"})";
  task.queued = draft(EventType::task_queued, created_at, R"("status":"queued")");
  return task;
}

IdempotencyClaim claim_of(const std::string& key, std::uint8_t fingerprint, TimePoint expires_at) {
  IdempotencyClaim claim;
  claim.route = "POST /tasks";
  claim.key = key;
  claim.fingerprint.fill(fingerprint);
  claim.expires_at = expires_at;
  return claim;
}

void StoreContract::SetUp() {
  backend_ = GetParam().make();
  reopen();
}

void StoreContract::TearDown() {
  store_.reset();
}

void StoreContract::reopen() {
  store_.reset();
  auto opened = backend_->open();
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  store_ = std::move(*opened);
  store_->observe(&listener_);
}

TaskRef StoreContract::accept(NewTask task) {
  const auto ref = task.task.ref;
  const auto outcome = wait_for(store_->accept(std::move(task)));
  EXPECT_TRUE(outcome.has_value() && outcome->kind == AcceptKind::created);
  return ref;
}

TaskRef StoreContract::accept_one(const std::string& tenant) {
  return accept(new_task(tenant, at_ms(0)));
}

StartAttempt StoreContract::start_command(const TaskRef& ref, Fence fence) {
  StartAttempt start;
  start.ref = ref;
  start.fence = fence;
  start.at = at_ms(100);
  start.events.push_back(draft(EventType::task_running, at_ms(100), R"("attempt":1)"));
  return start;
}

Append StoreContract::append_command(const TaskRef& ref, Fence fence) {
  Append append;
  append.ref = ref;
  append.fence = fence;
  append.events.push_back(draft(EventType::output_delta, at_ms(200), R"("delta":"x")"));
  return append;
}

Requeue StoreContract::requeue_command(const TaskRef& ref, Fence fence) {
  Requeue requeue;
  requeue.ref = ref;
  requeue.fence = fence;
  requeue.not_before = at_ms(5000);
  requeue.events.push_back(draft(EventType::task_retrying, at_ms(300), R"("attempt":1)"));
  return requeue;
}

Finish StoreContract::finish_command(const TaskRef& ref,
                                     std::optional<Fence> fence,
                                     TaskStatus status) {
  Finish finish;
  finish.ref = ref;
  finish.fence = fence;
  finish.status = status;
  finish.at = at_ms(1000);
  finish.expires_at = at_ms(60'000);
  finish.events.push_back(draft(final_event(status), at_ms(1000), R"("task":{"last_seq":})"));
  finish.events.back().seq_offset = finish.events.back().data.size() - 1;
  return finish;
}

void StoreContract::start(const TaskRef& ref, Fence fence) {
  const auto outcome = wait_for(store_->start(start_command(ref, fence)));
  EXPECT_TRUE(outcome.has_value());
}

void StoreContract::append(const TaskRef& ref, const std::string& data, Fence fence) {
  auto command = append_command(ref, fence);
  command.events.front().data = data;
  const auto outcome = wait_for(store_->append(std::move(command)));
  EXPECT_TRUE(outcome.has_value());
}

void StoreContract::finish(const TaskRef& ref, TaskStatus status) {
  const auto outcome = wait_for(store_->finish(finish_command(ref, 1, status)));
  EXPECT_TRUE(outcome.has_value());
}

TaskRef StoreContract::finished_task(const std::string& tenant) {
  const auto ref = accept_one(tenant);
  start(ref);
  finish(ref);
  return ref;
}

Task StoreContract::task_of(const TaskRef& ref) {
  const auto record = wait_for(store_->get(ref));
  EXPECT_TRUE(record.has_value());
  return record.has_value() ? record->task : Task();
}

std::vector<Event> StoreContract::log_of(const TaskRef& ref) {
  const auto page = wait_for(store_->events(ref, 0, 1000, 1U << 20));
  EXPECT_TRUE(page.has_value());
  return page.has_value() ? page->events : std::vector<Event>();
}

}  // namespace taskgate::store::contract
