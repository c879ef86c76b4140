#pragma once
// Short forms for the tests of the schema compiler.

#include "taskgate/checks/schema.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace taskgate::checks {

/// The compiled schema; fails the test when it is refused.
inline CompiledSchema compiled(std::string_view schema, const SchemaOptions& options = {}) {
  auto result = compile_schema(schema, options);
  EXPECT_TRUE(result) << schema << ": " << (result ? "" : result.error().message());
  return result ? *result : *compile_schema("true");
}

/// The fault of a schema that must be refused.
inline SchemaFault refused(std::string_view schema, const SchemaOptions& options = {}) {
  const auto result = compile_schema(schema, options);
  EXPECT_FALSE(result) << schema << " was taken";
  if (result) return {};
  EXPECT_FALSE(result.error().faults().empty());
  return result.error().faults().front();
}

inline ValidationOutcome outcome_of(std::string_view schema,
                                    std::string_view document,
                                    const ValidationOptions& options = {}) {
  return compiled(schema).validate(nlohmann::json::parse(document), options);
}

inline bool fits(std::string_view schema, std::string_view document) {
  return outcome_of(schema, document).is_valid();
}

/// The only violation; fails the test when there are none or several.
inline Violation only_violation(std::string_view schema, std::string_view document) {
  const ValidationOutcome outcome = outcome_of(schema, document);
  EXPECT_EQ(outcome.verdict, ValidationVerdict::invalid);
  EXPECT_EQ(outcome.violations.size(), 1U) << schema;
  return outcome.violations.empty() ? Violation{} : outcome.violations.front();
}

}  // namespace taskgate::checks
