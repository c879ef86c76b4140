#include "checks/consistency.hpp"

#include "checks/confidence.hpp"
#include "checks/facts.hpp"
#include "checks/json_leaves.hpp"
#include "checks/number_forms.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>

namespace taskgate::checks {
namespace {

constexpr std::size_t kMaxSamples = 100;
constexpr std::size_t kMaxSampleLeaves = 2'000;
constexpr std::size_t kMaxSampleFacts = 2'000;
constexpr std::size_t kMaxDisagreements = 10;
constexpr std::size_t kMaxShortProse = 200;  // bytes; longer texts say the same in other words
constexpr double kMinAgreement = 0.5;

using LeafValues = std::map<std::string, std::string>;

// A leaf's value without its spelling: 12, 12.0 and "12" agree, "Paid" and "paid " too.
std::string canonical_value(const JsonLeaf& leaf) {
  const auto text = normalised_words(leaf.text());
  const bool negative = !text.empty() && text.front() == '-';
  const auto forms =
      number_forms(negative ? std::string_view(text).substr(1) : std::string_view(text));
  if (!forms.empty()) return (negative ? "-" : "") + forms.front();
  auto trimmed = text;
  while (!trimmed.empty() && trimmed.back() == ' ') trimmed.pop_back();
  return trimmed;
}

LeafValues leaves_of(std::string_view json) {
  LeafValues values;
  for_each_leaf(json, kMaxSampleLeaves, [&](const JsonLeaf& leaf) {
    values.emplace(std::string(leaf.pointer), canonical_value(leaf));
  });
  return values;
}

struct Agreement {
  double share = 0;       // of all samples that say what the answer says
  double entropy = 0;     // of the values, 0 (one) .. 1 (all differ)
  bool outvoted = false;  // another value has the majority
};

Agreement agreement_of(const std::string& own, const std::vector<std::string>& others) {
  std::map<std::string, std::size_t> counts;
  ++counts[own];
  for (const auto& other : others) ++counts[other];
  const auto all = static_cast<double>(others.size() + 1);
  Agreement result;
  result.share = static_cast<double>(counts[own]) / all;
  for (const auto& [value, count] : counts) {
    const double share = static_cast<double>(count) / all;
    result.entropy -= share * std::log(share) / std::log(all);
    if (value != own && share > kMinAgreement) result.outvoted = true;
  }
  return result;
}

void report_disagreement(const Answer& answer,
                         std::optional<std::string> path,
                         const Agreement& agreement,
                         std::string_view value,
                         Findings& findings) {
  Finding finding;
  finding.type = agreement.outvoted ? FindingType::hallucination : FindingType::low_confidence;
  finding.severity = Severity::warning;
  finding.message = agreement.outvoted ? "most samples say something else than the answer"
                                       : "the samples do not agree on this";
  finding.recovery.action = RecoveryAction::human_review;
  finding.path = std::move(path);
  finding.step = answer.input.answered.step;
  finding.evidence = evidence_of(value) + " (" +
                     std::to_string(std::lround(agreement.share * 100)) + " % of the samples)";
  findings.push_back(std::move(finding));
}

void compare_documents(const Answer& answer,
                       std::size_t count,
                       Confidence& confidence,
                       Findings& findings) {
  const auto own = leaves_of(answer.json.json);
  std::vector<LeafValues> others;
  for (std::size_t i = 0; i < count; ++i) {
    const auto found = extract_json(answer.input.answered.other_samples[i]);
    others.push_back(found.state == ScanState::complete ? leaves_of(found.json) : LeafValues{});
  }
  double sum = 0;
  std::size_t reported = 0;
  for (const auto& [path, value] : own) {
    std::vector<std::string> said;
    for (const auto& other : others) {
      const auto found = other.find(path);
      said.push_back(found == other.end() ? std::string("\x01") : found->second);  // absent
    }
    const auto agreement = agreement_of(value, said);
    sum += agreement.share;
    merge_field(confidence, path, agreement.share);
    if (agreement.share <= kMinAgreement && reported++ < kMaxDisagreements)
      report_disagreement(answer, path, agreement, value, findings);
  }
  if (!own.empty())
    merge_score(confidence, "self_consistency", sum / static_cast<double>(own.size()));
}

std::unordered_set<std::string> fact_forms(std::string_view text) {
  std::unordered_set<std::string> forms;
  for_each_fact(text, kMaxSampleFacts,
                [&](const Fact& fact) { forms.insert(fact.forms.begin(), fact.forms.end()); });
  return forms;
}

// A text as one value: "Yes." and "yes" agree.
std::string whole_value(std::string_view text) {
  auto words = normalised_words(text);
  for (bool ends = true; ends;) {
    ends = false;
    for (const std::string_view mark : {" ", ".", "!", "?", ",", ";", ":", "。", "！", "？"}) {
      if (!words.ends_with(mark)) continue;
      words.resize(words.size() - mark.size());
      ends = true;
    }
  }
  return words;
}

void compare_short_prose(const Answer& answer,
                         std::size_t count,
                         Confidence& confidence,
                         Findings& findings) {
  const auto& answered = answer.input.answered;
  const auto own = whole_value(answered.text);
  if (own.size() > kMaxShortProse) return;
  std::vector<std::string> said;
  for (std::size_t i = 0; i < count; ++i) said.push_back(whole_value(answered.other_samples[i]));
  const auto agreement = agreement_of(own, said);
  merge_score(confidence, "self_consistency", agreement.share);
  if (agreement.share <= kMinAgreement)
    report_disagreement(answer, std::nullopt, agreement, answered.text, findings);
}

void report_nothing_compared(const Answer& answer, Findings& findings) {
  Finding finding;
  finding.type = FindingType::low_confidence;
  finding.severity = Severity::info;
  finding.message = "the samples were not compared: the answer states no value to compare by";
  finding.source = Source::gateway;
  finding.step = answer.input.answered.step;
  findings.push_back(std::move(finding));
}

void compare_prose(const Answer& answer,
                   std::size_t count,
                   Confidence& confidence,
                   Findings& findings) {
  std::vector<std::unordered_set<std::string>> others;
  for (std::size_t i = 0; i < count; ++i)
    others.push_back(fact_forms(answer.input.answered.other_samples[i]));
  double sum = 0;
  std::size_t facts = 0;
  std::size_t reported = 0;
  std::set<std::string> seen;
  for_each_fact(answer.input.answered.text, kMaxSampleFacts, [&](const Fact& fact) {
    if (!seen.insert(fact.forms.front()).second) return;
    const auto agreeing = std::count_if(others.begin(), others.end(), [&](const auto& forms) {
      return std::any_of(fact.forms.begin(), fact.forms.end(),
                         [&](const auto& form) { return forms.count(form) != 0; });
    });
    Agreement agreement;
    agreement.share = static_cast<double>(agreeing + 1) / static_cast<double>(count + 1);
    sum += agreement.share;
    ++facts;
    if (agreement.share <= kMinAgreement && reported++ < kMaxDisagreements)
      report_disagreement(answer, std::nullopt, agreement, fact.raw, findings);
  });
  if (facts == 0) return compare_short_prose(answer, count, confidence, findings);
  merge_score(confidence, "self_consistency", sum / static_cast<double>(facts));
}

}  // namespace

void check_consistency(const Answer& answer, Confidence& confidence, Findings& findings) {
  const auto count = std::min(answer.input.answered.other_samples.size(), kMaxSamples);
  if (count == 0 || answer.input.answered.text.empty()) return;
  const auto methods = confidence.methods.size();
  if (answer.wants_json && answer.has_json()) {
    compare_documents(answer, count, confidence, findings);
  } else if (!answer.wants_json) {
    compare_prose(answer, count, confidence, findings);
  }
  if (confidence.methods.size() == methods) report_nothing_compared(answer, findings);
}

}  // namespace taskgate::checks
