#pragma once
// Every model's lane, and the choice among the models that a task may be run by. Thread-safe.

#include "engine/flow/flow_lane.hpp"
#include "taskgate/engine/flow_options.hpp"
#include "taskgate/engine/model_status.hpp"

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace taskgate::engine {

/// Bounded in lanes: past kMaxLanes the one that rested longest is forgotten, and when all are in
/// use the models that come next share one lane per provider.
class FlowControl {
 public:
  static constexpr std::size_t kMaxLanes = 1024;

  explicit FlowControl(FlowOptions options) : options_(options) {}

  /// A model that a task may be run by.
  struct Candidate {
    std::string_view model;  ///< "provider/model"
    FlowLane::Kind kind = FlowLane::Kind::first;
  };
  struct Lane;
  /// What choose() came to: a start (reason none), whose permit finish() takes back; or a hold.
  struct Choice {
    HoldReason reason = HoldReason::none;
    std::size_t index = 0;  ///< the candidate that starts, or in whose lane the task is held
    std::string lane;       ///< of a hold: the lane's name
    std::optional<runtime::SteadyTime> until;  ///< of a hold: when to ask again; unset: at an end
    std::shared_ptr<Lane> permit;              ///< of a start
    FlowLane::Ticket ticket;
  };
  /// The first candidate that may start. A candidate that is out (breaker open, no quota, asked for
  /// a long pause, no retry allowed) is passed over when a later one may start; one that is only
  /// busy is waited for. Precondition: at least one candidate.
  Choice choose(std::span<const Candidate> candidates, runtime::SteadyTime now);
  /// A start without asking: the next turn of an attempt that has begun.
  Choice start(std::string_view model, runtime::SteadyTime now);
  /// As FlowLane::note_alive.
  void note_alive(const Choice& choice, runtime::SteadyTime now);
  void finish(const Choice& choice, const AttemptReport& report, runtime::SteadyTime now);

  /// The name of a start's lane.
  static const std::string& name_of(const std::shared_ptr<Lane>& permit);
  /// How many attempts may start in the lane of that name. One that was forgotten begins anew.
  int room(const std::string& lane, runtime::SteadyTime now) const;
  /// When a lane that has no room should be asked again; unset: when an attempt of it ends.
  std::optional<runtime::SteadyTime> opens_at(const std::string& lane,
                                              runtime::SteadyTime now) const;

  /// Models that have been used lately and that their upstream is known to have, by name.
  std::vector<ModelStatus> status(runtime::SteadyTime now) const;

  const FlowOptions& options() const noexcept { return options_; }

 private:
  using Lanes = std::list<std::shared_ptr<Lane>>;
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>{}(name);
    }
  };

  const std::shared_ptr<Lane>& lane_of(std::string_view model);
  const std::shared_ptr<Lane>& add_lane(std::string_view name);
  bool forget_one();

  const FlowOptions options_;
  mutable std::mutex mutex_;  // guards everything below, the lanes' insides included
  Lanes used_;                // the latest in front
  std::unordered_map<std::string, Lanes::iterator, NameHash, std::equal_to<>> lanes_;
};

}  // namespace taskgate::engine
