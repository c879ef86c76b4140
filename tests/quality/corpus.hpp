#pragma once
// The labelled data of tests/data/quality and the mutations made of it. Seeded: every run sees the
// same cases.

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace taskgate::quality {

/// Lines of a .jsonl file below tests/data/quality. Throws std::runtime_error when it is not there.
std::vector<nlohmann::json> read_lines(const std::string& name);

/// One wrong answer made of a right one.
struct Mutation {
  std::string text;                        ///< the answer's text
  std::optional<nlohmann::json> expected;  ///< the only right repair; unset: a trap, none is
};

/// A way in which models get a document wrong.
struct Mutator {
  const char* name;
  /// nullopt when the document offers no place for it.
  std::optional<Mutation> (*apply)(const nlohmann::json& schema,
                                   const nlohmann::json& document,
                                   std::mt19937_64& random);
};

/// All of them.
const std::vector<Mutator>& mutators();

}  // namespace taskgate::quality
