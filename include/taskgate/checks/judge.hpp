#pragma once
// The second opinion: the prompt that a judging model gets, and what its answer means. The call
// itself is the engine's. A judge that fails is an `info` finding, never a verdict.

#include "taskgate/checks/finding.hpp"
#include "taskgate/checks/input.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::checks {

struct JudgePrompt {
  std::string instructions;   ///< the judge's role and the form of its answer
  std::string input;          ///< the material, as one JSON object: nothing in it can end it
  std::string output_schema;  ///< what its answer must fit
};

/// `rubric`: the route's own criteria; may be empty. Material past 64 KiB a part is cut, and the
/// judge is told.
JudgePrompt judge_prompt(const CheckInput& input, std::string_view rubric);

struct JudgeOpinion {
  bool refused = false;
  std::vector<std::string> unsupported;  ///< statements that the context does not bear out
  std::optional<double> score;           ///< 0..1, against the rubric
};

/// What the judge's answer says; nullopt when it is not of the form that was asked for.
std::optional<JudgeOpinion> parse_judge(std::string_view text);

/// The findings of a judge's answer: `hallucination` and `refusal` as warnings, and with a `rubric`
/// `low_confidence` for a score under 0.5; an `info` finding when it cannot be read.
std::vector<Finding> findings_of_judge(std::string_view text,
                                       int step,
                                       std::string_view rubric = {});

}  // namespace taskgate::checks
