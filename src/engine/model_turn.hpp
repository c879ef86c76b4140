#pragma once
// One turn with a provider, and what is told of it: to flow control, and in the log when it is to
// be repeated.

#include "engine/attempt_control.hpp"
#include "engine/flow/flow_lane.hpp"
#include "taskgate/providers/provider.hpp"
#include "taskgate/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace taskgate::engine {

/// A failure of the gateway's own making.
providers::Failure local_failure(providers::FailureClass failure_class, std::string message);

/// Passes a turn's deltas on, and calls back before the first one.
class FirstOutput final : public providers::DeltaSink {
 public:
  /// `next` outlives it.
  FirstOutput(providers::DeltaSink& next, std::function<void()> first)
      : next_(next), first_(std::move(first)) {}
  void on_delta(const providers::Delta& delta) override {
    if (first_) std::exchange(first_, nullptr)();
    next_.on_delta(delta);
  }
  void on_progress(double fraction) override { next_.on_progress(fraction); }
  bool full() const override { return next_.full(); }
  boost::asio::awaitable<void> drained() override { return next_.drained(); }

 private:
  providers::DeltaSink& next_;
  std::function<void()> first_;
};

/// The provider's turn; exceptions become failures. nullopt: stopped.
boost::asio::awaitable<std::optional<providers::TurnOutcome>> guarded_turn(
    providers::Provider& provider, providers::ModelRequest request, providers::DeltaSink& sink);

/// What the upstream showed of itself. A turn that was stopped from outside shows nothing, unless
/// it was for taking too long.
AttemptReport report_of(const std::optional<providers::TurnOutcome>& outcome,
                        StopReason reason,
                        std::chrono::milliseconds total);

/// `task.retrying` of attempt number `attempt`, which failed and is repeated after `delay`.
EventDraft retrying_event(int attempt,
                          std::chrono::milliseconds delay,
                          const providers::Failure& failure);
/// Adds the name of a model to an event's data.
void append_model(std::string& data, std::string_view key, std::string_view model);

}  // namespace taskgate::engine
