#pragma once
// The schema's history: numbered .sql files, embedded at build time (migrations.cpp.in). Each runs
// once, in order, in a transaction of its own; PRAGMA user_version says how far a file has come.

#include "store/sqlite/database.hpp"
#include "taskgate/core/result.hpp"

#include <span>
#include <string>

namespace taskgate::store::sqlite {

struct Migration {
  int version;
  const char* sql;
};

/// All that this program knows, ascending from 1.
std::span<const Migration> migrations();

/// May this program write to the file? Changes nothing. Errc::storage when it was written by a
/// newer one, or is some other program's database. A file that is absent or empty is ours.
Result<void> check_owner(const std::string& path);

/// Brings the file up to date. Throws StorageFailure; what was not migrated is as it was.
void migrate(Database& db);

}  // namespace taskgate::store::sqlite
