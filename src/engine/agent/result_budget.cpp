#include "engine/agent/result_budget.hpp"

#include "taskgate/core/json_text.hpp"

#include <algorithm>

namespace taskgate::engine {

void ResultBudget::fit(std::string& answer) {
  const std::size_t limit = std::max(bytes_ - std::min(taken_, bytes_), kLeast);
  if (answer.size() > limit) {
    answer.resize(limit);
    answer.resize(complete_utf8_prefix(answer));
    answer += "\n[cut: the answers of this task's tools take up the room that they may]";
  }
  taken_ += answer.size();
}

bool ResultBudget::take(std::size_t bytes) {
  if (taken_ + bytes > bytes_) return false;
  taken_ += bytes;
  return true;
}

std::size_t result_bytes(const std::vector<store::CallRow>& calls) {
  std::size_t bytes = 0;
  for (const auto& call : calls) bytes += call.outcome.size();
  return bytes;
}

}  // namespace taskgate::engine
