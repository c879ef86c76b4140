// Rules of arrays.
#include "checks/schema/equality.hpp"
#include "checks/schema/evaluator.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace taskgate::checks::schema {

bool Evaluator::check_array(const Visit& visit, Marks* seen) {
  const ArrayRules& rules = *visit.node.array;
  bool ok = check_array_size(visit);
  if (goes_on(ok) && (!rules.prefix.empty() || rules.rest != nullptr))
    ok = check_items(visit, seen) && ok;
  if (goes_on(ok) && rules.contains != nullptr) ok = check_contains(visit, seen) && ok;
  if (goes_on(ok) && rules.unique) ok = check_unique(visit) && ok;
  return ok;
}

bool Evaluator::check_array_size(const Visit& visit) {
  const ArrayRules& rules = *visit.node.array;
  const std::size_t size = visit.value.size();
  if (size >= rules.min_items && size <= rules.max_items) return true;
  const bool is_short = size < rules.min_items;
  return fail(visit, is_short ? Keyword::min_items : Keyword::max_items, [&] {
    const std::uint64_t bound = is_short ? rules.min_items : rules.max_items;
    return Told{(is_short ? "at least " : "at most ") + counted(bound, "item", "items"),
                counted(size, "item", "items"),
                {}};
  });
}

bool Evaluator::check_items(const Visit& visit, Marks* seen) {
  const ArrayRules& rules = *visit.node.array;
  bool ok = true;
  std::size_t index = 0;
  for (const Json& item : visit.value) {
    const Node* const node = index < rules.prefix.size() ? rules.prefix[index] : rules.rest;
    if (node == nullptr) break;
    const Place place{&visit.place, nullptr, index};
    ok = evaluate(*node, item, place, nullptr) && ok;
    if (!goes_on(ok)) return false;
    if (seen != nullptr) seen->mark(index);
    ++index;
  }
  return ok;
}

bool Evaluator::check_contains(const Visit& visit, Marks* seen) {
  const ArrayRules& rules = *visit.node.array;
  std::uint64_t found = 0;
  {
    const Muted muted(*this);
    std::size_t index = 0;
    for (const Json& item : visit.value) {
      const Place place{&visit.place, nullptr, index};
      if (evaluate(*rules.contains, item, place, nullptr)) {
        ++found;
        if (seen != nullptr) seen->mark(index);
      }
      const bool enough = found >= rules.min_contains && rules.max_contains == kNoMaximum;
      if ((enough && seen == nullptr) || found > rules.max_contains || steps_ < 0) break;
      ++index;
    }
  }
  if (found < rules.min_contains) {
    const Keyword keyword = rules.min_contains == 1 ? Keyword::contains : Keyword::min_contains;
    return fail(visit, keyword, [&] {
      return Told{"at least " + counted(rules.min_contains, "item", "items") + " that match",
                  counted(found, "such item", "such items"),
                  {}};
    });
  }
  if (found <= rules.max_contains) return true;
  return fail(visit, Keyword::max_contains, [&] {
    return Told{
        "at most " + counted(rules.max_contains, "item", "items") + " that match", "more", {}};
  });
}

bool Evaluator::check_unique(const Visit& visit) {
  const std::size_t size = visit.value.size();
  if (size < 2) return true;
  std::vector<std::pair<std::uint64_t, std::size_t>> hashes;
  hashes.reserve(size);
  for (std::size_t i = 0; i < size && steps_ >= 0; ++i)
    hashes.emplace_back(hash_of(visit.value[i], steps_), i);
  std::sort(hashes.begin(), hashes.end());
  // Equal values are neighbours, among others of the same hash.
  for (std::size_t i = 1; i < hashes.size() && steps_ >= 0; ++i) {
    for (std::size_t j = i; j-- > 0 && hashes[j].first == hashes[i].first;) {
      const std::size_t first = hashes[j].second;
      const std::size_t second = hashes[i].second;
      if (!equal(visit.value[first], visit.value[second], steps_)) continue;
      return fail(visit, Keyword::unique_items, [&] {
        return Told{
            "items that are all different",
            "items " + std::to_string(first) + " and " + std::to_string(second) + " are the same",
            {}};
      });
    }
  }
  return steps_ >= 0;
}

bool Evaluator::check_unevaluated_items(const Visit& visit, Marks& seen) {
  const Node& rest = *visit.node.array->unevaluated;
  bool ok = true;
  for (std::size_t index = 0; index < visit.value.size(); ++index) {
    if (seen.has(index)) continue;
    const Place place{&visit.place, nullptr, index};
    ok = evaluate(rest, visit.value[index], place, nullptr) && ok;
    if (!goes_on(ok)) return false;
    seen.mark(index);
  }
  return ok;
}

}  // namespace taskgate::checks::schema
