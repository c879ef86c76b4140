#pragma once
// Figures of several rounds, and the Markdown that shows them: medians with their spread, and the
// ratio of taskgate to its limit, taken round by round.

#include <optional>
#include <string>
#include <vector>

namespace taskgate::bench {

/// One figure, once a round.
class Series {
 public:
  void add(double value) { values_.push_back(value); }
  bool empty() const { return values_.empty(); }
  std::size_t size() const { return values_.size(); }
  double median() const;
  double least() const;
  double most() const;
  const std::vector<double>& values() const { return values_; }

 private:
  std::vector<double> values_;
};

/// What one side of a comparison did in each round.
struct Side {
  Series rate;    ///< per second
  Series p50_us;  ///< latency
  Series p99_us;
  Series cpu_us;  ///< the server's own CPU time for one unit of work
};

struct ComparisonRow {
  std::string what;
  std::string unit;   ///< "requests/s", "events/s"
  std::string limit;  ///< what taskgate is compared with
  Side taskgate;
  Side peer;
  Side stripped_peer;          ///< the peer's quickest form; may be empty
  std::optional<double> goal;  ///< least ratio wanted
};

struct FigureRow {
  std::string what;
  std::string unit;
  Series values;
  std::string goal;  ///< in words; may be empty
};

/// Ratios of the rates, one for each round.
Series ratios(const Side& ours, const Side& theirs);

std::string comparison_table(const std::vector<ComparisonRow>& rows);
std::string figure_table(const std::vector<FigureRow>& rows);

}  // namespace taskgate::bench
