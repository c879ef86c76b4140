#pragma once
// The engine's inside: what its use cases share. engine.cpp looks and follows, engine_changes.cpp
// submits, cancels and purges.

#include "engine/admission.hpp"
#include "engine/agent/agent_services.hpp"
#include "engine/answer/calibrations.hpp"
#include "engine/attempt.hpp"
#include "engine/duration_history.hpp"
#include "engine/finished_cache.hpp"
#include "engine/hub.hpp"
#include "engine/live_table.hpp"
#include "engine/scheduler.hpp"
#include "taskgate/engine/engine.hpp"

#include <atomic>
#include <utility>

namespace taskgate::engine {

/// A live task from its row. `body` may be empty: it is loaded when an attempt needs it.
LiveTaskPtr make_live(const Task& row, std::string body, std::size_t body_bytes);
/// The engine's options as admission takes them.
AdmissionLimits admission_limits(const EngineOptions& options);

struct Engine::Impl {
  Impl(store::Store& s,
       const Clock& c,
       const providers::Registry& r,
       boost::asio::any_io_executor w,
       EngineOptions o,
       std::function<void()> d,
       runtime::ErrorReporter e)
      : store(s),
        clock(c),
        registry(r),
        workers(std::move(w)),
        options(o),
        deliveries(std::move(d)),
        reporter(std::move(e)),
        finished(options.finished_cache_bytes),
        live(finished),
        admission(admission_limits(options)),
        started_at(clock.now()),
        lease(options.lease),
        agents{options.toolbox != nullptr ? *options.toolbox : no_tools, lease},
        schemas(std::make_shared<checks::SchemaCache>(checks::SchemaOptions{},
                                                      checks::SchemaCacheLimits{})),
        context{store, clock, registry, options, agents, stopping, *schemas, calibrations},
        scheduler(context, workers, admission, history, reporter),
        loops(reporter) {}

  store::Store& store;
  const Clock& clock;
  const providers::Registry& registry;
  const boost::asio::any_io_executor workers;
  const EngineOptions options;
  const std::function<void()> deliveries;
  const runtime::ErrorReporter reporter;

  std::atomic<bool> stopping{false};
  std::atomic<bool> draining{false};
  FinishedCache finished;
  LiveTable live;
  Hub hub;
  Admission admission;
  DurationHistory history;
  const TimePoint started_at;
  const std::chrono::steady_clock::time_point started_at_steady = std::chrono::steady_clock::now();
  ProcessLease lease;
  const tools::Toolbox no_tools;
  const AgentServices agents;
  const std::shared_ptr<checks::SchemaCache> schemas;  // shared: a submission's look may outlive us
  Calibrations calibrations;
  AttemptContext context;
  Scheduler scheduler;
  runtime::TaskGroup loops;
  bool drained = false;

  boost::asio::awaitable<Result<TaskRef>> resolve(std::string tenant, std::string public_id);
  TaskView live_view(const LiveTask& task) const;
  TaskView finished_view(FinishedTask task) const;
  boost::asio::awaitable<Result<TaskView>> view(TaskRef ref);
  /// Takes a place in the admission, or says why there is none.
  Result<void> may_enter(const std::string& tenant,
                         const TaskRequest& request,
                         const SubmitOptions& submission);
  /// The task that the request's key or id already made, else `refusal`.
  boost::asio::awaitable<Result<Submitted>> find_known(std::string tenant,
                                                       TaskRequest request,
                                                       SubmitOptions submission,
                                                       Error refusal);
  boost::asio::awaitable<Result<Submitted>> settle_accept(store::AcceptOutcome outcome,
                                                          TaskRequest request,
                                                          bool by_id);
  /// What SubmitOptions::retry asks for, into the command.
  boost::asio::awaitable<Result<void>> prepare_retry(std::string tenant,
                                                     RetryOf retry,
                                                     store::NewTask& command);
  /// A resolve of a finished task's write, into its journal.
  boost::asio::awaitable<Result<void>> note_resolution(const TaskRef& ref,
                                                       const store::TaskJournal& journal,
                                                       const TaskInput& input);
  /// Errc::invalid_argument, with the JSON pointer of the field as its detail.
  std::optional<Error> check_tools(const TaskRequest& request) const;
  TimePoint now_for_keeping() const;
  boost::asio::awaitable<void> retention();
  void seed_history();
  /// What earlier labels teach; without them scores stay as they are.
  void load_labels();
  std::chrono::milliseconds poll_after(const Task& task,
                                       std::optional<std::int64_t> estimate) const;
};

}  // namespace taskgate::engine
