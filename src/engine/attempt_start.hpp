#pragma once
// An attempt's transition to `running`, on its way to the store. It must be durable before, or
// together with, everything else that the attempt writes, but nothing waits for it; only a tool's
// write would have to. So it is handed over when the attempt first waits for anything, and an
// attempt that is over before that takes it along in its last write: one commit less to wait for.

#include "engine/live_task.hpp"
#include "taskgate/store/store.hpp"

#include <memory>
#include <optional>

namespace taskgate::engine {

/// Lives on the attempt's strand.
class AttemptStart : public std::enable_shared_from_this<AttemptStart> {
 public:
  AttemptStart(store::Store& store, std::shared_ptr<AttemptControl> control)
      : store_(store), control_(std::move(control)) {}

  /// Submits the start at the strand's next turn, unless it is taken before: posted, so that it
  /// goes ahead of whatever the attempt's log posts later. A start that the store refuses stops the
  /// attempt (StopReason::storage).
  void submit_soon(store::StartAttempt start);
  /// The start, when it has not been submitted; it will not be.
  std::optional<store::StartAttempt> take();
  /// The store refused it: nothing of this attempt is on disk.
  bool refused() const noexcept { return refused_; }

 private:
  void submit();

  store::Store& store_;
  const std::shared_ptr<AttemptControl> control_;
  std::optional<store::StartAttempt> waiting_;
  bool refused_ = false;
};

}  // namespace taskgate::engine
