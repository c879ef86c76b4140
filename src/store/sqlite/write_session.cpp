#include "store/sqlite/write_session.hpp"

#include "taskgate/core/crash_point.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::store::sqlite {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

// A checkpoint of this many pages costs some milliseconds, which every waiting command pays: more
// pages are cheaper in sum and worse in the 99th percentile.
constexpr int kBusyPages = 2000;
// With nobody waiting it costs nothing: small and often, so that the busy limit is met rarely.
constexpr int kIdlePages = 128;
constexpr milliseconds kIdleAfter{20};

// Purges come in flocks: one truncation serves those of kTruncateDelay. There is at most one per
// kTruncateEvery while somebody waits for it, per kSweepEvery when nobody does.
constexpr milliseconds kTruncateDelay{5};
constexpr milliseconds kTruncateEvery{25};
constexpr milliseconds kSweepEvery{250};
constexpr milliseconds kTruncateRetry{50};
constexpr int kTruncateBusyMs = 20;
constexpr int kBusyMs = 5000;
// A purge that readers keep from the WAL's end is reported done after this all the same: its rows
// are gone, the WAL follows.
constexpr milliseconds kHoldAtMost{2000};

constexpr std::chrono::hours kNothingToDo{1};

constexpr const char* kProbe = "UPDATE meta SET probe = probe + 1";

}  // namespace

SqliteSession::SqliteSession(std::unique_ptr<Database> db)
    : db_(std::move(db)), context_(*db_), checkpoint_at_(kBusyPages) {
  sqlite3_wal_hook(db_->handle(), &SqliteSession::wal_grew, this);
}

// Called by SQLite after each commit with the length of the WAL.
int SqliteSession::wal_grew(void* self, sqlite3*, const char*, int pages) {
  auto& session = *static_cast<SqliteSession*>(self);
  if (pages < session.wal_pages_) session.checked_pages_ = 0;  // it began anew
  session.wal_pages_ = pages;
  return SQLITE_OK;
}

void SqliteSession::begin() {
  db_->query("BEGIN IMMEDIATE").bind().run();
}

void SqliteSession::commit() {
  context_.keys.merge_share();
  TASKGATE_CRASH_POINT("store.before_commit");
  db_->query("COMMIT").bind().run();
  TASKGATE_CRASH_POINT("store.after_commit");
}

void SqliteSession::rollback() noexcept {
  if (db_->in_transaction()) sqlite3_exec(db_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  context_.rolled_back();
}

void SqliteSession::savepoint() {
  context_.mark();
  db_->query("SAVEPOINT command").bind().run();
}

void SqliteSession::release_savepoint() {
  db_->query("RELEASE command").bind().run();
}

void SqliteSession::undo_savepoint() {
  db_->query("ROLLBACK TO command").bind().run();
  db_->query("RELEASE command").bind().run();
  context_.back_to_mark();
}

void SqliteSession::publish() {
  if (context_.content_deleted && !truncate_wanted_) {
    truncate_wanted_ = true;
    truncate_at_ = std::max(Steady::now() + kTruncateDelay, last_truncate_ + kSweepEvery);
  }
  if (observer_ != nullptr) {
    if (!context_.events.empty()) observer_->on_committed(context_.events);
    if (context_.new_deliveries) observer_->on_deliveries();
  }
  context_.committed();
}

void SqliteSession::hold_back(std::vector<std::unique_ptr<Command>>& committed) {
  if (!truncate_wanted_) return;
  const auto first = std::stable_partition(committed.begin(), committed.end(),
                                           [](const auto& c) { return !c->is_erasure(); });
  if (first == committed.end()) return;
  if (held_.empty()) {
    const auto now = Steady::now();
    held_until_ = now + kHoldAtMost;
    truncate_at_ =
        std::min(truncate_at_, std::max(now + kTruncateDelay, last_truncate_ + kTruncateEvery));
  }
  std::move(first, committed.end(), std::back_inserter(held_));
  committed.erase(first, committed.end());
}

bool SqliteSession::probe() noexcept {
  try {
    begin();
    db_->query(kProbe).bind().run();
    commit();
    return true;
  } catch (const std::exception&) {
    rollback();
    return false;
  }
}

WriteSession::SteadyTime SqliteSession::upkeep(bool idle, CompletionBatch& done) {
  const auto now = Steady::now();
  try {
    if (truncate_wanted_ && now >= truncate_at_) truncate(now, done);
    if (unchecked_pages() >= (idle ? kIdlePages : checkpoint_at_)) checkpoint_passive();
  } catch (const StorageFailure&) {
    release_held(done);  // their deletion is committed; the files follow when the disk is well
    throw;
  }
  if (truncate_wanted_) return truncate_at_;
  if (!idle && unchecked_pages() >= kIdlePages) return now + kIdleAfter;
  return now + kNothingToDo;
}

void SqliteSession::checkpoint_passive() {
  TASKGATE_CRASH_POINT("store.before_checkpoint");
  int total = 0;
  int checked = 0;
  const int code = sqlite3_wal_checkpoint_v2(db_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             &total, &checked);
  if (code != SQLITE_OK && code != SQLITE_BUSY) throw_sqlite(db_->handle(), code, "checkpoint");
  if (total >= 0) {
    wal_pages_ = total;
    checked_pages_ = checked;
  }
  // What a reader holds fast now is tried again when that much more has come, not after each batch.
  checkpoint_at_ = unchecked_pages() + kBusyPages;
}

// False: readers were in the way.
bool SqliteSession::checkpoint_truncate() {
  sqlite3_busy_timeout(db_->handle(), kTruncateBusyMs);
  const int code = sqlite3_wal_checkpoint_v2(db_->handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE,
                                             nullptr, nullptr);
  sqlite3_busy_timeout(db_->handle(), kBusyMs);
  if ((code & 0xFF) == SQLITE_BUSY) return false;
  if (code != SQLITE_OK) throw_sqlite(db_->handle(), code, "checkpoint");
  // The file's pages were scrubbed on their way (scrubbing_vfs.hpp), those in the cache were not:
  // without this they would carry the leftovers into the next WAL.
  sqlite3_db_release_memory(db_->handle());
  wal_pages_ = 0;
  checked_pages_ = 0;
  checkpoint_at_ = kBusyPages;
  return true;
}

void SqliteSession::truncate(SteadyTime now, CompletionBatch& done) {
  if (checkpoint_truncate()) {
    truncate_wanted_ = false;
    last_truncate_ = now;
    release_held(done);
    return;
  }
  truncate_at_ = now + kTruncateRetry;
  if (now >= held_until_) release_held(done);
}

void SqliteSession::release_held(CompletionBatch& done) noexcept {
  for (auto& command : held_) done.add(std::move(command));
  held_.clear();
}

}  // namespace taskgate::store::sqlite
