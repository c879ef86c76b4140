#pragma once
// How sure the answer is, by the methods that ran. No method: no number.

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::checks {

/// The `confidence` object of a task.
struct Confidence {
  std::optional<double> score;       ///< 0..1, the lowest of what the methods say; unset: none ran
  std::optional<double> raw_score;   ///< before calibration; set when `calibrated`
  std::vector<std::string> methods;  ///< "logprobs", "self_consistency"
  bool calibrated = false;           ///< `score` went through a Calibrator of its route
  std::map<std::string, double> fields;  ///< JSON pointer of a leaf → 0..1; at most 200
};

/// As JSON text: {"score":…,"methods":[…],"calibrated":…,"fields":{"/a":{"score":…}}}, and
/// `raw_score` when calibrated.
std::string to_json(const Confidence& confidence);

}  // namespace taskgate::checks
