#pragma once
// The body of POST /tasks/{id}/input. Pure.

#include "api/problem.hpp"
#include "taskgate/engine/task_input.hpp"

#include <optional>
#include <string>

namespace taskgate::api {

struct ParsedTaskInput {
  engine::TaskInput input;
  std::optional<Problem> problem;  ///< 400 or 422 with every fault
};

/// One of {"approve": {"key"}}, {"deny": {"key", "reason"?}}, {"edit": {"key", "arguments"}},
/// {"resolve": {"key", "executed", "result"?}}.
ParsedTaskInput read_task_input(const std::string& body);

}  // namespace taskgate::api
