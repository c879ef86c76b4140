// Opening the SQLite store: lock, connect, migrate, count the generation, start the threads.

#include "store/sqlite/migrations.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace taskgate::store {
namespace {

using sqlite::Database;

std::int64_t next_generation(Database& db) {
  db.execute("UPDATE meta SET generation = generation + 1");
  return db.pragma("SELECT generation FROM meta");
}

Error cannot_open(const std::string& path, const std::string& reason) {
  return Error(Errc::storage, "cannot open the database " + path + ": " + reason);
}

Result<std::unique_ptr<Store>> open_locked(const SqliteOptions& options, sqlite::FileLock lock) {
  const auto ours = sqlite::check_owner(options.path);
  if (!ours) return cannot_open(options.path, ours.error().message());
  auto db = std::make_unique<Database>(options.path, sqlite::OpenMode::writer);
  sqlite::migrate(*db);
  const auto generation = next_generation(*db);
  auto session = std::make_unique<sqlite::SqliteSession>(std::move(db));
  return std::make_unique<sqlite::SqliteStore>(options, std::move(lock), std::move(session),
                                               generation);
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(SqliteOptions options) {
  auto lock = sqlite::FileLock::acquire(options.path);
  if (!lock) return lock.error();
  try {
    return open_locked(options, std::move(*lock));
  } catch (const std::exception& failure) {
    return cannot_open(options.path, failure.what());
  }
}

}  // namespace taskgate::store
