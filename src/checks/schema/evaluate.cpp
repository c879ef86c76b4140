// The walk itself, and the keywords that apply other schemas to the same value.
#include "checks/schema/evaluator.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;

// Of nested subschemas: enough for a document 256 deep with three references at each level. The
// stack that this takes is measured in the hostile-schema test.
constexpr int kMaxEvaluationDepth = 1024;

std::uint8_t type_bits_of(const Json& value) {
  constexpr std::array<std::uint8_t, 10> kBits = {type_null,
                                                  type_object,
                                                  type_array,
                                                  type_string,
                                                  type_boolean,
                                                  type_integer | type_number,
                                                  type_integer | type_number,
                                                  type_number,
                                                  0,
                                                  0};
  const auto kind = static_cast<std::size_t>(value.type());
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::trunc(number) == number) return type_integer | type_number;
  }
  return kBits[kind];
}

Told unwanted(const Place& place, const Json& value) {
  return {"nothing here", described_with_type(value), place.key == nullptr ? "" : *place.key};
}

Told mistyped(const Node& node, const Json& value) {
  return {described_types(node.types), described_with_type(value), {}};
}

}  // namespace

bool Evaluator::run(const Json& document) {
  const Place top;
  return evaluate(*program_.root, document, top, nullptr);
}

bool Evaluator::evaluate(const Node& node, const Json& value, const Place& place, Marks* seen) {
  if (--steps_ < 0 || (report_ != nullptr && report_->is_full())) return false;
  const Visit visit{node, value, place};
  bool ok = true;
  if ((node.types & type_bits_of(value)) == 0) {
    ok = node.is_false() ? fail(visit, node.under, [&] { return unwanted(visit.place, value); })
                         : fail(visit, Keyword::type, [&] { return mistyped(node, value); });
    if (!goes_on(ok)) return false;
  }
  if (node.only_types) return ok;
  return evaluate_deeper(visit, seen) && ok;
}

bool Evaluator::evaluate_deeper(const Visit& visit, Marks* seen) {
  if (depth_ >= kMaxEvaluationDepth) {
    steps_ = -1;  // counts as too expensive
    return false;
  }
  ++depth_;
  const bool enters =
      !program_.dynamic_anchors.empty() && (scope_.empty() || scope_.back() != visit.node.resource);
  if (enters) scope_.push_back(visit.node.resource);
  const bool tracks =
      visit.value.is_object()
          ? visit.node.object && visit.node.object->unevaluated != nullptr
          : visit.value.is_array() && visit.node.array && visit.node.array->unevaluated != nullptr;
  const bool ok = tracks ? evaluate_tracking(visit, seen) : evaluate_rules(visit, seen);
  if (enters) scope_.pop_back();
  --depth_;
  return ok;
}

bool Evaluator::evaluate_tracking(const Visit& visit, Marks* seen) {
  Marks own(visit.value.size());
  steps_ -= static_cast<std::int64_t>(own.words());
  bool ok = evaluate_rules(visit, &own);
  if (!goes_on(ok)) return false;
  const bool rest = visit.value.is_object() ? check_unevaluated_properties(visit, own)
                                            : check_unevaluated_items(visit, own);
  ok = rest && ok;
  if (seen != nullptr) seen->merge(own);
  return ok;
}

bool Evaluator::evaluate_rules(const Visit& visit, Marks* seen) {
  const Node& node = visit.node;
  bool ok = true;
  if (node.constant != nullptr) ok = check_constant(visit);
  if (goes_on(ok) && node.enumeration) ok = check_enum(visit) && ok;
  if (!goes_on(ok)) return false;
  if (visit.value.is_object()) {
    if (node.object) ok = check_object(visit, seen) && ok;
  } else if (visit.value.is_array()) {
    if (node.array) ok = check_array(visit, seen) && ok;
  } else if (visit.value.is_string()) {
    if (node.string) ok = check_string(visit) && ok;
  } else if (visit.value.is_number()) {
    if (node.number) ok = check_number(visit) && ok;
  }
  if (goes_on(ok) && node.logic) ok = check_logic(visit, seen) && ok;
  return ok;
}

bool Evaluator::check_logic(const Visit& visit, Marks* seen) {
  const LogicRules& rules = *visit.node.logic;
  bool ok = check_references(visit, seen);
  for (const Node* branch : rules.all_of) {
    if (!goes_on(ok)) return false;
    ok = evaluate(*branch, visit.value, visit.place, seen) && ok;
  }
  if (goes_on(ok) && !rules.any_of.empty()) ok = check_any_of(visit, seen) && ok;
  if (goes_on(ok) && !rules.one_of.empty()) ok = check_one_of(visit, seen) && ok;
  if (goes_on(ok) && rules.not_ != nullptr) ok = check_not(visit) && ok;
  if (goes_on(ok) && rules.if_ != nullptr) ok = check_if(visit, seen) && ok;
  return ok;
}

bool Evaluator::check_references(const Visit& visit, Marks* seen) {
  const LogicRules& rules = *visit.node.logic;
  bool ok = true;
  if (rules.ref != nullptr) ok = evaluate(*rules.ref, visit.value, visit.place, seen);
  if (goes_on(ok) && rules.dynamic_ref != nullptr)
    ok = evaluate(dynamic_target(rules), visit.value, visit.place, seen) && ok;
  return ok;
}

// The outermost resource in scope that has the anchor (core specification §8.2.3.2).
const Node& Evaluator::dynamic_target(const LogicRules& rules) {
  if (!rules.is_dynamic) return *rules.dynamic_ref;
  const DynamicAnchor& anchors = program_.dynamic_anchors[rules.dynamic_name];
  for (const std::uint32_t resource : scope_) {
    steps_ -= 1;
    for (const auto& [of_resource, node] : anchors) {
      if (of_resource == resource) return *node;
    }
  }
  return *rules.dynamic_ref;
}

// A branch whose failure is no failure yet: its marks count only when it fits. Those of a failed
// one go to `failed` if that is given.
bool Evaluator::evaluate_branch(const Node& branch,
                                const Visit& visit,
                                Marks* seen,
                                Marks* failed) {
  if (seen == nullptr) return evaluate(branch, visit.value, visit.place, nullptr);
  Marks own(visit.value.size());
  steps_ -= static_cast<std::int64_t>(own.words());
  const bool ok = evaluate(branch, visit.value, visit.place, &own);
  if (ok) {
    seen->merge(own);
  } else if (failed != nullptr) {
    failed->merge(own);
  }
  return ok;
}

bool Evaluator::check_any_of(const Visit& visit, Marks* seen) {
  const std::size_t before = report_ == nullptr ? 0 : report_->size();
  ClosestBranch failed(report_ == nullptr ? std::string() : visit.place.pointer());
  Marks looked_at(seen == nullptr || report_ == nullptr ? 0 : visit.value.size());
  bool ok = false;
  for (const Node* branch : visit.node.logic->any_of) {
    const bool fits =
        evaluate_branch(*branch, visit, seen, report_ == nullptr ? nullptr : &looked_at);
    if (report_ != nullptr) failed.offer(report_->take_since(before));
    ok = ok || fits;
    if ((ok && seen == nullptr) || steps_ < 0) break;
  }
  if (ok) return true;
  fail(visit, Keyword::any_of, [&] {
    return Told{
        "to match at least one of " + counted(visit.node.logic->any_of.size(), "schema", "schemas"),
        described_with_type(visit.value),
        {}};
  });
  if (report_ == nullptr) return false;
  report_->put_back(failed.take());
  // That no branch fits is said; what they looked at is not "unevaluated" on top.
  if (seen != nullptr) seen->merge(looked_at);
  return false;
}

bool Evaluator::check_one_of(const Visit& visit, Marks* seen) {
  const std::size_t before = report_ == nullptr ? 0 : report_->size();
  ClosestBranch failed(report_ == nullptr ? std::string() : visit.place.pointer());
  std::size_t fitting = 0;
  for (const Node* branch : visit.node.logic->one_of) {
    const bool fits = evaluate_branch(*branch, visit, seen, nullptr);
    if (report_ != nullptr) failed.offer(report_->take_since(before));
    fitting += fits ? 1 : 0;
    if ((fitting > 1 && report_ == nullptr) || steps_ < 0) break;
  }
  if (fitting == 1) return true;
  fail(visit, Keyword::one_of, [&] {
    return Told{
        "to match exactly one of " + counted(visit.node.logic->one_of.size(), "schema", "schemas"),
        fitting == 0 ? described_with_type(visit.value)
                     : "a value that matches " + std::to_string(fitting),
        {}};
  });
  if (report_ != nullptr && fitting == 0) report_->put_back(failed.take());
  return false;
}

bool Evaluator::check_not(const Visit& visit) {
  bool fits = false;
  {
    const Muted muted(*this);
    fits = evaluate(*visit.node.logic->not_, visit.value, visit.place, nullptr);
  }
  if (!fits) return true;
  return fail(visit, Keyword::not_, [&] {
    return Told{"not to match the schema", described_with_type(visit.value), {}};
  });
}

bool Evaluator::check_if(const Visit& visit, Marks* seen) {
  const LogicRules& rules = *visit.node.logic;
  if (rules.then_ == nullptr && rules.else_ == nullptr && seen == nullptr) return true;
  bool fits = false;
  {
    const Muted muted(*this);
    fits = evaluate_branch(*rules.if_, visit, seen, nullptr);
  }
  const Node* const next = fits ? rules.then_ : rules.else_;
  return next == nullptr || evaluate(*next, visit.value, visit.place, seen);
}

}  // namespace taskgate::checks::schema
