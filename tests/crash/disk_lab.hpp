#pragma once
// What the programs that torment one store share: flags, a place for many small databases.

#include "taskgate/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace taskgate::crash {

/// `--NAME N` and `--seed S`, or the environment's TASKGATE_NAME and TASKGATE_SEED.
struct LabOptions {
  std::size_t count = 0;
  std::uint64_t seed = 0;  ///< a new one every time unless given
};

/// `name`: of the flag for `count`, e.g. "recoveries". Throws std::runtime_error.
LabOptions read_lab_options(int count, char** words, const std::string& name, std::size_t usual);

/// A file system in memory when there is one: its syncs cost nothing, and here they prove nothing.
std::filesystem::path lab_root();

/// Opens a store that must open; throws std::runtime_error.
std::unique_ptr<store::Store> open_store(const std::filesystem::path& database);

/// The log is for people; a run makes thousands of lines.
void silence_log();

}  // namespace taskgate::crash
