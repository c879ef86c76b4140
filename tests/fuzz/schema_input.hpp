#pragma once
// One input of the schema fuzz tests: the text of a schema, a line feed, the text of a document.

#include "taskgate/checks/schema.hpp"
#include "taskgate/core/json_guard.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <string_view>

namespace taskgate::checks {

/// Compiles, validates, looks up; aborts when an outcome contradicts itself.
inline void run_schema_input(std::string_view input) {
  const std::size_t split = input.find('\n');
  const std::string_view schema_text = input.substr(0, split);
  const std::string_view text = split == std::string_view::npos ? "null" : input.substr(split + 1);
  SchemaOptions options;
  options.format = FormatMode::assertion;
  const auto schema = compile_schema(schema_text, options);
  if (!schema) {
    if (schema.error().faults().empty()) std::abort();
    return;
  }
  if (guard_json(text)) return;
  const auto document = nlohmann::json::parse(text, nullptr, false);
  if (document.is_discarded()) return;
  ValidationOptions bounded;
  bounded.max_steps = 50'000;
  const ValidationOutcome outcome = schema->validate(document, bounded);
  if ((outcome.verdict == ValidationVerdict::invalid) == outcome.violations.empty()) std::abort();
  // The walk that explains must find what the walk that decides found, unless its steps ran out.
  const bool had_room = outcome.steps < bounded.max_steps / 100;
  for (const Violation& violation : outcome.violations) {
    if (violation.keyword.empty() && had_room) std::abort();
    if (violation.instance_path.ends_with("…")) continue;  // cut
    const nlohmann::json::json_pointer place(violation.instance_path);
    if (!document.contains(place)) std::abort();
    (void)schema->properties_at(violation.instance_path);  // only that it ends
  }
}

}  // namespace taskgate::checks
