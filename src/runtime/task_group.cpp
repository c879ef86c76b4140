#include "taskgate/runtime/task_group.hpp"

#include "taskgate/runtime/mailbox.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <vector>

namespace asio = boost::asio;

namespace taskgate::runtime {
namespace detail {

// What a coroutine's end needs stands here and not in its completion handler, of which a frame
// holds several copies.
struct TaskGroupChild {
  explicit TaskGroupChild(asio::any_io_executor e) : executor(std::move(e)) {}
  asio::any_io_executor executor;
  asio::cancellation_signal signal;  // touched on the executor only
  std::atomic<bool> stopped{false};
  std::string what;
  OnError on_error = OnError::log;
  std::list<std::shared_ptr<TaskGroupChild>>::iterator place;  // in TaskGroupState::children
};

struct TaskGroupState {
  using Children = std::list<std::shared_ptr<TaskGroupChild>>;

  explicit TaskGroupState(ErrorReporter r) : report(std::move(r)) {}

  void ended(Children::iterator child) {
    std::lock_guard lock(mutex);
    children.erase(child);
    if (!children.empty()) return;
    for (const auto& joiner : joiners) joiner->notify();
    empty.notify_all();
  }

  const ErrorReporter report;
  mutable std::mutex mutex;
  std::condition_variable empty;
  Children children;
  std::vector<std::shared_ptr<WakeUp>> joiners;
  bool stopping = false;
  asio::cancellation_type stop_type = asio::cancellation_type::terminal;
};

}  // namespace detail

namespace {

/// True for the way a cancelled coroutine ends: operation_aborted, also out of a cancelled `||`.
bool is_abort(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (const asio::multiple_exceptions& e) {
    return is_abort(e.first_exception());
  } catch (...) {
    return false;
  }
}

/// Never emits directly: an emit off the target's executor is a use-after-free in Boost 1.81.
void stop_child(const std::shared_ptr<detail::TaskGroupChild>& child,
                asio::cancellation_type type) {
  child->stopped = true;
  asio::post(child->executor, [child, type] { child->signal.emit(type); });
}

}  // namespace

void StopHandle::stop(asio::cancellation_type type) const {
  if (auto child = child_.lock()) stop_child(child, type);
}

StopSource::StopSource(asio::any_io_executor executor)
    : child_(std::make_shared<detail::TaskGroupChild>(std::move(executor))) {}

void StopSource::stop_here(asio::cancellation_type type) const {
  child_->stopped = true;
  child_->signal.emit(type);
}

TaskGroup::TaskGroup(ErrorReporter reporter)
    : state_(std::make_shared<detail::TaskGroupState>(std::move(reporter))) {}

TaskGroup::~TaskGroup() = default;

StopHandle TaskGroup::spawn(std::string what,
                            asio::any_io_executor executor,
                            OnError on_error,
                            asio::awaitable<void> task) {
  return spawn(std::move(what), StopSource(std::move(executor)), on_error, std::move(task));
}

StopHandle TaskGroup::spawn(std::string what,
                            const StopSource& source,
                            OnError on_error,
                            asio::awaitable<void> task) {
  const auto child = source.child_;
  const auto executor = child->executor;
  bool stopping = false;
  asio::cancellation_type type{};
  child->what = std::move(what);
  child->on_error = on_error;
  {
    std::lock_guard lock(state_->mutex);
    child->place = state_->children.insert(state_->children.end(), child);
    stopping = state_->stopping;
    type = state_->stop_type;
  }
  auto done = [state = state_, child](std::exception_ptr e) {
    if (e && !(child->stopped && is_abort(e))) {
      if (state->report) state->report(child->what, e);
      if (child->on_error == OnError::stop_process) std::terminate();
    }
    e = nullptr;  // released before the joiner may go on
    state->ended(child->place);
  };
  asio::co_spawn(executor, std::move(task),
                 asio::bind_executor(executor, asio::bind_cancellation_slot(child->signal.slot(),
                                                                            std::move(done))));
  if (stopping) stop_child(child, type);
  return StopHandle(child);
}

void TaskGroup::request_stop(asio::cancellation_type type) {
  std::vector<std::shared_ptr<detail::TaskGroupChild>> now;
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->stop_type = type;
    now.assign(state_->children.begin(), state_->children.end());
  }
  for (const auto& child : now) stop_child(child, type);
}

asio::awaitable<void> TaskGroup::join() {
  auto state = state_;
  auto executor = co_await asio::this_coro::executor;
  auto wake = std::make_shared<WakeUp>(executor);
  {
    std::lock_guard lock(state->mutex);
    state->joiners.push_back(wake);
  }
  std::exception_ptr aborted;
  for (bool empty = false; !empty && !aborted;) {
    {
      std::lock_guard lock(state->mutex);
      empty = state->children.empty();
    }
    if (empty) break;
    try {
      (void)co_await wake->wait_until(SteadyTime::max());
    } catch (...) {
      aborted = std::current_exception();
    }
  }
  {
    std::lock_guard lock(state->mutex);
    std::erase(state->joiners, wake);
  }
  if (aborted) std::rethrow_exception(aborted);
}

void TaskGroup::wait() {
  std::unique_lock lock(state_->mutex);
  state_->empty.wait(lock, [this] { return state_->children.empty(); });
}

bool TaskGroup::wait_for(SteadyDuration limit) {
  std::unique_lock lock(state_->mutex);
  return state_->empty.wait_for(lock, limit, [this] { return state_->children.empty(); });
}

std::size_t TaskGroup::size() const {
  std::lock_guard lock(state_->mutex);
  return state_->children.size();
}

}  // namespace taskgate::runtime
