#pragma once
// Flags of the programs that torment the real one, and their main().

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace taskgate::crash {

struct ProofOptions {
  std::size_t count = 0;   ///< kills, restarts, …
  std::uint64_t seed = 0;  ///< a new one every time unless given
  std::filesystem::path program;
  bool keep = false;  ///< leave the database for people to look at
};

/// Runs `proof` with `--NAME N`, `--seed S`, `--program FILE`, `--keep`; the environment's
/// TASKGATE_NAME and TASKGATE_SEED do the same. Returns the exit code.
int run_proof(int count,
              char** words,
              const std::string& name,
              std::size_t usual,
              const std::function<int(const ProofOptions&)>& proof);

}  // namespace taskgate::crash
