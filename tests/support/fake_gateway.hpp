#pragma once
// An engine::Gateway without an engine: tasks in a map, moved by the test's own hand. For unit
// tests of the api layer, which call handlers directly.

#include "taskgate/engine/gateway.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace taskgate::test {

/// One task of the fake.
struct FakeTask {
  engine::TaskView view;
  std::string body;
  std::vector<Event> events;
};

/// Follows a FakeTask. It never sleeps: whoever waits asks again at once.
class FakeSubscription final : public engine::Subscription {
 public:
  FakeSubscription(const FakeTask& task, std::uint64_t after)
      : task_(task), head_(task.view.task), after_(after) {}

  boost::asio::awaitable<Result<Batch>> ready() override {
    Batch batch;
    for (const auto& event : task_.events) {
      if (event.seq <= after_ || batch.events.size() == 2) continue;  // two at a time: real batches
      batch.events.push_back(event);
    }
    if (!batch.events.empty()) after_ = batch.events.back().seq;
    batch.purged = task_.view.task.purged;
    batch.finished = is_final(task_.view.task.status) && after_ >= task_.view.task.last_seq;
    co_return batch;
  }
  boost::asio::steady_timer* sleep_until(std::chrono::steady_clock::time_point deadline) override {
    last_deadline = deadline;
    return nullptr;
  }
  const Task& task() const override { return head_; }

  static inline std::chrono::steady_clock::time_point last_deadline{};

 private:
  const FakeTask& task_;
  Task head_;
  std::uint64_t after_;
};

class FakeGateway final : public engine::Gateway {
 public:
  template <class T>
  using Awaitable = boost::asio::awaitable<Result<T>>;

  // --- the test's hand -------------------------------------------------------------------------

  /// The next call of submit fails with it.
  std::optional<Error> refuse_next;
  /// wait_final finishes the task before it answers.
  bool finishes_while_waiting = false;
  std::optional<std::chrono::milliseconds> waited;  ///< patience of the last wait_final
  std::string unready;
  std::vector<engine::ModelStatus> model_rows;
  std::optional<store::ListFilter> listed;
  store::TaskPage page;
  engine::TaskRequest submitted_request;
  engine::SubmitOptions submitted_options;
  std::optional<engine::TaskInput> answered;  ///< what the last answer said
  std::size_t submissions = 0;

  FakeTask& at(const std::string& tenant, const std::string& id) { return tasks_.at({tenant, id}); }

  /// A task with its first event.
  FakeTask& add(const std::string& tenant, const std::string& id, TaskStatus status) {
    auto& fake = tasks_[{tenant, id}];
    auto& task = fake.view.task;
    task.ref.tenant = tenant;
    task.ref.id = make_task_id(TimePoint(std::chrono::seconds(1'700'000'000)));
    task.client_id = id;
    task.model = "sim/echo";
    task.status = TaskStatus::queued;
    task.created_at = TimePoint(std::chrono::seconds(1'700'000'000));
    fake.view.poll_after = std::chrono::milliseconds(1500);
    fake.body = R"({"model":"sim/echo","input":"hi"})";
    log(fake, EventType::task_queued, {});
    if (is_final(status)) finish(fake, status);
    task.status = status;
    return fake;
  }

  void log(FakeTask& fake, EventType type, std::string data) {
    Event event;
    event.seq = ++fake.view.task.last_seq;
    event.type = type;
    event.at = TimePoint(std::chrono::seconds(1'700'000'001));
    event.data = std::move(data);
    fake.events.push_back(std::move(event));
  }

  void finish(FakeTask& fake, TaskStatus status) {
    fake.view.task.status = status;
    fake.view.final_object = R"({"id":")" + fake.view.task.public_id() +
                             R"(","object":"task","status":")" + to_string(status) + R"("})";
    log(fake, final_event(status), R"("task":)" + fake.view.final_object);
    fake.view.poll_after = std::chrono::milliseconds(0);
  }

  // --- Gateway ---------------------------------------------------------------------------------

  Awaitable<engine::Submitted> submit(std::string tenant,
                                      engine::TaskRequest request,
                                      engine::SubmitOptions options) override {
    ++submissions;
    submitted_request = request;
    submitted_options = options;
    if (refuse_next) co_return *std::exchange(refuse_next, std::nullopt);
    if (request.model.starts_with("nobody/"))
      co_return Error(Errc::invalid_argument, "there is no provider \"nobody\"");

    engine::Submitted result;
    std::string id = options.client_id.value_or("t" + std::to_string(tasks_.size() + 1));
    if (options.idempotency_key) {
      const auto known = keys_.find({tenant, *options.idempotency_key});
      if (known != keys_.end()) id = known->second;
      keys_[{tenant, *options.idempotency_key}] = id;
    }
    const auto found = tasks_.find({tenant, id});
    if (found != tasks_.end()) {
      if (found->second.body != request.body)
        co_return Error(options.client_id ? Errc::conflict : Errc::unprocessable, "another body");
      result.created = false;
      result.view = found->second.view;
      co_return result;
    }
    auto& fake = add(tenant, id, TaskStatus::queued);
    fake.body = request.body;
    fake.view.queue_position = 4;
    fake.view.estimated_duration_ms = 4200;
    result.view = fake.view;
    co_return result;
  }

  Awaitable<engine::TaskView> get(std::string tenant, std::string id) override {
    co_return look(tenant, id);
  }

  Awaitable<engine::TaskView> wait_final(std::string tenant,
                                         std::string id,
                                         std::chrono::milliseconds patience) override {
    waited = patience;
    const auto found = tasks_.find({tenant, id});
    if (found != tasks_.end() && finishes_while_waiting &&
        !is_final(found->second.view.task.status))
      finish(found->second, TaskStatus::success);
    co_return look(tenant, id);
  }

  Awaitable<store::TaskPage> list(store::ListFilter filter) override {
    listed = std::move(filter);
    co_return page;
  }

  Awaitable<store::EventPage> events(std::string tenant,
                                     std::string id,
                                     std::uint64_t after,
                                     int limit) override {
    const auto found = tasks_.find({tenant, id});
    if (found == tasks_.end()) co_return unknown();
    store::EventPage events;
    events.status = found->second.view.task.status;
    events.last_seq = found->second.view.task.last_seq;
    if (!found->second.view.task.purged) {
      for (const auto& event : found->second.events) {
        if (event.seq > after && static_cast<int>(events.events.size()) < limit)
          events.events.push_back(event);
      }
    }
    co_return events;
  }

  Awaitable<std::string> request_body(std::string tenant, std::string id) override {
    const auto found = tasks_.find({tenant, id});
    if (found == tasks_.end()) co_return unknown();
    co_return found->second.body;
  }

  Awaitable<std::unique_ptr<engine::Subscription>> subscribe(std::string tenant,
                                                             std::string id,
                                                             std::uint64_t after) override {
    const auto found = tasks_.find({tenant, id});
    if (found == tasks_.end()) co_return unknown();
    std::unique_ptr<engine::Subscription> made =
        std::make_unique<FakeSubscription>(found->second, after);
    co_return made;
  }

  Awaitable<engine::TaskView> cancel(std::string tenant, std::string id) override {
    const auto found = tasks_.find({tenant, id});
    if (found != tasks_.end()) found->second.view.task.cancel_requested = true;
    co_return look(tenant, id);
  }

  Awaitable<engine::TaskView> answer(std::string tenant,
                                     std::string id,
                                     engine::TaskInput input) override {
    answered = std::move(input);
    co_return look(tenant, id);
  }

  Awaitable<std::string> steps(std::string tenant, std::string id) override {
    if (!tasks_.contains({tenant, id})) co_return unknown();
    co_return std::string("[]");
  }

  Awaitable<std::string> tool_calls(std::string tenant, std::string id) override {
    if (!tasks_.contains({tenant, id})) co_return unknown();
    co_return std::string("[]");
  }

  Awaitable<void> purge(std::string tenant, std::string id) override {
    const auto found = tasks_.find({tenant, id});
    if (found == tasks_.end()) co_return unknown();
    if (!is_final(found->second.view.task.status))
      co_return Error(Errc::conflict, "the task is live; cancel it first");
    found->second.view.task.purged = true;
    found->second.view.final_object.clear();
    co_return Result<void>();
  }

  std::string not_ready_reason() const override { return unready; }
  std::vector<engine::ModelStatus> models() const override { return model_rows; }

 private:
  static Error unknown() { return Error(Errc::not_found, "there is no such task"); }

  Result<engine::TaskView> look(const std::string& tenant, const std::string& id) const {
    const auto found = tasks_.find({tenant, id});
    if (found == tasks_.end()) return unknown();
    return found->second.view;
  }

  std::map<std::pair<std::string, std::string>, FakeTask> tasks_;
  std::map<std::pair<std::string, std::string>, std::string> keys_;
};

}  // namespace taskgate::test
