#pragma once
// Group commit: one thread that owns the only writing connection. It commits whatever is waiting as
// one transaction; the next batch gathers meanwhile. No linger: a commit starts as soon as the one
// before it has returned.
//
// It knows transactions and their failure, not SQL: the database is behind WriteSession.

#include "store/completion.hpp"
#include "taskgate/store/store.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace taskgate::store {

/// The disk or the database failed: the transaction is void, and the store is not writable until a
/// probe succeeds.
class StorageFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One command broke a rule of the schema: a bug in its caller, no fault of the disk and none of
/// its neighbours in the batch.
class RuleViolation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One write, from its submission to its completion.
class Command : public Completion {
 public:
  /// Applies the write inside the open transaction and keeps the outcome. May be called again after
  /// a rollback: it must not consume its input.
  virtual void apply() = 0;

  /// What it holds in memory while it waits.
  std::size_t bytes() const noexcept { return bytes_; }
  /// True: done only when what it deleted has left the files (WriteSession::hold_back).
  bool is_erasure() const noexcept { return is_erasure_; }

 protected:
  using Completion::Completion;
  void set_bytes(std::size_t bytes) noexcept { bytes_ = bytes; }
  void set_erasure() noexcept { is_erasure_ = true; }

 private:
  std::size_t bytes_ = 0;
  bool is_erasure_ = false;
};

/// The writing side of a database, used by the writer's thread alone. Everything but rollback(),
/// probe() and release_held() may throw StorageFailure or RuleViolation.
class WriteSession {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  virtual ~WriteSession() = default;
  virtual void begin() = 0;
  virtual void commit() = 0;
  /// Voids the open transaction, if there is one, and forgets what its commands left to publish.
  virtual void rollback() noexcept = 0;
  /// A part of the transaction that can be undone alone.
  virtual void savepoint() = 0;
  virtual void release_savepoint() = 0;
  virtual void undo_savepoint() = 0;
  /// The transaction is durable: tells the observer.
  virtual void publish() = 0;
  /// Completions that wait for more than the commit (a purge waits for its checkpoint) are taken
  /// here; the rest stay.
  virtual void hold_back(std::vector<std::unique_ptr<Command>>& committed) = 0;
  /// Tries a durable write; true when the disk is well again.
  virtual bool probe() noexcept = 0;
  /// Checkpoints and the like, between two commits. `idle`: nobody is waiting. Completions that it
  /// sets free go to `done`. Returns when it wants to be called again, at the latest.
  virtual SteadyTime upkeep(bool idle, CompletionBatch& done) = 0;
  /// Sets what was held back free: the last call, or the disk has fallen sick and nobody knows for
  /// how long.
  virtual void release_held(CompletionBatch& done) noexcept = 0;
};

/// Bounds of the queue.
struct GroupCommitLimits {
  std::size_t commands = 65536;
  std::size_t bytes = 256U << 20;
  std::size_t batch = 1024;             ///< commands in one transaction
  std::size_t batch_bytes = 32U << 20;  ///< and their bytes
  std::chrono::milliseconds probe_every{500};
};

class GroupCommit {
 public:
  /// `session` outlives this object.
  GroupCommit(WriteSession& session, GroupCommitLimits limits);
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  /// Queues a command, or refuses it: Errc::overloaded (queue full), Errc::storage (not writable,
  /// closed). Either way its completion is posted. Any thread.
  void submit(std::unique_ptr<Command> command);
  /// Refuses what comes from now on, commits what is queued, joins the thread. Idempotent.
  void stop();
  Health health() const;

 private:
  using Batch = std::vector<std::unique_ptr<Command>>;

  void run();
  bool wait_for_batch(Batch& batch);
  void take_batch(Batch& batch);
  void commit_batch(Batch& batch);
  void commit_with_savepoints(Batch& batch);
  void apply_alone(Command& command);
  void succeeded(Batch& batch);
  void commit_failed(Batch& batch, const std::string& reason);
  void failed(Batch& batch, const std::string& reason);
  void refuse_all(Batch& batch, const std::string& reason);
  void try_probe();
  void run_upkeep(bool idle);
  void set_health(bool writable, std::string reason);

  WriteSession& session_;
  const GroupCommitLimits limits_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Command>> queue_;
  std::size_t queued_bytes_ = 0;
  bool sleeping_ = false;  ///< the writer waits for work: only then is a notify worth its price
  bool stopping_ = false;
  Health health_;

  // The writer's own.
  bool writable_ = true;
  WriteSession::SteadyTime next_probe_{};
  WriteSession::SteadyTime next_upkeep_{};

  std::mutex join_mutex_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace taskgate::store
