#pragma once
// What a stored body says of tools and of the bounds of the loop.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::engine {

struct AgentRequest {
  std::vector<std::string> tools;             ///< as the client named them; empty: no agent
  int max_steps = 20;                         ///< turns of the model
  int max_tool_calls = 50;                    ///< that the model may ask for, refused ones included
  std::optional<std::int64_t> budget_tokens;  ///< input and output, over all turns
  std::optional<double> budget_usd;
};

/// Never fails: what is not there (or not readable, which admission does not let in) has its
/// default.
AgentRequest read_agent_request(std::string_view body);

}  // namespace taskgate::engine
