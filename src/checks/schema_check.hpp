#pragma once
// Whether a document fits its schema: `schema_violation`, `schema_drift`, and the repair that was
// applied or is proposed.

#include "checks/answer.hpp"
#include "taskgate/checks/report.hpp"

namespace taskgate::checks {

/// Judges `text`, one whole JSON document: the answer's JSON, or what could be closed of a cut one.
struct DocumentJudgement {
  bool fits = false;            ///< `output` is valid, as it came or repaired
  bool checked = true;          ///< false: too large or too costly; nothing is known
  std::string output;           ///< the document to hand on
  std::vector<Repair> repairs;  ///< applied or proposed patches
  Findings findings;
};

DocumentJudgement judge_document(const CompiledSchema& schema,
                                 std::string_view text,
                                 const Policy& policy,
                                 int step);

}  // namespace taskgate::checks
