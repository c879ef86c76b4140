#pragma once
// The writing connection behind group commit: transactions, probe writes, and every checkpoint of
// the database (no other connection may checkpoint: see design/durability on the WAL-reset bug).

#include "store/group_commit.hpp"
#include "store/sqlite/write_context.hpp"

#include <memory>
#include <vector>

namespace taskgate::store::sqlite {

class SqliteSession final : public WriteSession {
 public:
  /// Takes the connection over.
  explicit SqliteSession(std::unique_ptr<Database> db);

  /// Call before the first write.
  void observe(CommitObserver* observer) { observer_ = observer; }
  WriteContext& context() { return context_; }
  /// Closes the connection; the writer's thread has ended. Idempotent.
  void close() { db_->close(); }

  void begin() override;
  void commit() override;
  void rollback() noexcept override;
  void savepoint() override;
  void release_savepoint() override;
  void undo_savepoint() override;
  void publish() override;
  void hold_back(std::vector<std::unique_ptr<Command>>& committed) override;
  bool probe() noexcept override;
  SteadyTime upkeep(bool idle, CompletionBatch& done) override;
  void release_held(CompletionBatch& done) noexcept override;

 private:
  static int wal_grew(void* self, sqlite3* handle, const char* name, int pages);
  int unchecked_pages() const { return wal_pages_ - checked_pages_; }
  void checkpoint_passive();
  bool checkpoint_truncate();
  void truncate(SteadyTime now, CompletionBatch& done);

  std::unique_ptr<Database> db_;
  WriteContext context_;
  CommitObserver* observer_ = nullptr;

  int wal_pages_ = 0;      ///< in the WAL since it last began anew
  int checked_pages_ = 0;  ///< of them, already copied back into the database
  int checkpoint_at_;      ///< unchecked pages at which even a busy writer stops to checkpoint

  bool truncate_wanted_ = false;  ///< content was deleted: its bytes must leave the WAL
  SteadyTime truncate_at_{};
  SteadyTime last_truncate_{};
  SteadyTime held_until_{};
  std::vector<std::unique_ptr<Command>> held_;  ///< purges that wait for the truncation
};

}  // namespace taskgate::store::sqlite
