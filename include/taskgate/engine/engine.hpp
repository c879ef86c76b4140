#pragma once
// The engine: admission, queue, attempts, cancellation, following, retention. One object; app
// composes it.

#include "taskgate/engine/flow_options.hpp"
#include "taskgate/engine/gateway.hpp"
#include "taskgate/providers/provider.hpp"
#include "taskgate/runtime/task_group.hpp"
#include "taskgate/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace taskgate::tools {
class Toolbox;
}

namespace taskgate::engine {

/// Every bound and time of the engine; docs/limits.md lists them.
struct EngineOptions {
  std::size_t slots = 1024;                 ///< attempts at once, ≥ 1
  std::size_t max_live_tasks = 100'000;     ///< past it: 503
  std::size_t max_live_bytes = 512U << 20;  ///< of request bodies of live tasks; past it: 503
  std::size_t max_live_tasks_per_tenant = 50'000;  ///< past it: 429
  std::size_t max_conversation_bytes = 32U << 20;  ///< an agent's; past it the task fails
  int max_attempts = 3;                            ///< failed attempts before a task fails, ≥ 1
  int max_interruptions = 50;  ///< attempts lost to crashes or restarts before it fails
  std::chrono::milliseconds attempt_timeout{600'000};
  std::chrono::milliseconds default_deadline{
      0};  ///< after acceptance, for tasks that name none; 0: none
  std::chrono::milliseconds backoff_base{500};
  std::chrono::milliseconds backoff_max{30'000};
  std::chrono::seconds result_ttl{604'800};      ///< a finished task's content is kept this long
  std::chrono::seconds idempotency_ttl{86'400};  ///< ≥ 24 h by contract
  std::chrono::milliseconds retention_interval{30'000};
  std::size_t finished_cache_bytes = 32U << 20;
  FlowOptions flow;
  /// What tasks may name under `tools`; null: none. Outlives the engine.
  const tools::Toolbox* toolbox = nullptr;
  /// What a model's tokens cost in US dollars; nullopt where no price is known. May be empty.
  std::function<std::optional<double>(std::string_view model, const providers::Usage& usage)> price;
  /// How long a process that gives no sign of life may still send tool calls, ≥ 1 s
  /// (docs/tools.md).
  std::chrono::milliseconds lease{15'000};
};

class Engine final : public Gateway, public store::CommitObserver {
 public:
  /// `workers`: where attempts run (each on one of a few strands). `on_deliveries` is called, on
  /// the store writer's thread, when webhook deliveries are due. Everything referred to outlives
  /// the engine.
  Engine(store::Store& store,
         const Clock& clock,
         const providers::Registry& registry,
         boost::asio::any_io_executor workers,
         EngineOptions options,
         std::function<void()> on_deliveries,
         runtime::ErrorReporter reporter);
  ~Engine() override;

  /// Recovers what a dead process left and starts to work. Once, before serving. Blocks.
  Result<void> start();
  /// Takes no new work, lets attempts end for `grace`, then hands the rest back to the queue on
  /// disk. Blocks; idempotent.
  void drain(std::chrono::milliseconds grace);
  /// From now on not_ready_reason() says so; submissions are still taken until the listener closes.
  void begin_drain();

  boost::asio::awaitable<SchemaJudgement> check_schema(std::string body) override;
  boost::asio::awaitable<Result<Submitted>> submit(std::string tenant,
                                                   TaskRequest request,
                                                   SubmitOptions options) override;
  boost::asio::awaitable<Result<TaskView>> get(std::string tenant, std::string public_id) override;
  boost::asio::awaitable<Result<TaskView>> wait_final(std::string tenant,
                                                      std::string public_id,
                                                      std::chrono::milliseconds patience) override;
  boost::asio::awaitable<Result<store::TaskPage>> list(store::ListFilter filter) override;
  boost::asio::awaitable<Result<store::EventPage>> events(std::string tenant,
                                                          std::string public_id,
                                                          std::uint64_t after,
                                                          int limit) override;
  boost::asio::awaitable<Result<std::string>> request_body(std::string tenant,
                                                           std::string public_id) override;
  boost::asio::awaitable<Result<std::unique_ptr<Subscription>>> subscribe(
      std::string tenant, std::string public_id, std::uint64_t after) override;
  boost::asio::awaitable<Result<TaskView>> cancel(std::string tenant,
                                                  std::string public_id) override;
  boost::asio::awaitable<Result<TaskView>> answer(std::string tenant,
                                                  std::string public_id,
                                                  TaskInput input) override;
  boost::asio::awaitable<Result<std::string>> steps(std::string tenant,
                                                    std::string public_id) override;
  boost::asio::awaitable<Result<std::string>> tool_calls(std::string tenant,
                                                         std::string public_id) override;
  boost::asio::awaitable<Result<void>> purge(std::string tenant, std::string public_id) override;
  boost::asio::awaitable<Result<Labelled>> label(std::string tenant,
                                                 std::string public_id,
                                                 LabelRequest request) override;
  std::string not_ready_reason() const override;
  std::vector<ModelStatus> models() const override;
  std::vector<CalibrationStatus> calibrations(const std::string& tenant) const override;

  void on_committed(const std::vector<store::Committed>& batch) override;
  void on_deliveries() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace taskgate::engine
