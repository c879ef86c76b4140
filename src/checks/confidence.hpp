#pragma once
// The confidence of each JSON leaf from its tokens' probabilities, and `low_confidence`.

#include "checks/answer.hpp"
#include "taskgate/checks/confidence.hpp"

namespace taskgate::checks {

inline constexpr std::size_t kMaxConfidenceFields = 200;

/// Takes a method's score in: the lowest of all methods counts.
void merge_score(Confidence& confidence, const char* method, double score);
/// The same for one field.
void merge_field(Confidence& confidence, const std::string& path, double score);

/// Reads the token probabilities, when they spell the answer's text. A leaf's score is the
/// geometric mean of its value tokens' probabilities; the answer's is that of all of them. Leaves
/// under `threshold` are reported, at most 10. Probabilities that were asked for and cannot be used
/// are an `info` finding.
void check_confidence(const Answer& answer,
                      double threshold,
                      Confidence& confidence,
                      Findings& findings);

}  // namespace taskgate::checks
