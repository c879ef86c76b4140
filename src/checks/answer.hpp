#pragma once
// One answer as all the checks see it: the input, and what was found in its text once for all.

#include "checks/extraction.hpp"
#include "taskgate/checks/finding.hpp"
#include "taskgate/checks/input.hpp"

#include <vector>

namespace taskgate::checks {

using Findings = std::vector<Finding>;

/// A view: the input outlives it.
struct Answer {
  const CheckInput& input;
  bool wants_json = false;
  Extraction json;  ///< with a schema: the JSON found; else only bare JSON, for its completeness

  explicit Answer(const CheckInput& given)
      : input(given),
        wants_json(!given.asked.output_schema.empty()),
        json(wants_json ? extract_json(given.answered.text) : scan_bare_json(given.answered.text)) {
  }
  bool has_json() const { return json.state == ScanState::complete; }
};

}  // namespace taskgate::checks
