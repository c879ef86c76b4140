#include "taskgate/checks/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>

namespace taskgate::checks {
namespace {

constexpr std::size_t kBins = 10;
constexpr std::size_t kFolds = 5;
constexpr std::uint64_t kFoldSeed = 20'250'601;

std::vector<LabelledScore> usable_labels(std::span<const LabelledScore> labels) {
  std::vector<LabelledScore> kept;
  for (const auto& label : labels) {
    if (std::isfinite(label.score))
      kept.push_back({std::clamp(label.score, 0.0, 1.0), label.right});
  }
  return kept;
}

void sort_by_score(std::vector<LabelledScore>& labels) {
  std::stable_sort(labels.begin(), labels.end(),
                   [](const auto& a, const auto& b) { return a.score < b.score; });
}

// Labels come in rounds of whatever kinds of task there are; folds by position would follow them.
// By hand, because std::shuffle differs between standard libraries.
void shuffle_labels(std::vector<LabelledScore>& labels) {
  std::mt19937_64 random(kFoldSeed);
  for (std::size_t i = labels.size(); i > 1; --i) std::swap(labels[i - 1], labels[random() % i]);
}

// A run of neighbours that share one probability.
struct Block {
  double scores = 0;
  double rights = 0;
  double count = 0;
  double probability() const { return rights / count; }
};

}  // namespace

std::vector<Calibrator::Point> Calibrator::pool(std::vector<LabelledScore> labels) {
  sort_by_score(labels);
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < labels.size();) {
    Block block;  // equal scores stand or fall together
    const double score = labels[i].score;
    for (; i < labels.size() && labels[i].score == score; ++i) {
      block.scores += score;
      block.rights += labels[i].right ? 1 : 0;
      block.count += 1;
    }
    blocks.push_back(block);
    while (blocks.size() > 1 &&
           blocks[blocks.size() - 2].probability() >= blocks.back().probability()) {
      auto& into = blocks[blocks.size() - 2];
      into.scores += blocks.back().scores;
      into.rights += blocks.back().rights;
      into.count += blocks.back().count;
      blocks.pop_back();
    }
  }
  std::vector<Point> points;
  points.reserve(blocks.size());
  for (const auto& block : blocks)
    points.push_back({block.scores / block.count, block.probability()});
  return points;
}

std::optional<Calibrator> Calibrator::fit(std::span<const LabelledScore> labels) {
  auto kept = usable_labels(labels);
  if (kept.size() < kMinLabels) return std::nullopt;
  return Calibrator(pool(std::move(kept)));
}

double Calibrator::operator()(double score) const noexcept {
  const auto after = std::lower_bound(points_.begin(), points_.end(), score,
                                      [](const Point& point, double s) { return point.score < s; });
  if (after == points_.begin()) return points_.front().probability;
  if (after == points_.end()) return points_.back().probability;
  const auto& low = *std::prev(after);
  const double share = (score - low.score) / (after->score - low.score);
  return low.probability + share * (after->probability - low.probability);
}

double calibration_error(std::span<const LabelledScore> labels) {
  auto kept = usable_labels(labels);
  if (kept.empty()) return 0;
  sort_by_score(kept);
  const std::size_t bins = std::min(kBins, kept.size());
  double error = 0;
  for (std::size_t bin = 0; bin < bins; ++bin) {
    const std::size_t begin = bin * kept.size() / bins;
    const std::size_t end = (bin + 1) * kept.size() / bins;
    double scores = 0;
    double rights = 0;
    for (std::size_t i = begin; i < end; ++i) {
      scores += kept[i].score;
      rights += kept[i].right ? 1 : 0;
    }
    error += std::abs(scores - rights);
  }
  return error / static_cast<double>(kept.size());
}

double held_out_error(std::span<const LabelledScore> labels) {
  auto kept = usable_labels(labels);
  if (kept.size() < kMinLabels) return 0;
  shuffle_labels(kept);
  std::vector<LabelledScore> predicted;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    std::vector<LabelledScore> learnt;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (i % kFolds != fold) learnt.push_back(kept[i]);
    }
    const Calibrator calibrator(Calibrator::pool(std::move(learnt)));
    for (std::size_t i = fold; i < kept.size(); i += kFolds)
      predicted.push_back({calibrator(kept[i].score), kept[i].right});
  }
  return calibration_error(predicted);
}

}  // namespace taskgate::checks
