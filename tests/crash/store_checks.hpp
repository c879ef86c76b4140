#pragma once
// What a database must say after a crash, compared with what was promised before it.

#include "crash/store_life.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace taskgate::crash {

struct CrashFindings {
  std::vector<std::string> lost;    ///< acknowledged and gone
  std::vector<std::string> broken;  ///< half applied, out of order, unsound, never submitted
  bool empty() const { return lost.empty() && broken.empty(); }
};

/// Opens the database as a new process would, recovers, and compares every task, log, delivery, key
/// and secret with a history that ended at `crash`; then closes it and has SQLite check the file.
CrashFindings check_store(const std::filesystem::path& database,
                          const StoreHistory& history,
                          Moment crash);

}  // namespace taskgate::crash
