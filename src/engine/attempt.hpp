#pragma once
// One attempt at a task: from `running` to its end, its return to the queue, or being given up. The
// only writer of its task's log while it runs, under a fence.

#include "engine/flow/flow_lane.hpp"
#include "engine/live_task.hpp"
#include "taskgate/core/clock.hpp"
#include "taskgate/engine/engine.hpp"
#include "taskgate/providers/provider.hpp"
#include "taskgate/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>

namespace taskgate::engine {

struct AgentServices;

/// What attempts work with; owned by the engine, outlives them.
struct AttemptContext {
  store::Store& store;
  const Clock& clock;
  const providers::Registry& registry;
  const EngineOptions& options;
  const AgentServices& agents;
  const std::atomic<bool>&
      stopping;  ///< the process is going down: give up rather than wait for the disk
};

/// How an attempt ended, for the scheduler.
struct AttemptEnd {
  enum class Kind {
    finished,  ///< the task is final and on disk
    again,     ///< back in the queue, not before ready_at
    waiting,   ///< the task waits for an answer, on disk
    given_up   ///< nothing more to do here: another path ended the task, or the process is going
               ///< down
  };
  Kind kind = Kind::given_up;
  TimePoint ready_at{};
  TaskStatus status = TaskStatus::failed;  ///< when finished
};

/// Told what a turn came to as soon as its upstream is done, before the end is on disk.
class TurnListener {
 public:
  virtual ~TurnListener() = default;
  /// Whether on_first_output() is of interest: it costs a step for each piece of the answer.
  virtual bool wants_first_output() const = 0;
  /// Before the second and every later turn of an attempt, on its strand. It takes its place among
  /// the model's turns whether one is free or not: a task under way is not put back for it.
  virtual void on_turn_begin() = 0;
  /// On the attempt's strand; at most once a turn.
  virtual void on_first_output() = 0;
  /// On the attempt's strand; once a turn.
  virtual void on_turn_end(const AttemptReport& report) = 0;
};

/// Runs the attempt on `control`'s strand. Never throws. `listener` outlives the call.
boost::asio::awaitable<AttemptEnd> run_attempt(const AttemptContext& context,
                                               LiveTaskPtr task,
                                               std::shared_ptr<AttemptControl> control,
                                               store::Fence fence,
                                               TurnListener& listener);

/// For a task of an earlier process: reads from its body and its log which models it may be run by
/// and how far it got along them. False when the store could not be read. Never throws.
boost::asio::awaitable<bool> learn_route(const AttemptContext& context, LiveTaskPtr task);

/// Ends a task that no attempt is running: cancelled or expired in the queue, or beyond its
/// attempts, or held back for too long.
boost::asio::awaitable<AttemptEnd> finish_unstarted(const AttemptContext& context,
                                                    LiveTaskPtr task,
                                                    TaskStatus status);

}  // namespace taskgate::engine
