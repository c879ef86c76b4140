#pragma once
// From a raw confidence to a probability that the answer was right, learnt from labelled outcomes
// of one route. Pure; the caller keeps the labels.

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace taskgate::checks {

/// One labelled outcome.
struct LabelledScore {
  double score = 0;  ///< the raw confidence, 0..1
  bool right = false;
};

/// Fewer labels than this: no calibration, `calibrated` stays false.
inline constexpr std::size_t kMinLabels = 200;

/// A monotone step function from raw score to probability (isotonic regression by pooling adjacent
/// violators), linear between its points.
class Calibrator {
 public:
  /// nullopt with fewer than kMinLabels finite scores.
  static std::optional<Calibrator> fit(std::span<const LabelledScore> labels);

  /// 0..1, never falling as the score rises.
  double operator()(double score) const noexcept;

 private:
  struct Point {
    double score = 0;
    double probability = 0;
  };
  explicit Calibrator(std::vector<Point> points) : points_(std::move(points)) {}
  static std::vector<Point> pool(std::vector<LabelledScore> labels);
  friend double held_out_error(std::span<const LabelledScore> labels);

  std::vector<Point> points_;
};

/// Expected calibration error: the mean distance between score and share of right answers over ten
/// bins of equal count, weighted by count. 0 without labels.
double calibration_error(std::span<const LabelledScore> labels);

/// The calibration error that calibrated scores have on labels they were not fitted to (five folds,
/// drawn with a fixed seed: the same labels have the same error). This is the figure to publish. 0
/// with fewer than kMinLabels.
double held_out_error(std::span<const LabelledScore> labels);

}  // namespace taskgate::checks
