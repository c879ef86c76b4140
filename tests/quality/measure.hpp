#pragma once
// How well the detectors do on the labelled data: counts, and rates with 95 % intervals (Wilson).

#include <cstddef>
#include <string>
#include <vector>

namespace taskgate::quality {

struct Rate {
  std::size_t hits = 0;
  std::size_t of = 0;
  double value() const { return of == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(of); }
  double low() const;  ///< of the 95 % Wilson score interval
  double high() const;
};
/// "97.2 % [95.0, 98.5] (210/216)".
std::string to_string(const Rate& rate);

/// A detector's answers against labels.
struct Detection {
  std::size_t true_positive = 0, false_positive = 0, false_negative = 0, true_negative = 0;
  void add(bool is_positive, bool was_flagged);
  Rate precision() const { return {true_positive, true_positive + false_positive}; }
  Rate recall() const { return {true_positive, true_positive + false_negative}; }
  std::size_t size() const {
    return true_positive + false_positive + false_negative + true_negative;
  }
};

struct RefusalFigures {
  Detection certain;    ///< what sets a status
  Detection suspected;  ///< that, or an `info`
};
/// `file`: of tests/data/quality.
RefusalFigures measure_refusal(const std::string& file);

struct TruncationFigures {
  std::size_t documents = 0;
  Rate flagged;     ///< of all cuts
  Rate closable;    ///< of all cuts: a repair is offered
  Rate parses;      ///< of the repairs
  Rate is_prefix;   ///< of the repairs: holds nothing that the original does not
  Rate whole_kept;  ///< uncut documents that were not flagged
};
TruncationFigures measure_truncation();

struct DriftFigures {
  struct Row {
    std::string mutator;
    std::size_t cases = 0;     ///< distinct answers that break their schema
    std::size_t applied = 0;   ///< repaired without asking
    std::size_t right = 0;     ///< of them, equal to what was meant
    std::size_t proposed = 0;  ///< a patch below the bar was only proposed
  };
  std::vector<Row> rows;
  Rate flagged;  ///< of the answers that break their schema: not `success`
  Rate applied;  ///< of those whose meaning can be told
  Rate right;    ///< of the applied
};
DriftFigures measure_drift(std::size_t rounds);

/// `split`: "tuning" or "held_out". Adds the evidence of each misjudged case to `wrong`, if given.
Detection measure_grounding(const std::string& split, std::vector<std::string>* wrong);

}  // namespace taskgate::quality
