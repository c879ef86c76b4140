#include "store/group_commit.hpp"

#include "taskgate/core/crash_point.hpp"
#include "taskgate/observe/log.hpp"

#include <utility>

namespace taskgate::store {
namespace {

using Steady = std::chrono::steady_clock;

Error not_writable(const std::string& reason) {
  Error error(Errc::storage, "the task store cannot write now; nothing was stored");
  error.with_detail(reason).with_retry_after(std::chrono::seconds(1));
  return error;
}

Error queue_full() {
  Error error(Errc::overloaded, "too many writes are waiting for the disk");
  error.with_retry_after(std::chrono::seconds(1));
  return error;
}

}  // namespace

GroupCommit::GroupCommit(WriteSession& session, GroupCommitLimits limits)
    : session_(session), limits_(limits), thread_([this] { run(); }) {}

GroupCommit::~GroupCommit() {
  stop();
}

void GroupCommit::submit(std::unique_ptr<Command> command) {
  const std::size_t bytes = command->bytes();
  std::unique_lock lock(mutex_);
  if (stopping_) {
    lock.unlock();
    return refuse(std::move(command), not_writable("the store is closed"));
  }
  if (!health_.writable) {
    const auto error = not_writable(health_.reason);
    lock.unlock();
    return refuse(std::move(command), error);
  }
  // One command larger than the whole bound is taken when it is alone: it could never pass else.
  const bool too_many_bytes = !queue_.empty() && queued_bytes_ + bytes > limits_.bytes;
  if (queue_.size() >= limits_.commands || too_many_bytes) {
    lock.unlock();
    return refuse(std::move(command), queue_full());
  }
  queue_.push_back(std::move(command));
  queued_bytes_ += bytes;
  const bool notify = std::exchange(sleeping_, false);
  lock.unlock();
  if (notify) wake_.notify_one();
}

void GroupCommit::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  const std::lock_guard lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

Health GroupCommit::health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

void GroupCommit::set_health(bool writable, std::string reason) {
  writable_ = writable;
  const std::lock_guard lock(mutex_);
  health_.writable = writable;
  health_.reason = std::move(reason);
}

void GroupCommit::run() {
  Batch batch;
  next_upkeep_ = Steady::now();
  while (wait_for_batch(batch)) {
    if (!writable_) try_probe();
    const bool idle = batch.empty();
    if (!idle) commit_batch(batch);
    batch.clear();
    if (writable_) run_upkeep(idle);
  }
  CompletionBatch done;
  session_.release_held(done);
  done.post();
}

// False: stopping, and nothing is left. An empty batch: the time for a probe or for upkeep has
// come.
bool GroupCommit::wait_for_batch(Batch& batch) {
  std::unique_lock lock(mutex_);
  if (queue_.empty() && !stopping_) {
    sleeping_ = true;
    const auto until = writable_ ? next_upkeep_ : next_probe_;
    wake_.wait_until(lock, until, [this] { return !queue_.empty() || stopping_; });
    sleeping_ = false;
  }
  if (queue_.empty() && stopping_) return false;
  take_batch(batch);
  return true;
}

void GroupCommit::take_batch(Batch& batch) {
  std::size_t bytes = 0;
  while (!queue_.empty() && batch.size() < limits_.batch) {
    const std::size_t next = queue_.front()->bytes();
    if (!batch.empty() && bytes + next > limits_.batch_bytes) break;
    bytes += next;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_bytes_ -= bytes;
}

void GroupCommit::commit_batch(Batch& batch) {
  if (!writable_) return failed(batch, health().reason);
  try {
    session_.begin();
    for (const auto& command : batch) command->apply();
    session_.commit();
  } catch (const RuleViolation&) {
    session_.rollback();
    return commit_with_savepoints(batch);
  } catch (const std::exception& failure) {
    session_.rollback();
    return commit_failed(batch, failure.what());
  }
  succeeded(batch);
}

// The slow road, taken when a command of the batch broke a rule of the schema: everyone again, each
// in a savepoint, so that only the culprit fails.
void GroupCommit::commit_with_savepoints(Batch& batch) {
  try {
    session_.begin();
    for (const auto& command : batch) apply_alone(*command);
    session_.commit();
  } catch (const std::exception& failure) {
    session_.rollback();
    return commit_failed(batch, failure.what());
  }
  succeeded(batch);
}

void GroupCommit::apply_alone(Command& command) {
  session_.savepoint();
  try {
    command.apply();
    session_.release_savepoint();
  } catch (const RuleViolation& violation) {
    session_.undo_savepoint();
    Error error(Errc::internal, "the task store refused an inconsistent write");
    error.with_detail(violation.what());
    command.fail(error);
  }
}

void GroupCommit::succeeded(Batch& batch) {
  session_.publish();
  session_.hold_back(batch);
  TASKGATE_CRASH_POINT("store.after_publish");
  CompletionBatch done;
  for (auto& command : batch) done.add(std::move(command));
  done.post();
}

// A commit whose sync failed may stand in the log, written and complete: the next start would take
// it for committed, and what was refused would be there. The probe's write goes over it, so it
// comes first, and only then is anyone told.
void GroupCommit::commit_failed(Batch& batch, const std::string& reason) {
  log::error("store.write_failed", {{"reason", reason}, {"commands", batch.size()}});
  if (session_.probe()) return refuse_all(batch, reason);  // it had passed already
  failed(batch, reason);
}

// The disk is sick until a probe says otherwise.
void GroupCommit::failed(Batch& batch, const std::string& reason) {
  if (writable_) {
    next_probe_ = Steady::now() + limits_.probe_every;
    set_health(false, reason);
    CompletionBatch done;
    session_.release_held(done);
    done.post();
  }
  refuse_all(batch, reason);
}

void GroupCommit::refuse_all(Batch& batch, const std::string& reason) {
  const auto error = not_writable(reason);
  CompletionBatch done;
  for (auto& command : batch) {
    command->fail(error);
    done.add(std::move(command));
  }
  done.post();
}

void GroupCommit::try_probe() {
  if (Steady::now() < next_probe_) return;
  if (session_.probe()) {
    log::info("store.writable_again");
    set_health(true, {});
    next_upkeep_ = Steady::now();
  } else {
    next_probe_ = Steady::now() + limits_.probe_every;
  }
}

void GroupCommit::run_upkeep(bool idle) {
  CompletionBatch done;
  try {
    next_upkeep_ = session_.upkeep(idle, done);
  } catch (const std::exception& failure) {
    log::error("store.upkeep_failed", {{"reason", failure.what()}});
    Batch none;
    failed(none, failure.what());
  }
  done.post();
}

}  // namespace taskgate::store
