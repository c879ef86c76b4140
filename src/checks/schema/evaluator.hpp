#pragma once
// Applies a program to a document. One object for one run; recursion follows the document and the
// program, bounded by the depth of both and by the step budget.

#include "checks/schema/program.hpp"
#include "checks/schema/violations.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace taskgate::checks::schema {

/// Which children of one array or object have been evaluated, for `unevaluated*`.
class Marks {
 public:
  explicit Marks(std::size_t children) : words_((children + 63) / 64) {}

  void mark(std::size_t child) { words_[child / 64] |= std::uint64_t{1} << (child % 64); }
  bool has(std::size_t child) const { return (words_[child / 64] >> (child % 64) & 1) != 0; }
  void merge(const Marks& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  std::size_t words() const { return words_.size(); }

 private:
  std::vector<std::uint64_t> words_;
};

class Evaluator {
 public:
  /// `report` == nullptr: only the verdict, at the first failure. `steps` is the budget.
  Evaluator(const Program& program, Report* report, std::int64_t steps)
      : program_(program), report_(report), steps_(steps) {}

  /// Whether the document fits; means nothing if ran_out().
  bool run(const nlohmann::json& document);
  bool ran_out() const { return steps_ < 0; }
  std::int64_t steps_left() const { return steps_; }

 private:
  using Json = nlohmann::json;
  /// One node applied to one value.
  struct Visit {
    const Node& node;
    const Json& value;
    const Place& place;
  };
  /// While it lives, failures are nobody's business: inside `not`, `if`, `contains`.
  class Muted {
   public:
    explicit Muted(Evaluator& evaluator) : evaluator_(evaluator), report_(evaluator.report_) {
      evaluator_.report_ = nullptr;
    }
    ~Muted() { evaluator_.report_ = report_; }
    Muted(const Muted&) = delete;
    Muted& operator=(const Muted&) = delete;

   private:
    Evaluator& evaluator_;
    Report* report_;
  };

  bool evaluate(const Node& node, const Json& value, const Place& place, Marks* seen);
  bool evaluate_deeper(const Visit& visit, Marks* seen);
  bool evaluate_tracking(const Visit& visit, Marks* seen);
  bool evaluate_rules(const Visit& visit, Marks* seen);

  bool check_constant(const Visit& visit);
  bool check_enum(const Visit& visit);
  bool check_number(const Visit& visit);
  bool check_string(const Visit& visit);
  bool check_length(const Visit& visit, const std::string& text);

  bool check_array(const Visit& visit, Marks* seen);
  bool check_array_size(const Visit& visit);
  bool check_items(const Visit& visit, Marks* seen);
  bool check_contains(const Visit& visit, Marks* seen);
  bool check_unique(const Visit& visit);
  bool check_unevaluated_items(const Visit& visit, Marks& seen);

  bool check_object(const Visit& visit, Marks* seen);
  bool check_object_size(const Visit& visit);
  bool check_members(const Visit& visit, Marks* seen);
  bool check_member(const Visit& visit,
                    const Node* by_name,
                    const std::string& name,
                    const Json& member,
                    bool& is_evaluated);
  bool check_names(const Visit& visit);
  bool check_dependencies(const Visit& visit, Marks* seen);
  bool check_unevaluated_properties(const Visit& visit, Marks& seen);

  bool check_logic(const Visit& visit, Marks* seen);
  bool check_references(const Visit& visit, Marks* seen);
  bool check_any_of(const Visit& visit, Marks* seen);
  bool check_one_of(const Visit& visit, Marks* seen);
  bool check_not(const Visit& visit);
  bool check_if(const Visit& visit, Marks* seen);
  bool evaluate_branch(const Node& branch, const Visit& visit, Marks* seen, Marks* failed);
  const Node& dynamic_target(const LogicRules& rules);

  /// Whether to look further although something failed.
  bool goes_on(bool ok) const { return ok || (report_ != nullptr && !report_->is_full()); }
  /// Notes a violation if anyone wants to know; `tell()` says what it was. Returns false.
  template <class Tell>
  bool fail(const Visit& visit, Keyword keyword, Tell tell) {
    if (report_ == nullptr || steps_ < 0) return false;  // out of steps, nothing is certain
    steps_ -= kStepsPerViolation;
    report_->add(visit.place, visit.node, keyword, tell());
    return false;
  }

  const Program& program_;
  Report* report_;
  std::int64_t steps_;
  int depth_ = 0;
  std::vector<std::uint32_t> scope_;  ///< resources entered, outermost first
};

}  // namespace taskgate::checks::schema
