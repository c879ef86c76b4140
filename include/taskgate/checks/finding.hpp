#pragma once
// One thing that a check saw in a model's answer: what the API's `errors[]` shows. Values only.
//
// A finding says what was seen, where, and what may help. What it means for the task's status is
// the verdict table's business (checks/verdict.hpp), never the check's.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::checks {

/// What is wrong; the names are those of `errors[].type` in the API.
enum class FindingType : std::uint8_t {
  schema_violation,
  schema_drift,
  truncation,
  refusal,
  content_filter,
  hallucination,
  low_confidence,
  tool_error,
  tool_args_incomplete,
  provider_error
};
inline constexpr std::size_t kFindingTypes = 10;

enum class Severity : std::uint8_t { info, warning, error, critical };

/// What may help; the names are those of `errors[].recovery.action` in the API.
enum class RecoveryAction : std::uint8_t {
  none,
  retry,
  retry_with_feedback,
  raise_max_output_tokens,
  relax_schema,
  apply_patch,
  switch_model,
  human_review
};

/// Who caused it.
enum class Source : std::uint8_t { model, provider, tool, gateway };

const char* to_string(FindingType type) noexcept;
const char* to_string(Severity severity) noexcept;
const char* to_string(RecoveryAction action) noexcept;
const char* to_string(Source source) noexcept;
std::optional<FindingType> parse_finding_type(std::string_view name) noexcept;
std::optional<Severity> parse_severity(std::string_view name) noexcept;

struct Recovery {
  RecoveryAction action = RecoveryAction::none;
  std::string params = "{}";  ///< a JSON object, e.g. the RFC 6902 patch under "patch"
};

struct Finding {
  FindingType type = FindingType::provider_error;
  Severity severity = Severity::error;
  std::string message;  ///< for the client; lower case, no trailing period
  Recovery recovery;
  Source source = Source::model;
  std::optional<std::string> path;         ///< JSON pointer into the answer; "" is its root
  std::optional<std::string> schema_path;  ///< "#/…" into the output_schema
  std::string evidence;                    ///< what was seen, at most kMaxEvidence bytes; may be ""
  int step = 1;                            ///< the model step that it is about
  bool repaired = false;                   ///< a repair that was applied has undone it
};

inline constexpr std::size_t kMaxEvidence = 300;

/// The first kMaxEvidence bytes of `text` (never a cut UTF-8 character), "…" added when it is more.
std::string evidence_of(std::string_view text);

}  // namespace taskgate::checks
