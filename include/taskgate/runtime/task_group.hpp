#pragma once
// The owner of coroutines: whoever starts one does it through a group, which lists it, stops it
// from any thread, says what happens when it fails, and is joined before what it uses dies.
// Used by everything that runs in the background. It does not log: the reporter does.

#include "taskgate/runtime/steady.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace taskgate::runtime {

/// Told of every exception that escaped a coroutine: which one, and what. May be called on any
/// thread that runs coroutines; must not throw.
using ErrorReporter = std::function<void(std::string_view what, std::exception_ptr error)>;

/// What an escaped exception means.
enum class OnError {
  log,          ///< report it; the others go on (a session, an attempt)
  stop_process  ///< report it and std::terminate: the process is useless without (a listener)
};

namespace detail {
struct TaskGroupChild;
struct TaskGroupState;
}  // namespace detail

/// Stops one coroutine of a group. Copies refer to the same one; may outlive it and the group.
class StopHandle {
 public:
  StopHandle() = default;
  /// Cancels the coroutine at its current or next co_await. Any thread, any number of times; no
  /// effect once it has ended. Its executor's context must still exist.
  void stop(boost::asio::cancellation_type type = boost::asio::cancellation_type::terminal) const;

 private:
  friend class TaskGroup;
  explicit StopHandle(std::weak_ptr<detail::TaskGroupChild> child) : child_(std::move(child)) {}
  std::weak_ptr<detail::TaskGroupChild> child_;
};

/// A coroutine's stop switch that exists before the coroutine does, for whoever must be able to
/// throw it from the first moment. Copies are the same switch.
class StopSource {
 public:
  /// `executor`: the one that the coroutine will be spawned on.
  explicit StopSource(boost::asio::any_io_executor executor);
  /// Cancels the coroutine where it stands. On its executor only, and not from the coroutine
  /// itself; StopHandle::stop is for all others.
  void stop_here(
      boost::asio::cancellation_type type = boost::asio::cancellation_type::terminal) const;

 private:
  friend class TaskGroup;
  std::shared_ptr<detail::TaskGroupChild> child_;
};

/// Owns coroutines. Every member may be called from any thread.
class TaskGroup {
 public:
  using OnError = runtime::OnError;

  explicit TaskGroup(ErrorReporter reporter);
  /// Does not wait. Join first, unless the executors' contexts are already destroyed.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts `task` on `executor`, which must be a strand or belong to a context with one thread.
  /// `what` names it in reports. After request_stop() the task is stopped at its first co_await.
  /// operation_aborted after a stop is the normal end and is not reported.
  StopHandle spawn(std::string what,
                   boost::asio::any_io_executor executor,
                   OnError on_error,
                   boost::asio::awaitable<void> task);

  /// The same with a switch made before, on that switch's executor. One coroutine a switch.
  StopHandle spawn(std::string what,
                   const StopSource& source,
                   OnError on_error,
                   boost::asio::awaitable<void> task);

  /// Cancels every child at its current or next co_await, and every later one at its first.
  void request_stop(boost::asio::cancellation_type type = boost::asio::cancellation_type::terminal);

  /// Completes when no child is left, on the caller's executor (a strand or single-threaded). Never
  /// from a child of this group. Cancellable (operation_aborted).
  boost::asio::awaitable<void> join();

  /// The same for a thread outside every executor: blocks. The executors' threads must be running.
  void wait();
  /// The same, for at most `limit`; true when no child is left.
  bool wait_for(SteadyDuration limit);

  /// Coroutines that have not ended.
  std::size_t size() const;

 private:
  std::shared_ptr<detail::TaskGroupState> state_;  // shared with the children's completion handlers
};

}  // namespace taskgate::runtime
