#pragma once
// Where an attempt's output goes: deltas are gathered while the previous append commits, and become
// one append and one event a kind (a commit per token would cost more than the model). Lives on the
// attempt's strand.

#include "engine/live_task.hpp"
#include "taskgate/core/clock.hpp"
#include "taskgate/core/event.hpp"
#include "taskgate/providers/provider.hpp"
#include "taskgate/store/store.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::engine {

class DeltaLog final : public providers::DeltaSink {
 public:
  DeltaLog(store::Store& store,
           const Clock& clock,
           TaskRef ref,
           store::Fence fence,
           std::shared_ptr<AttemptControl> control);

  void on_delta(const providers::Delta& delta) override;
  void on_progress(double fraction) override;
  bool full() const override;
  boost::asio::awaitable<void> drained() override;

  /// An event between the text before it and the text after it.
  void note(EventDraft event);
  /// What was written of this turn's text is void (`output.reset`, when there was any): another
  /// turn's text follows. `reason` is a word of the API's.
  void start_over(std::string_view reason);
  /// Waits until everything so far is durable. False when the log is this attempt's no more.
  boost::asio::awaitable<bool> flush();

  /// Waits until no append is in flight. False when one failed: the log would have a hole. Nothing
  /// is appended afterwards.
  boost::asio::awaitable<bool> settle();
  /// What has not been appended yet, as events; the caller writes them itself. Nothing is appended
  /// afterwards.
  std::vector<EventDraft> take_rest();
  /// True once a delta was seen that is not void: a retry must void it.
  bool wrote_text() const;
  /// Everything received since the start or the last start_over().
  const std::string& text() const;

 private:
  struct State;
  std::shared_ptr<State>
      state_;  // shared with the completion of an append that outlives the attempt
};

}  // namespace taskgate::engine
