#include "taskgate/checks/finding.hpp"

#include "taskgate/core/json_text.hpp"

#include <array>

namespace taskgate::checks {
namespace {

constexpr std::array<const char*, kFindingTypes> kFindingTypeNames = {
    "schema_violation",     "schema_drift",  "truncation",     "refusal",
    "content_filter",       "hallucination", "low_confidence", "tool_error",
    "tool_args_incomplete", "provider_error"};
constexpr std::array<const char*, 4> kSeverityNames = {"info", "warning", "error", "critical"};
constexpr std::array<const char*, 8> kActionNames = {
    "none",         "retry",       "retry_with_feedback", "raise_max_output_tokens",
    "relax_schema", "apply_patch", "switch_model",        "human_review"};
constexpr std::array<const char*, 4> kSourceNames = {"model", "provider", "tool", "gateway"};

template <class Enum, std::size_t N>
std::optional<Enum> parsed(const std::array<const char*, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (name == names[i]) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

const char* to_string(FindingType type) noexcept {
  return kFindingTypeNames[static_cast<std::size_t>(type)];
}
const char* to_string(Severity severity) noexcept {
  return kSeverityNames[static_cast<std::size_t>(severity)];
}
const char* to_string(RecoveryAction action) noexcept {
  return kActionNames[static_cast<std::size_t>(action)];
}
const char* to_string(Source source) noexcept {
  return kSourceNames[static_cast<std::size_t>(source)];
}
std::optional<FindingType> parse_finding_type(std::string_view name) noexcept {
  return parsed<FindingType>(kFindingTypeNames, name);
}
std::optional<Severity> parse_severity(std::string_view name) noexcept {
  return parsed<Severity>(kSeverityNames, name);
}

std::string evidence_of(std::string_view text) {
  if (text.size() <= kMaxEvidence) return std::string(text);
  std::string out(text.substr(0, complete_utf8_prefix(text.substr(0, kMaxEvidence))));
  return out += "…";
}

}  // namespace taskgate::checks
