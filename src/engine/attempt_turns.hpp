#pragma once
// The turns of one attempt: its model's, which the clients see, and those taken aside for the
// checks of the answer. Each has its time limit, can be stopped, and is told of to flow control.
// Belongs to its attempt, on its strand.

#include "engine/answer/turn_taker.hpp"
#include "engine/attempt.hpp"
#include "engine/attempt_control.hpp"
#include "engine/attempt_writer.hpp"
#include "engine/model_turn.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace taskgate::engine {

class AgentLoop;

class AttemptTurns final : public TurnTaker {
 public:
  /// All outlive it.
  AttemptTurns(const AttemptContext& context,
               const LiveTask& task,
               AttemptControl& control,
               AttemptWriter& writer,
               TurnListener& listener)
      : context_(context), task_(task), control_(control), writer_(writer), listener_(listener) {}

  /// The model whose turns they are, as the client named it.
  void use_model(std::string model) { model_ = std::move(model); }
  /// The loop whose tools may have changed something; outlives it.
  void follow(const AgentLoop& agent) { agent_ = &agent; }

  /// The next turn of the conversation. nullopt: stopped.
  boost::asio::awaitable<std::optional<providers::TurnOutcome>> take(
      const Conversation& conversation);
  boost::asio::awaitable<SideTurn> take_sample(const Conversation& conversation,
                                               int sample) override;
  boost::asio::awaitable<SideTurn> ask(std::string model, providers::ModelRequest request) override;
  bool may_go_on() const override;

  /// Of the latest turn.
  const TurnTiming& timing() const noexcept { return timing_; }
  /// What its upstream showed of itself.
  const AttemptReport& report() const noexcept { return report_; }
  /// The latest turn does not stand among the task's steps yet.
  bool is_unrecorded() const noexcept { return unrecorded_; }
  void note_recorded() noexcept { unrecorded_ = false; }
  /// When the first turn began; nullopt: none did.
  std::optional<TimePoint> started_at() const noexcept { return started_at_; }
  /// Time spent with the upstream, all turns together.
  std::chrono::milliseconds upstream() const noexcept { return upstream_; }

 private:
  boost::asio::awaitable<std::optional<providers::TurnOutcome>> run(providers::ModelRequest turn,
                                                                    providers::DeltaSink& to);
  void go_on_without(std::optional<providers::TurnOutcome>& aside);
  boost::asio::awaitable<std::optional<providers::TurnOutcome>> timed(providers::Provider& provider,
                                                                      providers::ModelRequest turn,
                                                                      providers::DeltaSink& to,
                                                                      TurnTiming& timing);
  providers::DeltaSink& sink();
  void limit_time();

  const AttemptContext& context_;
  const LiveTask& task_;
  AttemptControl& control_;
  AttemptWriter& writer_;
  TurnListener& listener_;
  const AgentLoop* agent_ = nullptr;
  std::string model_;
  std::optional<FirstOutput> first_output_;
  int turns_ = 0;
  AttemptReport report_;
  TurnTiming timing_;
  bool unrecorded_ = false;
  std::optional<TimePoint> started_at_;
  std::chrono::milliseconds upstream_{0};
};

}  // namespace taskgate::engine
