#include "checks/confidence.hpp"

#include "checks/json_leaves.hpp"
#include "taskgate/core/json_text.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace taskgate::checks {
namespace {

constexpr std::size_t kMaxLowFields = 10;

// Tokens over the answer's text: where each ends, and the sum of the logarithms up to it.
class TokenSpans {
 public:
  // False when the tokens do not spell the text, so that nothing can be said about places.
  bool align(std::string_view text, const std::vector<TokenLogprob>& tokens) {
    std::size_t at = 0;
    for (const auto& token : tokens) {
      if (text.compare(at, token.text.size(), token.text) != 0) return false;
      at += token.text.size();
      const double logprob = std::isfinite(token.logprob) ? std::min(token.logprob, 0.0) : kFloor;
      ends_.push_back(at);
      sums_.push_back((sums_.empty() ? 0 : sums_.back()) + std::max(logprob, kFloor));
    }
    return at == text.size();
  }

  struct Total {
    double sum = 0;
    std::size_t tokens = 0;
    double mean() const { return tokens == 0 ? 0 : std::exp(sum / static_cast<double>(tokens)); }
  };
  // The tokens that overlap [begin, end).
  Total over(std::size_t begin, std::size_t end) const {
    const auto first = std::upper_bound(ends_.begin(), ends_.end(), begin) - ends_.begin();
    auto last = std::lower_bound(ends_.begin(), ends_.end(), end) - ends_.begin();
    last = std::min(last, static_cast<std::ptrdiff_t>(ends_.size()) - 1);
    if (first > last) return {};
    const double before = first == 0 ? 0 : sums_[static_cast<std::size_t>(first - 1)];
    return {sums_[static_cast<std::size_t>(last)] - before,
            static_cast<std::size_t>(last - first + 1)};
  }

 private:
  static constexpr double kFloor = -100;  // a probability of zero, as providers write it
  std::vector<std::size_t> ends_;
  std::vector<double> sums_;
};

void report_low(const Answer& answer, std::string path, double score, Findings& findings) {
  Finding finding;
  finding.type = FindingType::low_confidence;
  finding.severity = Severity::warning;
  finding.message = "the model was not sure of this value";
  finding.recovery.action = RecoveryAction::human_review;
  finding.path = std::move(path);
  finding.step = answer.input.answered.step;
  finding.evidence = "mean token probability ";
  append_json_number(finding.evidence, std::round(score * 1000) / 1000);
  findings.push_back(std::move(finding));
}

void report_unknown(const Answer& answer, std::string message, Findings& findings) {
  Finding finding;
  finding.type = FindingType::low_confidence;
  finding.severity = Severity::info;
  finding.message = std::move(message);
  finding.source = Source::provider;
  finding.step = answer.input.answered.step;
  findings.push_back(std::move(finding));
}

}  // namespace

void merge_score(Confidence& confidence, const char* method, double score) {
  confidence.methods.emplace_back(method);
  confidence.score = std::min(confidence.score.value_or(1.0), std::clamp(score, 0.0, 1.0));
}

void merge_field(Confidence& confidence, const std::string& path, double score) {
  const auto found = confidence.fields.find(path);
  const double clamped = std::clamp(score, 0.0, 1.0);
  if (found != confidence.fields.end()) {
    found->second = std::min(found->second, clamped);
  } else if (confidence.fields.size() < kMaxConfidenceFields) {
    confidence.fields.emplace(path, clamped);
  }
}

void check_confidence(const Answer& answer,
                      double threshold,
                      Confidence& confidence,
                      Findings& findings) {
  const auto& answered = answer.input.answered;
  const bool is_wanted = answer.input.asked.logprobs && !answered.text.empty();
  if (answered.logprobs.empty()) {
    if (is_wanted)
      report_unknown(answer, "logprobs were asked for, but the model returned none", findings);
    return;
  }
  TokenSpans spans;
  if (!spans.align(answered.text, answered.logprobs)) {
    if (is_wanted)
      report_unknown(answer, "the tokens of logprobs do not spell the answer", findings);
    return;
  }
  TokenSpans::Total total;
  std::size_t low = 0;
  if (answer.has_json() && answer.wants_json) {
    for_each_leaf(answer.json.json, kMaxConfidenceFields, [&](const JsonLeaf& leaf) {
      const auto begin = answer.json.begin + leaf.begin;
      const auto one = spans.over(begin, begin + std::max<std::size_t>(leaf.raw.size(), 1));
      if (one.tokens == 0) return;
      total.sum += one.sum;
      total.tokens += one.tokens;
      const std::string path(leaf.pointer);
      merge_field(confidence, path, one.mean());
      if (one.mean() < threshold && low++ < kMaxLowFields)
        report_low(answer, path, one.mean(), findings);
    });
  } else {
    total = spans.over(0, answered.text.size());
  }
  if (total.tokens > 0) merge_score(confidence, "logprobs", total.mean());
}

std::string to_json(const Confidence& confidence) {
  std::string out = "{";
  append_json_key(out, "score");
  if (confidence.score) {
    append_json_number(out, std::round(*confidence.score * 1e4) / 1e4);
  } else {
    out += "null";
  }
  append_json_key(out, "methods");
  out += '[';
  for (const auto& method : confidence.methods) {
    if (out.back() != '[') out += ',';
    append_json_string(out, method);
  }
  out += ']';
  append_json_key(out, "calibrated");
  out += confidence.calibrated ? "true" : "false";
  if (confidence.raw_score) {
    append_json_key(out, "raw_score");
    append_json_number(out, std::round(*confidence.raw_score * 1e4) / 1e4);
  }
  append_json_key(out, "fields");
  out += '{';
  for (const auto& [path, score] : confidence.fields) {
    if (out.back() != '{') out += ',';
    append_json_string(out, path);
    out += R"(:{"score":)";
    append_json_number(out, std::round(score * 1e4) / 1e4);
    out += '}';
  }
  return out += "}}";
}

}  // namespace taskgate::checks
