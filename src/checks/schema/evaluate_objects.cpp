// Rules of objects.
#include "checks/schema/evaluator.hpp"

#include <nlohmann/json.hpp>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;

Told missing(std::string_view name) {
  std::string quoted = short_json(Json(std::string(name.substr(0, 200))), 200);
  return Told{"property " + quoted, "no such property", std::string(name)};
}

}  // namespace

bool Evaluator::check_object(const Visit& visit, Marks* seen) {
  const ObjectRules& rules = *visit.node.object;
  bool ok = check_object_size(visit);
  if (goes_on(ok) &&
      (!rules.properties.empty() || !rules.patterns.empty() || rules.additional != nullptr))
    ok = check_members(visit, seen) && ok;
  if (goes_on(ok) && rules.names != nullptr) ok = check_names(visit) && ok;
  if (goes_on(ok) && !rules.dependencies.empty()) ok = check_dependencies(visit, seen) && ok;
  return ok;
}

bool Evaluator::check_object_size(const Visit& visit) {
  const ObjectRules& rules = *visit.node.object;
  const std::size_t size = visit.value.size();
  if (size >= rules.min_properties && size <= rules.max_properties) return true;
  const bool is_short = size < rules.min_properties;
  return fail(visit, is_short ? Keyword::min_properties : Keyword::max_properties, [&] {
    const std::uint64_t bound = is_short ? rules.min_properties : rules.max_properties;
    return Told{(is_short ? "at least " : "at most ") + counted(bound, "property", "properties"),
                counted(size, "property", "properties"),
                {}};
  });
}

// Both the members and the rules are sorted by name: one walk along both finds what belongs
// together and what is missing.
bool Evaluator::check_members(const Visit& visit, Marks* seen) {
  const ObjectRules& rules = *visit.node.object;
  const auto& members = visit.value.get_ref<const Json::object_t&>();
  steps_ -= static_cast<std::int64_t>(rules.properties.size() / 8);
  auto rule = rules.properties.begin();
  const auto end = rules.properties.end();
  const auto skipped = [&] {
    const bool absent = rule->required;
    const std::string_view name = rule->name;
    ++rule;
    return !absent || fail(visit, Keyword::required, [&] { return missing(name); });
  };
  bool ok = true;
  std::size_t index = 0;
  for (const auto& [name, member] : members) {
    int order = -1;
    while (rule != end && (order = rule->name.compare(name)) < 0) {
      ok = skipped() && ok;
      if (!goes_on(ok)) return false;
    }
    const Node* const by_name = rule != end && order == 0 ? rule->node : nullptr;
    if (rule != end && order == 0) ++rule;
    bool is_evaluated = false;
    ok = check_member(visit, by_name, name, member, is_evaluated) && ok;
    if (!goes_on(ok)) return false;
    if (seen != nullptr && is_evaluated) seen->mark(index);
    ++index;
  }
  while (rule != end) {
    ok = skipped() && ok;
    if (!goes_on(ok)) return false;
  }
  return ok;
}

bool Evaluator::check_member(const Visit& visit,
                             const Node* by_name,
                             const std::string& name,
                             const Json& member,
                             bool& is_evaluated) {
  const ObjectRules& rules = *visit.node.object;
  const Place place{&visit.place, &name, 0};
  bool ok = true;
  is_evaluated = by_name != nullptr;
  if (by_name != nullptr) ok = evaluate(*by_name, member, place, nullptr);
  for (const PatternRule& rule : rules.patterns) {
    if (!goes_on(ok)) return false;
    steps_ -= rule.pattern->cost(name.size());
    if (steps_ < 0) return false;
    if (!rule.pattern->found_in(name)) continue;
    is_evaluated = true;
    ok = evaluate(*rule.node, member, place, nullptr) && ok;
  }
  if (is_evaluated || rules.additional == nullptr || !goes_on(ok)) return ok;
  is_evaluated = true;
  return evaluate(*rules.additional, member, place, nullptr) && ok;
}

bool Evaluator::check_names(const Visit& visit) {
  const Node& names = *visit.node.object->names;
  bool ok = true;
  for (const auto& [name, member] : visit.value.get_ref<const Json::object_t&>()) {
    const Place place{&visit.place, &name, 0};
    ok = evaluate(names, Json(name), place, nullptr) && ok;
    if (!goes_on(ok)) return false;
  }
  return ok;
}

bool Evaluator::check_dependencies(const Visit& visit, Marks* seen) {
  const auto& members = visit.value.get_ref<const Json::object_t&>();
  bool ok = true;
  for (const Dependency& dependency : visit.node.object->dependencies) {
    steps_ -= 1;
    if (!members.contains(dependency.name)) continue;
    for (const std::string_view name : dependency.required) {
      steps_ -= 1;
      if (members.contains(name)) continue;
      ok = fail(visit, dependency.keyword, [&] {
        Told told = missing(name);
        told.expected += " beside \"" + std::string(dependency.name.substr(0, 200)) + "\"";
        return told;
      });
      if (!goes_on(ok)) return false;
    }
    if (dependency.node == nullptr) continue;
    ok = evaluate(*dependency.node, visit.value, visit.place, seen) && ok;
    if (!goes_on(ok)) return false;
  }
  return ok;
}

bool Evaluator::check_unevaluated_properties(const Visit& visit, Marks& seen) {
  const Node& rest = *visit.node.object->unevaluated;
  bool ok = true;
  std::size_t index = 0;
  for (const auto& [name, member] : visit.value.get_ref<const Json::object_t&>()) {
    if (!seen.has(index)) {
      const Place place{&visit.place, &name, 0};
      ok = evaluate(rest, member, place, nullptr) && ok;
      if (!goes_on(ok)) return false;
      seen.mark(index);
    }
    ++index;
  }
  return ok;
}

}  // namespace taskgate::checks::schema
