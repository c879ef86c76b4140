// The crash matrix of execute-once tools: the program is ended at every named point of a call's way
// (and, by the tool's own server, in the midst of sending and between execution and answer), for
// each effect, policy and kind of tool; started again; and asked what it knows. The tool server's
// log is the oracle. Exit code 0: no write was executed twice, every crash in the window showed as
// unknown, and keys were the same in both lives.
//
//   tool_crashes [--seeds N] [--seed S] [--program FILE] [--keep]

#include "crash/proof_options.hpp"
#include "crash/tool_trial.hpp"

#include <chrono>
#include <iostream>
#include <map>
#include <string>

namespace taskgate::crash {
namespace {

int run(const ProofOptions& options) {
  const auto begun = std::chrono::steady_clock::now();
  std::size_t trials = 0;
  std::size_t crashes = 0;
  std::size_t unknowns = 0;
  std::size_t violations = 0;
  for (const auto& point : crash_moments()) {
    std::size_t crashed_here = 0;
    for (const auto& variant : tool_variants()) {
      for (std::size_t seed = 0; seed < options.count; ++seed) {
        ToolTrial trial(options, point, variant, options.seed + seed);
        const auto verdict = trial.run();
        ++trials;
        crashed_here += verdict.crashed;
        unknowns += verdict.surfaced;
        for (const auto& violation : verdict.violations) {
          ++violations;
          std::cout << "  VIOLATED  " << point.name << " " << variant.name << " seed "
                    << options.seed + seed << ": " << violation << std::endl;
        }
      }
    }
    std::cout << point.name << ": " << crashed_here << " crashes" << std::endl;
    if (crashed_here == 0) {
      ++violations;
      std::cout << "  VIOLATED  it is never reached" << std::endl;
    }
    crashes += crashed_here;
  }
  const auto seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::cout << "tool_crashes: " << trials << " trials, " << crashes << " crashes, " << unknowns
            << " unknown outcomes surfaced, " << violations << " violations, " << seconds
            << " s, seed " << options.seed << std::endl;
  return violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace taskgate::crash

int main(int count, char** words) {
  using namespace taskgate::crash;
  return run_proof(count, words, "seeds", TASKGATE_CRASH_SEEDS, run);
}
