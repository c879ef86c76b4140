#include "report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace taskgate::bench {
namespace {

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

/// Three figures that mean something: 45.2 k, 812, 0.21.
std::string short_number(double value) {
  const double size = std::abs(value);
  if (size >= 1'000'000) return fixed(value / 1'000'000, 2) + " M";
  if (size >= 10'000) return fixed(value / 1000, 1) + " k";
  if (size >= 100) return fixed(value, 0);
  return fixed(value, size >= 10 ? 1 : 2);
}

std::string with_spread(const Series& series) {
  if (series.empty()) return "–";
  if (series.size() == 1) return short_number(series.median());
  return short_number(series.median()) + " (" + short_number(series.least()) + "–" +
         short_number(series.most()) + ")";
}

std::string ratio_text(const Series& series) {
  if (series.empty()) return "–";
  return "**" + fixed(series.median(), 2) + "** (" + fixed(series.least(), 2) + "–" +
         fixed(series.most(), 2) + ")";
}

std::string milliseconds(const Series& microseconds) {
  return microseconds.empty() ? "–" : fixed(microseconds.median() / 1000, 2);
}

std::string latency(const Side& side) {
  return milliseconds(side.p50_us) + " / " + milliseconds(side.p99_us);
}

std::string cpu(const Side& side) {
  return side.cpu_us.empty() ? "–" : fixed(side.cpu_us.median(), 1);
}

std::string goal_text(const Goal& goal, const Series& reached) {
  if (goal.sense == Goal::Sense::none) return "–";
  const bool least = goal.sense == Goal::Sense::at_least;
  std::string text = goal.words;
  if (text.empty()) text = (least ? "≥ " : "≤ ") + short_number(goal.bound);
  if (reached.empty()) return text;
  const bool met = least ? reached.median() >= goal.bound : reached.median() <= goal.bound;
  return text + (met ? ": met" : ": **not met**");
}

std::string stripped(const ComparisonRow& row) {
  if (row.stripped_peer.rate.empty()) return "–";
  const auto ratio = ratios(row.taskgate.rate, row.stripped_peer.rate).median();
  return short_number(row.stripped_peer.rate.median()) + ", " + fixed(ratio, 2);
}

}  // namespace

double Series::median() const {
  if (values_.empty()) return 0;
  auto sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const auto middle = sorted.size() / 2;
  if (sorted.size() % 2 == 1) return sorted[middle];
  return (sorted[middle - 1] + sorted[middle]) / 2;
}

double Series::least() const {
  return values_.empty() ? 0 : *std::min_element(values_.begin(), values_.end());
}

double Series::most() const {
  return values_.empty() ? 0 : *std::max_element(values_.begin(), values_.end());
}

Series ratios(const Series& ours, const Series& theirs) {
  Series all;
  const auto& a = ours.values();
  const auto& b = theirs.values();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (b[i] > 0) all.add(a[i] / b[i]);
  }
  return all;
}

Series differences(const Series& ours, const Series& theirs) {
  Series all;
  const auto& a = ours.values();
  const auto& b = theirs.values();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) all.add(a[i] - b[i]);
  return all;
}

std::string comparison_table(const std::vector<ComparisonRow>& rows) {
  std::string text =
      "| what | unit | taskgate | limit | ratio | goal | stripped limit: its rate, ratio | "
      "taskgate p50 / p99 ms | limit p50 / p99 ms | server CPU µs each, taskgate / limit |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n";
  for (const auto& row : rows) {
    text += "| " + row.what + " | " + row.unit + " | " + with_spread(row.taskgate.rate) + " | " +
            row.limit + ": " + with_spread(row.peer.rate) + " | " +
            ratio_text(ratios(row.taskgate.rate, row.peer.rate)) + " | " +
            goal_text(row.goal, ratios(row.taskgate.rate, row.peer.rate)) + " | " + stripped(row) +
            " | " + latency(row.taskgate) + " | " + latency(row.peer) + " | " + cpu(row.taskgate) +
            " / " + cpu(row.peer) + " |\n";
  }
  return text;
}

std::string latency_table(const std::vector<LatencyRow>& rows) {
  std::string text =
      "| what | taskgate p50 µs | p99 µs | limit p50 µs | p99 µs | added p50 µs | added p99 µs | "
      "goal |\n|---|---|---|---|---|---|---|---|\n";
  for (const auto& row : rows) {
    text += "| " + row.what + " | " + with_spread(row.taskgate.p50_us) + " | " +
            with_spread(row.taskgate.p99_us) + " | " + row.limit + ": " +
            with_spread(row.peer.p50_us) + " | " + with_spread(row.peer.p99_us) + " | **" +
            with_spread(differences(row.taskgate.p50_us, row.peer.p50_us)) + "** | **" +
            with_spread(differences(row.taskgate.p99_us, row.peer.p99_us)) + "** | " +
            goal_text(row.goal, row.judged) + " |\n";
  }
  return text;
}

std::string peer_table(const std::vector<PeerRow>& rows) {
  if (rows.size() < 2) return "";
  std::string text =
      "| what | durable submits/s, 64 clients | done/s | one job p50 ms | p99 ms | taskgate's "
      "submits ÷ these | done ÷ these | goal |\n|---|---|---|---|---|---|---|---|\n";
  const auto& ours = rows.front();
  for (const auto& row : rows) {
    const bool own = &row == &ours;
    const auto submits = ratios(ours.submits, row.submits);
    text += "| " + row.what + " | " + with_spread(row.submits) + " | " + with_spread(row.done) +
            " | " + with_spread(row.one_p50_ms) + " | " + with_spread(row.one_p99_ms) + " | " +
            (own ? "–" : ratio_text(submits)) + " | " +
            (own ? "–" : ratio_text(ratios(ours.done, row.done))) + " | " +
            goal_text(row.goal, submits) + " |\n";
  }
  return text;
}

std::string figure_table(const std::vector<FigureRow>& rows) {
  std::string text = "| what | unit | figure | goal |\n|---|---|---|---|\n";
  for (const auto& row : rows) {
    text += "| " + row.what + " | " + row.unit + " | " + with_spread(row.values) + " | " +
            goal_text(row.goal, row.values) + " |\n";
  }
  return text;
}

}  // namespace taskgate::bench
