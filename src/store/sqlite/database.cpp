#include "store/sqlite/database.hpp"

#include <cassert>
#include <cstring>
#include <mutex>

namespace taskgate::store::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5000;

// Of every connection. Without mmap: it widens the window of the WAL-reset bug of SQLite
// 3.7.0–3.51.2 (sqlite.org/wal.html), and an I/O error in a mapped page is a signal, not an error.
constexpr const char* kCommonSettings =
    "PRAGMA mmap_size=0;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA foreign_keys=ON;"
    "PRAGMA trusted_schema=OFF;";

constexpr const char* kWriterSettings =
    "PRAGMA page_size=8192;"  // before the file's first page is written, else without effect
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA secure_delete=ON;"
    "PRAGMA cache_size=-65536;"            // 64 MiB
    "PRAGMA journal_size_limit=67108864;"  // a WAL swollen by a burst shrinks again
    "PRAGMA wal_autocheckpoint=0;";        // WriteSession decides when

constexpr const char* kReaderSettings =
    "PRAGMA query_only=ON;"
    "PRAGMA cache_size=-16384;"
    "PRAGMA wal_autocheckpoint=0;";

// Memory statistics cost a process-wide mutex on every allocation. Only possible before the
// library's first use; when another part of the program was first, nothing is lost but speed.
void configure_library() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

int open_flags(OpenMode mode) {
  constexpr int kBoth = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
  if (mode == OpenMode::writer) return kBoth | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  return kBoth | (mode == OpenMode::healer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
}

}  // namespace

void throw_sqlite(sqlite3* handle, int code, const char* doing) {
  std::string what = doing;
  what += ": ";
  what += handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  what += " (sqlite " + std::to_string(code) + ")";
  const int primary = code & 0xFF;
  // MISMATCH and RANGE: a value of the wrong type or place; TOOBIG: over a billion bytes.
  if (primary == SQLITE_CONSTRAINT || primary == SQLITE_MISMATCH || primary == SQLITE_TOOBIG)
    throw RuleViolation(what);
  throw StorageFailure(what);
}

bool Query::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw_sqlite(sqlite3_db_handle(statement_), code, "step");
}

std::string_view Query::view(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::optional<std::string> Query::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::optional<TimePoint> Query::optional_time(int column) const {
  if (is_null(column)) return std::nullopt;
  return time(column);
}

TaskId Query::task_id(int column) const {
  TaskId id;
  const auto bytes = view(column);
  if (bytes.size() == id.bytes.size()) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
  return id;
}

std::array<std::uint8_t, 32> Query::hash(int column) const {
  std::array<std::uint8_t, 32> hash{};
  const auto bytes = view(column);
  if (bytes.size() == hash.size()) std::memcpy(hash.data(), bytes.data(), bytes.size());
  return hash;
}

void Query::bind_one(int index, std::string_view text) {
  // A null pointer would bind NULL: the empty text of a default string_view is still a text.
  const char* data = text.data() != nullptr ? text.data() : "";
  check(sqlite3_bind_text64(statement_, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Query::bind_one(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, index, value));
}

void Query::bind_one(int index, double value) {
  check(sqlite3_bind_double(statement_, index, value));
}

void Query::bind_blob(int index, const void* data, std::size_t size) {
  check(sqlite3_bind_blob64(statement_, index, data, size, SQLITE_STATIC));
}

void Query::bind_null(int index) {
  check(sqlite3_bind_null(statement_, index));
}

void Query::check(int code) const {
  if (code != SQLITE_OK) throw_sqlite(sqlite3_db_handle(statement_), code, "bind");
}

Database::Database(const std::string& path, OpenMode mode) {
  configure_library();
  if (mode == OpenMode::writer) vfs_ = std::make_unique<ScrubbingVfs>();
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, open_flags(mode), vfs_ ? vfs_->name() : nullptr);
  handle_.reset(handle);  // also a failed open leaves a handle that must be closed
  if (code != SQLITE_OK) throw_sqlite(handle, code, "open");
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  // Debian's build takes "nosuchcolumn" for a string unless told otherwise.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (mode != OpenMode::writer)
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (mode == OpenMode::inspector || mode == OpenMode::healer) return;
  execute(mode == OpenMode::writer ? kWriterSettings : kReaderSettings);
  execute(kCommonSettings);
}

Query Database::query(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement) {
    sqlite3_stmt* prepared = nullptr;
    const int code =
        sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (code != SQLITE_OK) {
      statements_.erase(sql);
      throw_sqlite(handle_.get(), code, "prepare");
    }
    statement.reset(prepared);
  }
  return Query(statement.get());
}

void Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw_sqlite(handle_.get(), code, "execute");
}

std::int64_t Database::pragma(const char* sql) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v2(handle_.get(), sql, -1, &prepared, nullptr);
  const Statement owner(prepared);
  if (code != SQLITE_OK) throw_sqlite(handle_.get(), code, "prepare");
  Query query(prepared);
  return query.step() ? query.integer(0) : 0;
}

ReadSnapshot::ReadSnapshot(Database& db) : db_(db) {
  db_.query("BEGIN").run();
}

ReadSnapshot::~ReadSnapshot() {
  // A read transaction has nothing to lose: an error here means that it is over already.
  if (db_.in_transaction()) sqlite3_exec(db_.handle(), "COMMIT", nullptr, nullptr, nullptr);
}

}  // namespace taskgate::store::sqlite
