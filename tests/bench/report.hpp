#pragma once
// Figures of several rounds, and the Markdown that shows them: medians with their spread, the ratio
// of taskgate to its limit (or the time it adds), taken round by round, and what was wanted.

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

/// What a figure's median is wanted to be.
struct Goal {
  enum class Sense { none, at_least, at_most };

  static Goal at_least(double bound, std::string words = {}) {
    return {Sense::at_least, bound, std::move(words)};
  }
  static Goal at_most(double bound, std::string words = {}) {
    return {Sense::at_most, bound, std::move(words)};
  }

  Sense sense = Sense::none;
  double bound = 0;
  std::string words;  ///< instead of "≥ bound"; may be empty
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
  Side stripped_peer;  ///< the peer's quickest form; may be empty
  Goal goal;           ///< of the ratio
};

/// How long something takes through taskgate and without it.
struct LatencyRow {
  std::string what;
  std::string limit;
  Side taskgate;
  Side peer;
  Goal goal;      ///< of `judged`
  Series judged;  ///< what the goal is about; its words say what that is
};

struct FigureRow {
  std::string what;
  std::string unit;
  Series values;
  Goal goal;
};

/// A queue that one might use instead, asked the same; the first row of a table is taskgate.
struct PeerRow {
  std::string what;
  Series submits;  ///< made durable, per second, by 64 clients
  Series done;     ///< come to their end, per second
  Series one_p50_ms;
  Series one_p99_ms;
  Goal goal;  ///< of taskgate's submits divided by its own
};

/// Ratios of the rates, one for each round.
Series ratios(const Series& ours, const Series& theirs);
/// Differences, one for each round.
Series differences(const Series& ours, const Series& theirs);

std::string comparison_table(const std::vector<ComparisonRow>& rows);
std::string latency_table(const std::vector<LatencyRow>& rows);
std::string peer_table(const std::vector<PeerRow>& rows);
std::string figure_table(const std::vector<FigureRow>& rows);

}  // namespace taskgate::bench
