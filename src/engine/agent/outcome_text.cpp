#include "engine/agent/outcome_text.hpp"

#include "taskgate/core/json_guard.hpp"
#include "taskgate/core/json_text.hpp"

#include <nlohmann/json.hpp>

namespace taskgate::engine {

using tools::ToolOutcome;

namespace {

bool is_json_value(const std::string& text) {
  const JsonLimits limits{text.size(), 64};
  return !text.empty() && !guard_json(text, limits) && nlohmann::json::accept(text);
}

}  // namespace

std::string error_outcome(std::string_view type, std::string_view message) {
  std::string outcome = R"({"error":{"type":)";
  append_json_string(outcome, type);
  outcome += R"(,"message":)";
  append_json_string(outcome, message);
  outcome += "}}";
  return outcome;
}

std::string result_json(const std::string& result) {
  std::string json = R"({"result":)";
  if (is_json_value(result)) {
    json += result;
  } else {
    append_json_string(json, result);
  }
  json += '}';
  return json;
}

std::string outcome_json(const ToolOutcome& outcome) {
  if (outcome.state == ToolOutcome::State::succeeded && !outcome.is_error)
    return result_json(outcome.result);
  return error_outcome("tool_error", outcome.result.empty() ? outcome.evidence : outcome.result);
}

}  // namespace taskgate::engine
