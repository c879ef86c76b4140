#include "engine/agent/agent_request.hpp"

#include <nlohmann/json.hpp>

namespace taskgate::engine {
namespace {

int integer_or(const nlohmann::json& object, const char* key, int otherwise) {
  const auto member = object.find(key);
  if (member == object.end() || !member->is_number_integer()) return otherwise;
  return member->get<int>();
}

void read_budget(const nlohmann::json& budget, AgentRequest& request) {
  if (const auto tokens = budget.find("tokens");
      tokens != budget.end() && tokens->is_number_integer())
    request.budget_tokens = tokens->get<std::int64_t>();
  if (const auto usd = budget.find("usd"); usd != budget.end() && usd->is_number())
    request.budget_usd = usd->get<double>();
}

}  // namespace

AgentRequest read_agent_request(std::string_view body) {
  AgentRequest request;
  // Most tasks have no tools: they are not parsed for them.
  if (body.find("tools") == std::string_view::npos) return request;
  const auto document = nlohmann::json::parse(body, nullptr, false);
  if (!document.is_object()) return request;
  const auto tools = document.find("tools");
  if (tools == document.end() || !tools->is_array()) return request;
  for (const auto& tool : *tools) {
    if (tool.is_string()) request.tools.push_back(tool.get<std::string>());
  }
  request.max_steps = integer_or(document, "max_steps", request.max_steps);
  request.max_tool_calls = integer_or(document, "max_tool_calls", request.max_tool_calls);
  if (const auto budget = document.find("budget"); budget != document.end() && budget->is_object())
    read_budget(*budget, request);
  return request;
}

}  // namespace taskgate::engine
