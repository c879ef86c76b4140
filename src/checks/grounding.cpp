#include "checks/grounding.hpp"

#include "checks/facts.hpp"
#include "checks/json_leaves.hpp"
#include "checks/json_pointer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <unordered_set>
#include <utility>

namespace taskgate::checks {
namespace {

constexpr std::size_t kMaxContextFacts = 200'000;
constexpr std::size_t kMaxClaims = 2'000;
constexpr std::size_t kMaxQuotes = 64;    // each is searched for in the whole context
constexpr std::size_t kMaxDerived = 300;  // numbers of the context that sums are tried with
constexpr std::size_t kMaxGroundingFindings = 20;
constexpr std::size_t kMaxGroundingLeaves = 5'000;

// Everything that the model was given, ready to be asked.
class GivenText {
 public:
  explicit GivenText(const Asked& asked) : documents_(asked.context.size()) {
    add(asked.prompt);
    for (const auto& text : asked.context) add(text);
    for (const auto& text : asked.sources) add(text);
    std::sort(values_.begin(), values_.end());
    std::sort(percents_.begin(), percents_.end());
  }

  // `percent`: the number is one of hundredths.
  bool holds(const Fact& fact, bool percent) {
    switch (fact.kind) {
      case Fact::Kind::quote:
        return holds_quote(fact.forms.front());
      case Fact::Kind::number:
        return holds_number(fact, percent);
      case Fact::Kind::citation:
        return is_document(fact) || has_form(fact);
      case Fact::Kind::url:
      case Fact::Kind::email:
      case Fact::Kind::id:
      case Fact::Kind::date:
        return has_form(fact);
    }
    return true;
  }

 private:
  void add(std::string_view text) {
    words_ += normalised_words(text);
    words_ += '\n';
    for_each_fact(text, kMaxContextFacts, [this](const Fact& fact) {
      if (fact.kind == Fact::Kind::quote) return;
      for (const auto& form : fact.forms) forms_.insert(key_of(fact.kind, form));
      if (fact.kind != Fact::Kind::number) return;
      for (const auto& form : fact.forms) {
        values_.push_back(std::strtod(form.c_str(), nullptr));
        if (fact.percent) percents_.push_back(values_.back());
      }
    });
  }

  static std::string key_of(Fact::Kind kind, const std::string& form) {
    return std::string(1, static_cast<char>('a' + static_cast<int>(kind))) + form;
  }
  bool has_form(const Fact& fact) const {
    return std::any_of(fact.forms.begin(), fact.forms.end(), [&](const auto& form) {
      return forms_.count(key_of(fact.kind, form)) != 0;
    });
  }
  bool is_document(const Fact& fact) const {
    const auto number = std::strtod(fact.forms.front().c_str(), nullptr);
    return number >= 1 && number <= static_cast<double>(documents_);
  }

  // memmem: linear in the worst case, which std::string::find is not.
  bool holds_words(std::string_view part) const {
    return memmem(words_.data(), words_.size(), part.data(), part.size()) != nullptr;
  }
  bool holds_quote(std::string_view quote) {
    if (++quotes_ > kMaxQuotes) return true;  // not looked up, so nothing is said
    std::size_t start = 0;
    for (std::size_t i = 0; i <= quote.size(); ++i) {  // "the first … the last": each part
      const bool dots = quote.compare(i, 3, "...") == 0 || quote.compare(i, 3, "…") == 0;
      if (i < quote.size() && !dots) continue;
      auto part = quote.substr(start, i - start);
      while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
      while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
      if (!part.empty() && !holds_words(part)) return false;
      i += dots ? 2 : 0;
      start = i + 1;
    }
    return true;
  }

  static bool has_between(const std::vector<double>& sorted, double low, double high) {
    const auto found = std::lower_bound(sorted.begin(), sorted.end(), low);
    return found != sorted.end() && *found <= high;
  }
  bool has_value(double low, double high) const { return has_between(values_, low, high); }
  // A given number with a fraction that rounds to this whole one.
  bool has_rounded(double value) const {
    constexpr int kLookedAt = 8;
    auto found = std::lower_bound(values_.begin(), values_.end(), value - 0.5);
    for (int i = 0; i < kLookedAt && found != values_.end() && *found <= value + 0.5;
         ++i, ++found) {
      if (*found != std::floor(*found)) return true;
    }
    return false;
  }
  // Rounded to the digits that were written. Per cent of what is given as a share, and the reverse.
  bool is_near(double value, std::size_t decimals, bool percent) const {
    if (decimals == 0 && has_rounded(value)) return true;
    const double half = 0.5 * std::pow(10.0, -static_cast<double>(decimals)) * (1 + 1e-9);
    const double slack = decimals == 0 ? std::abs(value) * 1e-12 : half;
    return has_value(value - slack, value + slack) ||
           (percent && has_value((value - half) / 100, (value + half) / 100)) ||
           has_between(percents_, value * 100 - 1e-9 * value, value * 100 + 1e-9 * value);
  }
  bool holds_number(const Fact& fact, bool percent) const {
    if (is_common(fact) || has_form(fact)) return true;
    for (const auto& form : fact.forms) {
      const auto dot = form.find('.');
      const std::size_t decimals = dot == std::string::npos ? 0 : form.size() - dot - 1;
      if (is_near(std::strtod(form.c_str(), nullptr), decimals, percent)) return true;
    }
    return is_sum(fact.value);
  }
  // Small whole numbers count things and number lists.
  static bool is_common(const Fact& fact) {
    return fact.value <= 12 && fact.value == std::floor(fact.value);
  }
  // A sum or a difference of two given numbers, or the sum of all.
  bool is_sum(double value) const {
    if (values_.size() > kMaxDerived) return false;
    double total = 0;
    for (const double given : values_) {
      const double slack = 1e-9 * std::max(1.0, std::abs(value));
      if (has_value(value - given - slack, value - given + slack)) return true;
      if (has_value(given + value - slack, given + value + slack)) return true;
      total += given;
    }
    return std::abs(total - value) < 1e-6;
  }

  std::string words_;
  std::unordered_set<std::string> forms_;
  std::vector<double> values_;
  std::vector<double> percents_;  // those of the values that are per cent
  std::size_t documents_ = 0;
  std::size_t quotes_ = 0;
};

// A JSON number has no sign of its own; its member's name has to say it.
bool names_percent(std::string_view pointer) {
  const auto words = normalised_words(pointer);
  return words.find("percent") != std::string::npos || words.find("pct") != std::string::npos ||
         words.find("per_cent") != std::string::npos;
}

class GroundingCheck {
 public:
  GroundingCheck(const Answer& answer, std::string_view output, Findings& findings)
      : answer_(answer), findings_(findings), document_(output) {
    if (document_.empty() && answer.has_json()) document_ = answer.json.json;
  }

  void run() {
    const auto& asked = answer_.input.asked;
    if (asked.grounded) check_facts();
    if (!asked.tools.empty()) check_tools();
    if (!asked.catalogues.empty() && !document_.empty()) check_catalogues();
  }

 private:
  bool is_full() const { return reported_ >= kMaxGroundingFindings; }

  Finding& report(Severity severity, std::string message, std::string_view evidence) {
    ++reported_;
    Finding finding;
    finding.type = FindingType::hallucination;
    finding.severity = severity;
    finding.message = std::move(message);
    finding.recovery.action = RecoveryAction::human_review;
    finding.step = answer_.input.answered.step;
    finding.evidence = evidence_of(evidence);
    findings_.push_back(std::move(finding));
    return findings_.back();
  }

  void check_facts() {
    GivenText given(answer_.input.asked);
    if (document_.empty() || !answer_.wants_json)
      return check_text(given, answer_.input.answered.text, nullptr);
    for_each_leaf(document_, kMaxGroundingLeaves, [&](const JsonLeaf& leaf) {
      if (leaf.kind == JsonLeaf::Kind::literal || is_full()) return;
      const auto text = leaf.text();
      const std::string path(leaf.pointer);
      check_text(given, text, &path);
    });
  }

  void check_text(GivenText& given, std::string_view text, const std::string* path) {
    const bool percent = path != nullptr && names_percent(*path);
    for_each_fact(text, kMaxClaims, [&](const Fact& fact) {
      if (is_full() || given.holds(fact, percent || fact.percent)) return;
      if (!seen_.insert(fact.forms.front()).second) return;
      auto& finding =
          report(Severity::warning,
                 std::string("the answer has ") + (fact.kind == Fact::Kind::id ? "an " : "a ") +
                     to_string(fact.kind) + " that stands nowhere in the context",
                 fact.raw);
      if (path != nullptr) finding.path = *path;
    });
  }

  void check_tools() {
    for (const auto& call : answer_.input.answered.tool_calls) {
      if (is_full()) return;
      const auto& tools = answer_.input.asked.tools;
      const auto tool = std::find_if(tools.begin(), tools.end(),
                                     [&](const auto& one) { return one.name == call.name; });
      if (tool == tools.end()) {
        report(Severity::error, "the model called a tool that does not exist", call.name)
            .recovery.action = RecoveryAction::retry_with_feedback;
      } else if (tool->parameters_known) {
        check_arguments(*tool, call);
      }
    }
  }

  void check_arguments(const ToolSpec& tool, const CalledTool& call) {
    JsonScanner scanner;
    if (scan_json(call.arguments, scanner) != ScanState::complete) return;
    std::set<std::string> names;
    for_each_leaf(call.arguments, kMaxGroundingLeaves, [&](const JsonLeaf& leaf) {
      const auto end = leaf.pointer.find('/', 1);
      names.insert(std::string(leaf.pointer.substr(0, end)));
    });
    for (const auto& pointer : names) {
      const auto segments = split_pointer(pointer);
      if (!segments || segments->empty() || is_full()) continue;
      const auto& name = segments->front();
      if (std::find(tool.parameters.begin(), tool.parameters.end(), name) != tool.parameters.end())
        continue;
      auto& finding = report(Severity::error,
                             "the model gave tool \"" + evidence_of(tool.name) +
                                 "\" an argument that it does not have",
                             name);
      finding.path = pointer;
      finding.recovery.action = RecoveryAction::retry_with_feedback;
    }
  }

  static bool matches(const std::vector<std::string>& pattern, std::string_view pointer) {
    const auto segments = split_pointer(pointer);
    if (!segments || segments->size() != pattern.size()) return false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] != "*" && pattern[i] != (*segments)[i]) return false;
    }
    return true;
  }

  void check_catalogues() {
    for (const auto& catalogue : answer_.input.asked.catalogues) {
      const auto pattern = split_pointer(catalogue.path);
      if (!pattern) continue;
      const std::unordered_set<std::string> values(catalogue.values.begin(),
                                                   catalogue.values.end());
      for_each_leaf(document_, kMaxGroundingLeaves, [&](const JsonLeaf& leaf) {
        if (is_full() || !matches(*pattern, leaf.pointer)) return;
        if (leaf.raw == "null" || values.count(leaf.text()) != 0) return;
        auto& finding = report(Severity::warning,
                               "the answer has a value that is not in the catalogue", leaf.text());
        finding.path = std::string(leaf.pointer);
      });
    }
  }

  const Answer& answer_;
  Findings& findings_;
  std::string_view document_;  // what the client gets as JSON; empty: none
  std::set<std::string> seen_;
  std::size_t reported_ = 0;
};

}  // namespace

void check_grounding(const Answer& answer, std::string_view output, Findings& findings) {
  GroundingCheck(answer, output, findings).run();
}

}  // namespace taskgate::checks
