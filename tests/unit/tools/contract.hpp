#pragma once
// A tool's contract for tests: a name, a schema, and what the test sets beside them.

#include "taskgate/tools/definition.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace taskgate::tools {

inline ContractPtr contract_of(ToolDefinition definition) {
  auto schema = checks::compile_schema(definition.parameters);
  if (!schema) throw std::invalid_argument(schema.error().message());
  return std::make_shared<const ToolContract>(std::move(definition), std::move(*schema));
}

inline ToolDefinition definition_of(std::string name, std::string parameters) {
  ToolDefinition definition;
  definition.name = std::move(name);
  definition.parameters = std::move(parameters);
  definition.version = "0123456789ab";
  return definition;
}

}  // namespace taskgate::tools
