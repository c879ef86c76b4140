#pragma once
// What a model is told of a call's outcome. Pure.

#include "taskgate/tools/tool.hpp"

#include <string>
#include <string_view>

namespace taskgate::engine {

/// What the model is told of an outcome, as JSON: {"result": …} or {"error": {…}}.
std::string outcome_json(const tools::ToolOutcome& outcome);
std::string result_json(const std::string& result);
/// Of a call that was not sent: {"error":{"type":…,"message":…}}.
std::string error_outcome(std::string_view type, std::string_view message);

}  // namespace taskgate::engine
