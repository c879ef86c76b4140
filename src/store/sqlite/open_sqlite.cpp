// Opening the SQLite store: lock, connect, migrate, count the generation, start the threads.

#include "store/sqlite/migrations.hpp"
#include "store/sqlite/sqlite_store.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace taskgate::store {
namespace {

using sqlite::Database;

std::int64_t next_generation(Database& db) {
  db.execute("UPDATE meta SET generation = generation + 1");
  return db.pragma("SELECT generation FROM meta");
}

// A crash may have come between a purge and the truncation of the log, or the power may have taken
// the truncation back: the purged text would stay there until the next purge. Nobody reads yet.
void empty_log(Database& db) {
  db.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  sqlite3_db_release_memory(
      db.handle());  // what the pages in the cache carry along (write_session)
}

Error cannot_open(const std::string& path, const std::string& reason) {
  return Error(Errc::storage, "cannot open the database " + path + ": " + reason);
}

Result<std::unique_ptr<Store>> open_locked(const SqliteOptions& options, sqlite::FileLock lock) {
  const auto ours = sqlite::check_owner(options.path);
  if (!ours) return cannot_open(options.path, ours.error().message());
  auto db = std::make_unique<Database>(options.path, sqlite::OpenMode::writer);
  sqlite::migrate(*db);
  empty_log(*db);
  const auto generation = next_generation(*db);
  auto session = std::make_unique<sqlite::SqliteSession>(std::move(db));
  return std::make_unique<sqlite::SqliteStore>(options, std::move(lock), std::move(session),
                                               generation);
}

// The lock and the WAL go by the file's name: one file must have one name. A symbolic link is
// followed here; a second hard link cannot be seen through, so it is refused.
Result<std::string> one_name(const std::string& path) {
  std::error_code error;
  const auto resolved = std::filesystem::weakly_canonical(path, error);
  if (error) return cannot_open(path, error.message());
  const auto links = std::filesystem::hard_link_count(resolved, error);
  if (!error && links > 1) {
    return cannot_open(
        path,
        "the file has another name (a hard link), under which a second process could write to it");
  }
  return resolved.string();
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(SqliteOptions options) {
  auto path = one_name(options.path);
  if (!path) return path.error();
  options.path = std::move(*path);
  auto lock = sqlite::FileLock::acquire(options.path);
  if (!lock) return lock.error();
  try {
    return open_locked(options, std::move(*lock));
  } catch (const std::exception& failure) {
    return cannot_open(options.path, failure.what());
  }
}

}  // namespace taskgate::store
