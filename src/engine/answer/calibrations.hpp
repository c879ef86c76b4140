#pragma once
// The labels of every route in memory, and what raw scores come to by them.

#include "taskgate/checks/calibration.hpp"
#include "taskgate/checks/confidence.hpp"
#include "taskgate/core/ids.hpp"
#include "taskgate/engine/label.hpp"
#include "taskgate/store/store.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::engine {

/// What scores can be compared within. Labels of one tenant never change another's answers.
struct AnswerRoute {
  std::string model;
  std::string output_schema;         ///< fingerprint; empty: prose
  std::vector<std::string> methods;  ///< of the confidence
};

/// The fingerprint of a schema's text as AnswerRequest has it; "" of none.
std::string schema_fingerprint(std::string_view schema);
/// The route as a label's row names it.
std::string to_string(const AnswerRoute& route);

/// Threads: any.
class Calibrations {
 public:
  static constexpr std::size_t kMaxLabels = 2'000;  ///< of a route; the oldest go first
  static constexpr std::size_t kMaxRoutes =
      1'000;  ///< of all; then a route of whoever has most goes

  /// Takes a label in; an earlier one of the same task is forgotten. Returns how many labels with a
  /// score its route has. Fits anew: up to a few milliseconds.
  std::size_t add(const store::Label& label);
  /// The same for many of different tasks, oldest first, fitting once.
  void load(const std::vector<store::Label>& labels);
  /// Replaces the score by its calibrated one where its route has enough labels.
  void apply(const std::string& tenant,
             const AnswerRoute& route,
             checks::Confidence& confidence) const;
  std::vector<CalibrationStatus> list(const std::string& tenant) const;

 private:
  struct Entry {
    TaskId task;
    checks::LabelledScore label;
  };
  struct Route {
    AnswerRoute of;
    TimePoint last{};
    std::vector<Entry> entries;
    std::optional<checks::Calibrator> calibrator;
    std::optional<double> error;
  };
  using Key = std::pair<std::string, std::string>;  // tenant, route

  Route* take(const store::Label& label);
  void make_room(const std::string& tenant);
  static void fit(Route& route);

  mutable std::mutex mutex_;
  std::map<Key, Route> routes_;
};

}  // namespace taskgate::engine
