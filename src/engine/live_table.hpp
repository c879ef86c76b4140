#pragma once
// Every live task of this process by its key, kept in step with the log: commits, and nothing else,
// change what a poll sees, so that a client never sees a state that a crash could take back.

#include "engine/finished_cache.hpp"
#include "engine/live_task.hpp"
#include "taskgate/store/store.hpp"

#include <array>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace taskgate::engine {

class LiveTable {
 public:
  explicit LiveTable(FinishedCache& finished) : finished_(finished) {}

  /// A cancellation noted before makes the task come in as one to be cancelled.
  void insert(LiveTaskPtr task);
  /// A task was marked for cancellation that is on disk and not here: its submitter is about to
  /// insert it. Returns it when that has happened meanwhile.
  LiveTaskPtr note_cancel(const TaskRef& ref);
  /// Null when the task is not live here.
  LiveTaskPtr find(const TaskRef& ref) const;
  std::vector<LiveTaskPtr> all() const;
  std::size_t size() const;

  /// Rings `bell` once when the task's end can be looked up. False: it is final already.
  static bool ring_at_end(LiveTask& task, const std::shared_ptr<Bell>& bell);

  /// Everyone who waits for an end waits no longer. Any thread.
  void ring_all(Peal& peal);

  /// Applies freshly committed events to the task's mirror; a final event moves it to the finished
  /// cache. On the store writer's thread.
  void apply(const store::Committed& committed, Peal& peal);

 private:
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<TaskRef, LiveTaskPtr, TaskRefHash> tasks;
    std::unordered_set<TaskRef, TaskRefHash> cancels;  // noted, for tasks that are not here yet
  };
  const Shard& shard(const TaskRef& ref) const {
    return shards_[TaskIdHash{}(ref.id) % shards_.size()];
  }
  Shard& shard(const TaskRef& ref) { return shards_[TaskIdHash{}(ref.id) % shards_.size()]; }

  FinishedCache& finished_;
  std::array<Shard, 16> shards_;
};

}  // namespace taskgate::engine
