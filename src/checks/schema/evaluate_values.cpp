// const, enum, and the rules of numbers and strings.
#include "checks/schema/equality.hpp"
#include "checks/schema/evaluator.hpp"
#include "checks/schema/number.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace taskgate::checks::schema {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxListedBytes = 300;  // of an enum's values in a report

std::uint64_t code_points(std::string_view text) {
  std::uint64_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return count;
}

bool is_listed(const EnumRule& rule, const Json& value, std::int64_t& steps) {
  if (rule.by_hash.empty()) {
    return std::any_of(rule.values->begin(), rule.values->end(),
                       [&](const Json& member) { return equal(member, value, steps); });
  }
  const std::uint64_t hash = hash_of(value, steps);
  auto at = std::lower_bound(rule.by_hash.begin(), rule.by_hash.end(), hash,
                             [](const auto& entry, std::uint64_t h) { return entry.first < h; });
  for (; at != rule.by_hash.end() && at->first == hash; ++at) {
    if (equal(*at->second, value, steps)) return true;
  }
  return false;
}

}  // namespace

bool Evaluator::check_constant(const Visit& visit) {
  if (equal(*visit.node.constant, visit.value, steps_)) return true;
  return fail(visit, Keyword::const_, [&] {
    return Told{short_json(*visit.node.constant, kMaxListedBytes), described(visit.value), {}};
  });
}

bool Evaluator::check_enum(const Visit& visit) {
  const EnumRule& rule = *visit.node.enumeration;
  if (is_listed(rule, visit.value, steps_)) return true;
  return fail(visit, Keyword::enum_, [&] {
    return Told{"one of " + short_json(*rule.values, kMaxListedBytes), described(visit.value), {}};
  });
}

bool Evaluator::check_number(const Visit& visit) {
  const NumberRules& rules = *visit.node.number;
  const Json& value = visit.value;
  const auto broken = [&](Keyword keyword, std::string_view words, const Json& bound) {
    return fail(visit, keyword, [&] {
      return Told{"a number " + std::string(words) + " " + bound.dump(), described(value), {}};
    });
  };
  bool ok = true;
  if (rules.minimum != nullptr && compare_numbers(value, *rules.minimum) < 0)
    ok = broken(Keyword::minimum, "that is at least", *rules.minimum);
  if (goes_on(ok) && rules.maximum != nullptr && compare_numbers(value, *rules.maximum) > 0)
    ok = broken(Keyword::maximum, "that is at most", *rules.maximum);
  if (goes_on(ok) && rules.exclusive_minimum != nullptr &&
      compare_numbers(value, *rules.exclusive_minimum) <= 0)
    ok = broken(Keyword::exclusive_minimum, "above", *rules.exclusive_minimum);
  if (goes_on(ok) && rules.exclusive_maximum != nullptr &&
      compare_numbers(value, *rules.exclusive_maximum) >= 0)
    ok = broken(Keyword::exclusive_maximum, "below", *rules.exclusive_maximum);
  if (goes_on(ok) && rules.multiple_of != nullptr && !is_multiple_of(value, *rules.multiple_of))
    ok = broken(Keyword::multiple_of, "that is a multiple of", *rules.multiple_of);
  return ok;
}

bool Evaluator::check_length(const Visit& visit, const std::string& text) {
  const StringRules& rules = *visit.node.string;
  if (rules.min_length == 0 && rules.max_length == kNoMaximum) return true;
  // A code point takes one to four bytes: mostly there is no need to count.
  if (text.size() <= rules.max_length && text.size() / 4 >= rules.min_length) return true;
  const std::uint64_t length = code_points(text);
  steps_ -= static_cast<std::int64_t>(text.size() / 64);
  if (length >= rules.min_length && length <= rules.max_length) return true;
  const bool is_short = length < rules.min_length;
  return fail(visit, is_short ? Keyword::min_length : Keyword::max_length, [&] {
    const std::uint64_t bound = is_short ? rules.min_length : rules.max_length;
    return Told{(is_short ? "at least " : "at most ") + counted(bound, "character", "characters"),
                counted(length, "character", "characters"),
                {}};
  });
}

bool Evaluator::check_string(const Visit& visit) {
  const StringRules& rules = *visit.node.string;
  const auto& text = visit.value.get_ref<const std::string&>();
  bool ok = check_length(visit, text);
  if (goes_on(ok) && rules.pattern != nullptr) {
    steps_ -= rules.pattern->cost(text.size());
    if (steps_ < 0) return false;
    if (!rules.pattern->found_in(text))
      ok = fail(visit, Keyword::pattern, [&] {
        return Told{"text that matches " + *rules.pattern_text, described(visit.value), {}};
      });
  }
  if (goes_on(ok) && rules.format != nullptr) {
    steps_ -= static_cast<std::int64_t>(1 + text.size() / 16);
    if (!rules.format(text))
      ok = fail(visit, Keyword::format, [&] {
        return Told{"format " + *rules.format_name, described(visit.value), {}};
      });
  }
  return ok;
}

}  // namespace taskgate::checks::schema
