#include "checks/refusal.hpp"

#include "checks/json_leaves.hpp"
#include "checks/refusal_rules.hpp"
#include "taskgate/core/json_text.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace taskgate::checks {
namespace {

constexpr std::size_t kWholeRefusal = 1'000;  // bytes: a longer answer is more than a refusal
constexpr std::size_t kLookedAt = 2'000;      // bytes at each end that are searched for hints
constexpr std::size_t kPromptLookedAt = 4'000;
constexpr std::size_t kMaxLeaves = 64;  // of a JSON answer

// All the rules, compiled once.
class RefusalRules {
 public:
  static const RefusalRules& get() {
    static const RefusalRules rules;
    return rules;
  }

  // Length of the refusal that the text opens with; 0: none.
  std::size_t opening(std::string_view text) const {
    std::size_t longest = 0;
    re2::StringPiece match;
    const re2::StringPiece piece(text.data(), text.size());
    for (const auto& rule : openings_) {
      if (rule->Match(piece, 0, piece.size(), RE2::ANCHOR_START, &match, 1))
        longest = std::max(longest, match.size());
    }
    return longest;
  }
  bool is_idiom(std::string_view text) const { return found(*idiom_, text); }
  bool is_rendering(std::string_view prompt) const { return found(*rendering_, prompt); }
  bool is_answer_key(std::string_view key) const { return found(*answer_key_, key); }
  bool has_answer(std::string_view text) const { return any(answers_, text); }
  bool has_hint(std::string_view text) const { return any(hints_, text); }

 private:
  using Rule = std::unique_ptr<RE2>;

  RefusalRules()
      : idiom_(make(kRefusalIdiom)),
        rendering_(make(kRenderingTask)),
        answer_key_(make(kAnswerKey)),
        openings_(make(refusal_openings())),
        answers_(make(signs_of_an_answer())),
        hints_(make(refusal_hints())) {}

  static Rule make(const std::string& pattern) {
    RE2::Options options;
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    options.set_max_mem(kRuleMemory);
    return std::make_unique<RE2>(pattern, options);
  }
  static std::vector<Rule> make(const std::vector<std::string>& patterns) {
    std::vector<Rule> rules;
    rules.reserve(patterns.size());
    for (const auto& pattern : patterns) rules.push_back(make(pattern));
    return rules;
  }
  static bool found(const RE2& rule, std::string_view text) {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), rule);
  }
  static bool any(const std::vector<Rule>& rules, std::string_view text) {
    return std::any_of(rules.begin(), rules.end(),
                       [text](const Rule& rule) { return found(*rule, text); });
  }

  Rule idiom_;
  Rule rendering_;
  Rule answer_key_;
  std::vector<Rule> openings_;
  std::vector<Rule> answers_;
  std::vector<Rule> hints_;
};

// Straight apostrophes, no emphasis marks, runs of blanks as one; newlines stay, lists need them.
std::string normalised_prose(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (text.compare(i, 3, "\xE2\x80\x99") == 0 || text.compare(i, 3, "\xE2\x80\x98") == 0) {
      out += '\'';
      i += 2;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      if (!out.empty() && out.back() != ' ' && out.back() != '\n') out += ' ';
    } else if (c == '\n') {
      if (!out.empty()) out += '\n';
    } else if (c == '*' && i + 1 < text.size() && text[i + 1] == '*') {
      ++i;
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view prefix_of(std::string_view text, std::size_t length) {
  if (text.size() <= length) return text;
  return text.substr(0, complete_utf8_prefix(text.substr(0, length)));
}

std::string_view tail_part(std::string_view text, std::size_t length) {
  if (text.size() <= length) return {};
  return text.substr(text.size() - std::min(length, text.size() - length));
}

Finding refused(const Answer& answer, Severity severity, std::string message) {
  Finding finding;
  finding.type = FindingType::refusal;
  finding.severity = severity;
  finding.message = std::move(message);
  finding.step = answer.input.answered.step;
  finding.recovery.action =
      severity == Severity::info ? RecoveryAction::none : RecoveryAction::human_review;
  return finding;
}

// What the strings of a JSON answer say.
struct WrappedRefusal {
  RefusalSign sign = RefusalSign::none;
  std::string path;
  std::string text;
};

WrappedRefusal refusal_in_json(const Answer& answer) {
  WrappedRefusal found;
  bool other_content = false;
  for_each_leaf(answer.json.json, kMaxLeaves, [&](const JsonLeaf& leaf) {
    if (leaf.kind != JsonLeaf::Kind::string) {
      other_content |= leaf.kind == JsonLeaf::Kind::number && leaf.raw != "0";
      return;
    }
    const auto text = leaf.text();
    const auto sign = refusal_in_text(text, answer.input.asked.prompt);
    if (sign == RefusalSign::none) {
      other_content |= !text.empty();
      return;
    }
    if (found.sign == RefusalSign::certain) return;
    const auto slash = leaf.pointer.rfind('/');
    const auto key =
        slash == std::string_view::npos ? leaf.pointer : leaf.pointer.substr(slash + 1);
    const bool is_answer = leaf.pointer.empty() || RefusalRules::get().is_answer_key(key);
    found = {is_answer ? sign : RefusalSign::suspected, std::string(leaf.pointer), text};
  });
  if (other_content && found.sign == RefusalSign::certain) found.sign = RefusalSign::suspected;
  return found;
}

}  // namespace

RefusalSign refusal_in_text(std::string_view text, std::string_view prompt) {
  const auto& rules = RefusalRules::get();
  const std::string head = normalised_prose(prefix_of(text, kLookedAt));
  const std::size_t opening = rules.opening(head);
  if (opening > 0 && rules.is_idiom(std::string_view(head).substr(0, opening + 40)))
    return RefusalSign::none;
  if (opening > 0) {
    const bool whole = text.size() <= kWholeRefusal &&
                       !rules.has_answer(std::string_view(head).substr(opening)) &&
                       !rules.is_rendering(prefix_of(prompt, kPromptLookedAt));
    return whole ? RefusalSign::certain : RefusalSign::suspected;
  }
  if (rules.has_hint(head)) return RefusalSign::suspected;
  const std::string tail = normalised_prose(tail_part(text, kLookedAt));
  return !tail.empty() && rules.has_hint(tail) ? RefusalSign::suspected : RefusalSign::none;
}

bool is_protocol_refusal(const CheckInput& input) {
  return !input.answered.refusal.empty() || input.answered.finish == Finish::refusal;
}

void check_refusal(const Answer& answer, Findings& findings) {
  const auto& answered = answer.input.answered;
  if (is_protocol_refusal(answer.input)) {
    auto finding = refused(answer, Severity::error, "the model refused the request");
    finding.evidence = answered.refusal.empty()
                           ? "finish reason: " + evidence_of(answered.raw_finish_reason)
                           : evidence_of(answered.refusal);
    findings.push_back(std::move(finding));
    return;
  }
  WrappedRefusal found;
  const bool is_document = answer.has_json() && !answer.json.json.empty() &&
                           (answer.json.json.front() == '{' || answer.json.json.front() == '[');
  if (is_document) {
    found = refusal_in_json(answer);
  } else {
    found.sign = refusal_in_text(answered.text, answer.input.asked.prompt);
    found.text = answered.text;
  }
  if (found.sign == RefusalSign::none) return;
  const bool certain = found.sign == RefusalSign::certain;
  auto finding = refused(answer, certain ? Severity::error : Severity::info,
                         certain ? "the model's answer is a refusal in words"
                                 : "the answer may hold a refusal (suspected from its wording)");
  if (is_document) finding.path = found.path;
  finding.evidence = evidence_of(found.text);
  findings.push_back(std::move(finding));
}

}  // namespace taskgate::checks
