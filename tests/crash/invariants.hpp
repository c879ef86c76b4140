#pragma once
// What must hold after any number of crashes (durability: I1, I2 …), each a function over the
// history. A new one: write it, add it to the table in invariants.cpp.

#include "crash/history.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::crash {

/// What is wrong, one sentence each; empty when the invariant holds.
using Violations = std::vector<std::string>;

struct Evidence {
  const std::vector<Submission>& submissions;
  const Outcome& outcome;
};

struct Invariant {
  std::string_view name;
  Violations (*check)(const Evidence& evidence);
};

std::span<const Invariant> all_invariants();

/// The log's own rules for one task (numbers, transitions, one final event at the end, the text),
/// also for tests that have no history.
Violations check_log(const std::string& id, const FinalTask& task);

}  // namespace taskgate::crash
