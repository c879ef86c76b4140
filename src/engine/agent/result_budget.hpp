#pragma once
// How much of their tools' answers the calls of one task may keep together. A tool's own
// `max_result_bytes` bounds one answer; an agent that asks for hundreds would still fill the
// memory, and no model reads that much.

#include "taskgate/store/journal.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace taskgate::engine {

/// Belongs to one attempt, on its strand.
class ResultBudget {
 public:
  static constexpr std::size_t kLeast = 256;  ///< bytes of one, when the others have taken all

  /// `bytes`: of all answers.
  explicit ResultBudget(std::size_t bytes) : bytes_(bytes) {}

  /// What the calls of earlier turns and attempts have taken.
  void begin(std::size_t taken) { taken_ = taken; }

  /// Takes the answer, cut to what is left, with a note for the model.
  void fit(std::string& answer);
  /// Takes so many bytes; false: they are not left, and nothing is taken.
  bool take(std::size_t bytes);
  /// Of an answer that is not kept after all.
  void give_back(std::size_t bytes) { taken_ -= std::min(bytes, taken_); }

 private:
  const std::size_t bytes_;
  std::size_t taken_ = 0;
};

/// Bytes of the calls' outcomes.
std::size_t result_bytes(const std::vector<store::CallRow>& calls);

}  // namespace taskgate::engine
