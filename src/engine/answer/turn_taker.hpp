#pragma once
// How whoever works on an answer gets another turn: implemented by the attempt, which knows the
// model, the limits and the stop.

#include "engine/answer/step.hpp"
#include "engine/conversation.hpp"
#include "taskgate/providers/provider.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace taskgate::engine {

/// When a turn began and how long its upstream took.
struct TurnTiming {
  TimePoint started_at{};
  std::chrono::milliseconds took{0};
};

/// A turn that was taken aside.
struct SideTurn {
  std::optional<providers::TurnOutcome> outcome;  ///< nullopt: stopped
  TurnTiming timing;
};

class TurnTaker {
 public:
  virtual ~TurnTaker() = default;
  /// A turn of the task's model whose text no client sees. `sample` is its number among the
  /// samples, from 1; the first was the turn that the clients saw.
  virtual boost::asio::awaitable<SideTurn> take_sample(const Conversation& conversation,
                                                       int sample) = 0;
  /// A turn of another model.
  virtual boost::asio::awaitable<SideTurn> ask(std::string model,
                                               providers::ModelRequest request) = 0;
  /// False: the deadline has passed or the attempt is being stopped.
  virtual bool may_go_on() const = 0;
};

/// Takes a text that nobody follows.
class SilentSink final : public providers::DeltaSink {
 public:
  void on_delta(const providers::Delta&) override {}
  void on_progress(double) override {}
  bool full() const override { return false; }
  boost::asio::awaitable<void> drained() override { co_return; }
};

}  // namespace taskgate::engine
