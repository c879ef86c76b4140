#pragma once
// From a model's turn to what the checks say of it. Pure but for the cache of compiled schemas.

#include "engine/answer/answer_request.hpp"
#include "engine/task_object.hpp"
#include "taskgate/checks/report.hpp"
#include "taskgate/checks/schema_cache.hpp"
#include "taskgate/providers/provider.hpp"

#include <string>
#include <vector>

namespace taskgate::engine {

/// Checks the answers to one task. The cache outlives it. Not thread-safe.
class AnswerChecker {
 public:
  AnswerChecker(AnswerRequest request, checks::SchemaCache& schemas);

  const AnswerRequest& request() const noexcept { return request_; }
  const std::string& output_schema() const noexcept { return input_.asked.output_schema; }
  /// What else the model was told, beside the request: tools' answers.
  void set_sources(std::vector<std::string> sources) { input_.asked.sources = std::move(sources); }
  /// What the checks say of `turn`, the model step number `step`. `turn` is as before afterwards.
  /// `others`: the texts of the other samples.
  checks::Report check(providers::ModelTurn& turn, std::vector<std::string> others, int step);
  /// Adds findings from elsewhere to a report of check(), as severe as the task has them, and what
  /// they mean for the status.
  void add_findings(std::vector<checks::Finding> findings, checks::Report& report) const;
  /// The material that `turn` was checked with last, for a judge.
  checks::CheckInput input_of(const providers::ModelTurn& turn) const;

 private:
  AnswerRequest request_;
  checks::CheckInput input_;
  std::optional<checks::CompiledSchema> schema_;
  std::string schema_fault_;  ///< why the schema cannot be used any more
};

/// As an entry of `errors`.
Finding finding_of(checks::Finding finding);
/// The end of a task that `turn` answered.
FinalResult answered_result(providers::ModelTurn turn, checks::Report report);

}  // namespace taskgate::engine
