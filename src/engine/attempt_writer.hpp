#pragma once
// What an attempt writes: its start, the text and the events on its way, and its one end: a final
// state, or the way back to the queue. Under the attempt's fence; on its strand.

#include "engine/attempt.hpp"
#include "engine/attempt_start.hpp"
#include "engine/delta_log.hpp"
#include "engine/task_object.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>

namespace taskgate::engine {

class AttemptWriter {
 public:
  AttemptWriter(const AttemptContext& context,
                LiveTaskPtr task,
                std::shared_ptr<AttemptControl> control,
                store::Fence fence);
  ~AttemptWriter() { (void)start_->take(); }  // what it has posted may still come
  AttemptWriter(const AttemptWriter&) = delete;
  AttemptWriter& operator=(const AttemptWriter&) = delete;

  /// The start: written soon, or awaited after starts that the store refused. False: nothing of
  /// this attempt is on disk.
  boost::asio::awaitable<bool> begin();
  /// The task as this attempt leaves it, from begin() on.
  const Task& row() const noexcept { return row_; }
  store::Fence fence() const noexcept { return fence_; }
  /// The text and events on the way.
  DeltaLog& log() noexcept { return log_; }

  /// The final state, kept in hand until the storage takes it.
  boost::asio::awaitable<AttemptEnd> finish(FinalResult result);
  /// Back to the queue after a failure; `retrying` says why.
  boost::asio::awaitable<AttemptEnd> retry(EventDraft retrying, std::chrono::milliseconds delay);
  /// Back to the queue without counting a failure: it was the gateway that gave up.
  boost::asio::awaitable<AttemptEnd> requeue(StopReason reason);
  /// The task never left the queue on disk: only this process's queue has to take it again.
  AttemptEnd give_back(StopReason reason) const;

 private:
  store::StartAttempt make_start();
  store::Requeue make_requeue(TimePoint not_before,
                              EventDraft retrying,
                              const char* why,
                              bool failure);
  boost::asio::awaitable<AttemptEnd> write_requeue(store::Requeue command);
  boost::asio::awaitable<void> pause(std::chrono::milliseconds delay);

  const AttemptContext& context_;
  const LiveTaskPtr task_;
  const std::shared_ptr<AttemptControl> control_;
  const store::Fence fence_;
  const std::shared_ptr<AttemptStart> start_;  // shared with what it posts
  DeltaLog log_;
  Task row_;
};

}  // namespace taskgate::engine
