#pragma once
// The schema's history: numbered .sql files, embedded at build time (migrations.cpp.in). Each runs
// once, in order, in a transaction of its own; PRAGMA user_version says how far a file has come.

#include "store/sqlite/database.hpp"
#include "taskgate/core/result.hpp"

#include <span>

namespace taskgate::store::sqlite {

struct Migration {
  int version;
  const char* sql;
};

/// All that this program knows, ascending from 1.
std::span<const Migration> migrations();

/// Brings the file up to date. Errc::storage when it was written by a newer program, or is some
/// other program's database.
Result<void> migrate(Database& db);

}  // namespace taskgate::store::sqlite
