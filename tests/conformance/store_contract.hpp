#pragma once
// The contract that every Store must keep, as tests: written against the interface alone, run once
// for each backend that is registered (INSTANTIATE_TEST_SUITE_P in the backend's file).

#include "taskgate/store/store.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace taskgate::store::contract {

/// One database that can be opened again and again.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual Result<std::unique_ptr<Store>> open() = 0;
};

struct BackendFactory {
  std::string name;
  std::function<std::unique_ptr<Backend>()> make;
};

/// Notes what the store tells about its commits. Thread-safe.
class Listener final : public CommitObserver {
 public:
  void on_committed(const std::vector<Committed>& batch) override;
  void on_deliveries() override;

  std::vector<Event> events_of(const TaskRef& ref) const;
  int delivery_calls() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Committed> seen_;
  int delivery_calls_ = 0;
};

template <class T>
boost::asio::awaitable<void> keep_outcome(Awaitable<T> operation, std::optional<Result<T>>* out) {
  auto outcome = co_await std::move(operation);
  out->emplace(std::move(outcome));
}

/// Awaits an operation of a store on a context of its own.
template <class T>
Result<T> wait_for(Awaitable<T> operation) {
  boost::asio::io_context context(1);
  std::optional<Result<T>> outcome;
  boost::asio::co_spawn(context, keep_outcome(std::move(operation), &outcome),
                        [](std::exception_ptr failure) {
                          if (failure) std::rethrow_exception(failure);
                        });
  context.run();
  return std::move(*outcome);
}

/// 2026-01-01T00:00:00Z, and that many milliseconds later.
TimePoint at_ms(std::int64_t milliseconds);

NewTask new_task(const std::string& tenant, TimePoint created_at);
IdempotencyClaim claim_of(const std::string& key, std::uint8_t fingerprint, TimePoint expires_at);
EventDraft draft(EventType type, TimePoint at, std::string data = "");
constexpr std::uint32_t bit(EventType type) {
  return 1U << static_cast<unsigned>(type);
}

class StoreContract : public ::testing::TestWithParam<BackendFactory> {
 protected:
  void SetUp() override;
  void TearDown() override;
  /// Closes the store and opens it again, as a new process would.
  void reopen();

  // Steps of a task's life that must succeed.
  TaskRef accept(NewTask task);
  TaskRef accept_one(const std::string& tenant = "acme");
  void start(const TaskRef& ref, Fence fence = 1);
  void append(const TaskRef& ref, const std::string& data, Fence fence = 1);
  void finish(const TaskRef& ref, TaskStatus status = TaskStatus::success);
  TaskRef finished_task(const std::string& tenant = "acme");

  // Commands as tests vary them.
  static StartAttempt start_command(const TaskRef& ref, Fence fence);
  static Append append_command(const TaskRef& ref, Fence fence);
  static Requeue requeue_command(const TaskRef& ref, Fence fence);
  static Finish finish_command(const TaskRef& ref, std::optional<Fence> fence, TaskStatus status);

  Task task_of(const TaskRef& ref);
  std::vector<Event> log_of(const TaskRef& ref);

  Listener listener_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Store> store_;
};

/// The code of an outcome that must be an error.
template <class T>
Errc code_of(const Result<T>& outcome) {
  EXPECT_FALSE(outcome.has_value());
  return outcome.has_value() ? Errc::internal : outcome.error().code();
}

}  // namespace taskgate::store::contract
