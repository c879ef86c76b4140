#pragma once
// From a model's turn to an answer that stands: the checks, the other samples, the judge, and what
// is done about an answer that cannot be used. Belongs to one attempt, on its strand.
//
// The order of a recovery and its bounds are checks::plan_recovery's; this carries it out. Feedback
// is another turn of the same attempt; another model is another attempt, by the task's route.

#include "engine/answer/answer_checker.hpp"
#include "engine/answer/answer_history.hpp"
#include "engine/answer/calibrations.hpp"
#include "engine/answer/turn_taker.hpp"
#include "engine/delta_log.hpp"
#include "taskgate/checks/recovery.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <vector>

namespace taskgate::engine {

/// What an answer is worked on with; outlives the flow.
struct AnswerContext {
  const Clock& clock;
  const Calibrations& calibrations;
  DeltaLog& log;
  TurnTaker& turns;
};

/// Whose answer it is.
struct AnswerOwner {
  std::string tenant;
  std::string model;                         ///< of this attempt
  std::vector<std::string> fallback_models;  ///< that the route has left
  bool has_tools = false;  ///< its turns are steps of a loop, which announces them
};

class AnswerFlow {
 public:
  enum class Next {
    done,         ///< take_result() has the answer
    ask_again,    ///< the conversation was added to: take another turn
    other_model,  ///< the route's next model may do better; else take_result()
    stopped       ///< another turn was stopped
  };

  AnswerFlow(AnswerContext context,
             AnswerRequest request,
             checks::SchemaCache& schemas,
             AnswerOwner owner,
             AnswerHistory history);

  /// Looks at the attempt's latest turn.
  boost::asio::awaitable<Next> look(providers::ModelTurn turn,
                                    TurnTiming timing,
                                    Conversation& conversation);
  /// The answer that was looked at last, and what the checks say of it.
  FinalResult take_result();
  /// Why the answer that was looked at last cannot be used, for the log.
  const std::string& reason() const noexcept { return reason_; }
  /// A turn that brought no answer.
  void note_failed(const char* status, TurnTiming timing, const providers::Usage& usage);
  /// All steps so far, those of earlier attempts included.
  const AnswerHistory& history() const noexcept { return history_; }

 private:
  struct Candidate {
    providers::ModelTurn turn;
    checks::Report report;
    int step = 0;
  };

  boost::asio::awaitable<bool> take_samples(const Conversation& conversation);
  void choose();
  boost::asio::awaitable<bool> ask_judge();
  boost::asio::awaitable<bool> keep();
  void record(Step step);
  void record_model(const providers::ModelTurn& turn, TurnTiming timing);
  void record_repairs();
  void record_check(const checks::RecoveryPlan& plan);
  void write_down(const checks::RecoveryPlan* plan);
  checks::RecoveryPlan plan() const;
  void ask_for_correction(const checks::RecoveryPlan& plan, Conversation& conversation);
  void announce_turn();
  void calibrate();

  const AnswerContext context_;
  AnswerChecker checker_;
  const AnswerOwner owner_;
  AnswerHistory history_;
  std::vector<Step> unwritten_;  // steps that the log does not show yet
  std::vector<Candidate> candidates_;
  std::optional<Candidate> answer_;
  std::chrono::steady_clock::time_point check_began_{};
  TimePoint check_started_at_{};
  bool sampled_ = false;
  bool sample_failed_ = false;
  std::string reason_;
};

}  // namespace taskgate::engine
