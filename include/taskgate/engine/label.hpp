#pragma once
// Whether an answer was right, as a client says, and what such words are good for: turning raw
// confidence into a probability.

#include "taskgate/core/clock.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::engine {

struct LabelRequest {
  bool correct = false;
  std::optional<std::string> note;
};

/// A label that is on disk.
struct Labelled {
  TimePoint at{};
  std::optional<double> score;  ///< the answer's raw confidence; unset: it had none
  std::size_t labels = 0;       ///< with a score, of the same route
};

/// How well the confidence of one route is calibrated. A route is what raw scores can be compared
/// within: a model, an output_schema and the methods that made the score.
struct CalibrationStatus {
  std::string model;                 ///< "provider/model"
  std::string output_schema;         ///< SHA-256 of the schema, hexadecimal; empty: prose
  std::vector<std::string> methods;  ///< as in the task's confidence
  std::size_t labels = 0;            ///< with a score, at most the newest 2,000
  std::optional<double> error;  ///< expected calibration error on held-out labels; unset: too few
};

}  // namespace taskgate::engine
