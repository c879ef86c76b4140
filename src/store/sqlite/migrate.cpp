#include "store/sqlite/migrations.hpp"
#include "taskgate/core/crash_point.hpp"

#include <filesystem>
#include <string>
#include <system_error>

namespace taskgate::store::sqlite {
namespace {

// "tgat" in the file's header (sqlite.org/fileformat2.html §1.3.10): whose file it is.
constexpr std::int64_t kApplicationId = 0x74676174;

void apply_migration(Database& db, const Migration& migration) {
  db.execute("BEGIN IMMEDIATE");
  try {
    db.execute(migration.sql);
    db.execute(("PRAGMA user_version=" + std::to_string(migration.version)).c_str());
    db.execute(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str());
    TASKGATE_CRASH_POINT("store.in_migration");
    db.execute("COMMIT");
  } catch (const std::exception&) {
    if (db.in_transaction()) db.execute("ROLLBACK");
    throw;
  }
}

}  // namespace

Result<void> check_owner(const std::string& path) {
  std::error_code absent;
  if (std::filesystem::file_size(path, absent) == 0 || absent) {
    // SQLite would delete the log of a database that is not there. No crash leaves files so.
    std::error_code no_log;
    if (std::filesystem::file_size(path + "-wal", no_log) > 0 && !no_log)
      return Error(Errc::storage, "the file is empty or missing, but " + path +
                                      "-wal holds data: bring the file back, or move that away");
    return {};
  }
  // A transaction that a crash cut off in a rollback journal (only the first start writes one) must
  // be undone before anything can be read: whoever opens the file next has to do that.
  const bool is_cut_off = std::filesystem::exists(path + "-journal", absent);
  Database db(path, is_cut_off ? OpenMode::healer : OpenMode::inspector);
  const auto version = db.pragma("PRAGMA user_version");
  const bool is_new = version == 0 && db.pragma("SELECT count(*) FROM sqlite_schema") == 0;
  if (!is_new && db.pragma("PRAGMA application_id") != kApplicationId)
    return Error(Errc::storage, "the file is a database of another program");
  const int newest = migrations().back().version;
  if (version > newest) {
    return Error(Errc::storage, "the database was written by a newer taskgate (schema " +
                                    std::to_string(version) + ", this program knows " +
                                    std::to_string(newest) +
                                    "): use that version or restore a backup");
  }
  return {};
}

void migrate(Database& db) {
  const auto version = db.pragma("PRAGMA user_version");
  for (const auto& migration : migrations()) {
    if (migration.version > version) apply_migration(db, migration);
  }
}

}  // namespace taskgate::store::sqlite
