#pragma once
// From a definition to a contract: its version and its compiled schema.

#include "taskgate/core/result.hpp"
#include "taskgate/tools/definition.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace taskgate::tools {

/// ToolDefinition::version over the definition and what else makes the tool what it is (kind,
/// address, method). The description is left out: better words make no other tool.
std::string version_of(const ToolDefinition& definition,
                       std::initializer_list<std::string_view> identity);

/// Sets the version and compiles the schema. Errors: Errc::unprocessable or Errc::too_large (the
/// schema).
Result<ContractPtr> make_contract(ToolDefinition definition,
                                  std::initializer_list<std::string_view> identity);

/// `text` as it may be shown to a model: valid UTF-8, at most `limit` bytes of it. Where something
/// is cut off, or `cut` says that it was before, it ends with a note of that, and `cut` is set.
std::string bounded_result(std::string text, std::size_t limit, bool& cut);

}  // namespace taskgate::tools
