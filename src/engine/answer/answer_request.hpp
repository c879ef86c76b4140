#pragma once
// What a task asks of its answer: the parts of the stored body that the checks and the recovery go
// by. The body was validated when it was accepted.

#include "taskgate/checks/input.hpp"
#include "taskgate/checks/report.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace taskgate::engine {

/// A second opinion on the answer.
struct JudgeRequest {
  std::string model;
  std::string rubric;  ///< may be empty
};

struct AnswerRequest {
  checks::Asked asked;
  checks::Policy policy;  ///< without fallback models: those are the route's business
  int samples = 1;        ///< turns that are compared with each other, 1..10
  bool logprobs = false;  ///< the model is asked how sure it was
  std::optional<JudgeRequest> judge;
  /// Whether the answer is checked against anything that the task brought along. If not, its log
  /// says nothing of the checks: a plain task costs what it did without them.
  bool is_checked = false;
};

/// Reads a body that has been parsed.
AnswerRequest read_answer_request(const nlohmann::json& body);

/// The documents of `context` as the message that the model is given before the input.
std::string context_message(const std::vector<std::string>& documents);

}  // namespace taskgate::engine
