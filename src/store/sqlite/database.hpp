#pragma once
// One SQLite connection with its prepared statements. Used by one thread at a time. Nothing above
// this file calls sqlite3_* itself.

#include "store/group_commit.hpp"
#include "store/sqlite/scrubbing_vfs.hpp"
#include "taskgate/core/ids.hpp"
#include "taskgate/core/task.hpp"

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

namespace taskgate::store::sqlite {

/// A use of a prepared statement: bound, stepped, and reset when it goes out of scope (a statement
/// left unreset holds a read lock that blocks checkpoints).
///
/// Text and blobs are bound in place: what is bound must live until the last step.
class Query {
 public:
  explicit Query(sqlite3_stmt* statement) noexcept : statement_(statement) {}
  ~Query() { sqlite3_reset(statement_); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Binds all parameters in order. All of them: a value left from the last use would be taken.
  template <class... Args>
  Query& bind(Args&&... args) {
    static_assert((!std::is_same_v<Args, std::string> && ...), "a bound string must outlive this");
    int index = 0;
    (bind_one(++index, args), ...);
    return *this;
  }

  /// Ready to be bound and stepped again.
  void reset() { sqlite3_reset(statement_); }
  /// True: a row is there. False: done. Throws StorageFailure, RuleViolation.
  bool step();
  /// Steps to the end.
  void run() {
    while (step()) {
    }
  }

  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  int small(int column) const { return sqlite3_column_int(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  /// Valid until the next step.
  std::string_view view(int column) const;
  std::string text(int column) const { return std::string(view(column)); }
  std::optional<std::string> optional_text(int column) const;
  TimePoint time(int column) const { return TimePoint(std::chrono::milliseconds(integer(column))); }
  std::optional<TimePoint> optional_time(int column) const;
  TaskId task_id(int column) const;
  std::array<std::uint8_t, 32> hash(int column) const;

 private:
  void bind_one(int index, std::string_view text);
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, int value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, std::uint32_t value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, std::uint64_t value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, bool value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, double value);
  void bind_one(int index, TimePoint time) {
    bind_one(index, static_cast<std::int64_t>(time.time_since_epoch().count()));
  }
  void bind_one(int index, TaskStatus status) { bind_one(index, static_cast<int>(status)); }
  void bind_one(int index, const TaskId& id) { bind_blob(index, id.bytes.data(), id.bytes.size()); }
  template <std::size_t N>
  void bind_one(int index, const std::array<std::uint8_t, N>& bytes) {
    bind_blob(index, bytes.data(), bytes.size());
  }
  template <class T>
  void bind_one(int index, const std::optional<T>& value) {
    if (value)
      bind_one(index, *value);
    else
      bind_null(index);
  }
  void bind_blob(int index, const void* data, std::size_t size);
  void bind_null(int index);
  void check(int code) const;

  sqlite3_stmt* statement_;
};

enum class OpenMode {
  writer,
  reader,
  inspector,  ///< reads a file whose owner is not known yet, and changes nothing
  healer      ///< likewise, but rolls back a transaction that a crash cut off
};

/// A connection. Throws StorageFailure when it cannot be opened.
class Database {
 public:
  Database(const std::string& path, OpenMode mode);

  /// Nothing may be called after it but close() again and the destructor.
  void close() {
    statements_.clear();
    handle_.reset();
  }
  /// The cached statement of this SQL, ready to bind. `sql` must be a constant: its address is the
  /// cache's key.
  Query query(const char* sql);
  /// Runs SQL that returns nothing, uncached; may be several statements.
  void execute(const char* sql);
  /// A PRAGMA's first value as a number.
  std::int64_t pragma(const char* sql);

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  int changes() const { return sqlite3_changes(handle_.get()); }
  std::int64_t last_insert_rowid() const { return sqlite3_last_insert_rowid(handle_.get()); }
  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  std::unique_ptr<ScrubbingVfs> vfs_;  // of the writer
  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<const char*, Statement> statements_;  // after handle_: goes first
};

/// Several reads that must see the same state.
class ReadSnapshot {
 public:
  explicit ReadSnapshot(Database& db);
  ~ReadSnapshot();
  ReadSnapshot(const ReadSnapshot&) = delete;
  ReadSnapshot& operator=(const ReadSnapshot&) = delete;

 private:
  Database& db_;
};

/// Throws what `code` calls for: RuleViolation for a broken constraint, else StorageFailure.
[[noreturn]] void throw_sqlite(sqlite3* handle, int code, const char* doing);

}  // namespace taskgate::store::sqlite
