// What only the SQLite store promises: one process a file, no newer schema, no trace of purged
// content in the files, and a disk that fails and comes back.

#include "conformance/faulty_vfs.hpp"
#include "conformance/sqlite_backend.hpp"
#include "conformance/store_journal_contract.hpp"

#include <boost/asio/bind_executor.hpp>

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

namespace taskgate::store::contract {
namespace {

using Steady = std::chrono::steady_clock;

class SqliteStoreTest : public ::testing::Test {
 protected:
  void open() {
    auto opened = backend_.open();
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    store_ = std::move(*opened);
    store_->observe(&listener_);
  }

  void run_sql(const char* sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(backend_.path().c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }

  // What SQLite itself thinks of the file.
  std::string integrity() {
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open(backend_.path().c_str(), &handle), SQLITE_OK);
    std::string verdict;
    const auto keep = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) += values[0];
      return 0;
    };
    sqlite3_exec(handle, "PRAGMA integrity_check", keep, &verdict, nullptr);
    sqlite3_close(handle);
    return verdict;
  }

  bool on_disk(const std::string& text) const {
    return backend_.raw_bytes().find(text) != std::string::npos;
  }

  Result<AcceptOutcome> accept(NewTask task) { return wait_for(store_->accept(std::move(task))); }

  // An agent's task whose turn, call and question all hold `text`.
  void leave_waiting(const TaskRef& ref, const std::string& text) {
    StartAttempt start;
    start.ref = ref;
    start.fence = 1;
    start.at = at_ms(5);
    EXPECT_TRUE(wait_for(store_->start(std::move(start))).has_value());
    auto call = plan_call("tg_a");
    call.arguments = text;
    call.state = CallState::needs_approval;
    auto turn = turn_command(ref, 1, {call});
    turn.turn.response = text;
    EXPECT_TRUE(wait_for(store_->journal().commit_turn(std::move(turn))).has_value());
    auto wait = wait_command(ref, {kFirstCall});
    wait.required_input = text;
    EXPECT_TRUE(wait_for(store_->journal().wait(std::move(wait))).has_value());
  }

  // A task whose body, event, result, metadata, tags and journal all hold `canary`.
  TaskRef task_with(const std::string& canary, std::size_t padding) {
    auto task = new_task("acme", at_ms(0));
    const auto ref = task.task.ref;
    const auto text = '"' + canary + std::string(padding, '.') + '"';
    task.request_body = text;
    task.queued.data = "\"input\":" + text;
    task.task.metadata = "{\"m\":" + text + "}";
    task.task.tags = "[" + text + "]";
    EXPECT_TRUE(accept(std::move(task)).has_value());
    leave_waiting(ref, text);
    Finish finish;
    finish.ref = ref;
    finish.status = TaskStatus::cancelled;
    finish.at = at_ms(10);
    finish.expires_at = at_ms(1000);
    finish.events.push_back(draft(EventType::output_delta, at_ms(9), "\"delta\":" + text));
    finish.events.push_back(draft(EventType::task_cancelled, at_ms(10), "\"task\":" + text));
    EXPECT_TRUE(wait_for(store_->finish(std::move(finish))).has_value());
    return ref;
  }

  // Waits for what a background thread brings about; false after five seconds.
  template <class Condition>
  static bool eventually(Condition condition) {
    const auto deadline = Steady::now() + std::chrono::seconds(5);
    while (!condition()) {
      if (Steady::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  SqliteBackend backend_;
  Listener listener_;
  std::unique_ptr<Store> store_;
};

TEST_F(SqliteStoreTest, SecondOpenIsRefusedAndNamesTheHolder) {
  open();

  const auto second = backend_.open();

  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), Errc::storage);
  EXPECT_NE(second.error().message().find("is in use by another process (pid " +
                                          std::to_string(::getpid()) + ")"),
            std::string::npos)
      << second.error().message();
  store_->close();
  store_.reset();
  EXPECT_TRUE(backend_.open().has_value());
}

TEST_F(SqliteStoreTest, AnotherNameOfTheFileIsNoWayRoundTheLock) {
  open();
  const std::string soft = backend_.path() + ".soft";
  const std::string hard = backend_.path() + ".hard";
  std::filesystem::create_symlink(backend_.path(), soft);
  SqliteOptions options;
  options.path = soft;
  const auto by_soft = open_sqlite(options);
  std::filesystem::create_hard_link(backend_.path(), hard);
  options.path = hard;
  const auto by_hard = open_sqlite(options);
  std::filesystem::remove(soft);
  std::filesystem::remove(hard);

  ASSERT_FALSE(by_soft.has_value());
  EXPECT_NE(by_soft.error().message().find("in use"), std::string::npos)
      << by_soft.error().message();
  ASSERT_FALSE(by_hard.has_value());
  EXPECT_NE(by_hard.error().message().find("hard link"), std::string::npos);
}

TEST_F(SqliteStoreTest, NewerSchemaIsRefused) {
  open();
  store_.reset();
  run_sql("PRAGMA user_version=999");

  const auto again = backend_.open();

  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code(), Errc::storage);
  EXPECT_NE(again.error().message().find("newer taskgate (schema 999"), std::string::npos)
      << again.error().message();
}

TEST_F(SqliteStoreTest, ForeignDatabaseIsRefused) {
  run_sql("CREATE TABLE theirs (x)");
  const auto before = backend_.raw_bytes();

  const auto opened = backend_.open();

  ASSERT_FALSE(opened.has_value());
  EXPECT_TRUE(on_disk(before)) << "the file was changed";
  EXPECT_NE(opened.error().message().find("another program"), std::string::npos);
}

TEST_F(SqliteStoreTest, UnreachablePathIsRefused) {
  SqliteOptions options;
  options.path = backend_.path() + "/no/such/directory/db";

  EXPECT_EQ(code_of(open_sqlite(options)), Errc::storage);
}

TEST_F(SqliteStoreTest, CloseLeavesNoWalBehind) {
  open();
  ASSERT_TRUE(accept(new_task("acme", at_ms(0))).has_value());

  store_->close();

  EXPECT_FALSE(std::filesystem::exists(backend_.path() + "-wal"));
}

TEST_F(SqliteStoreTest, PurgedContentIsGoneFromEveryFile) {
  open();
  std::vector<TaskRef> purged;
  for (int i = 0; i < 40; ++i) {
    const auto padding = static_cast<std::size_t>(i) * 131;  // from cells to overflow pages
    task_with("KEEP-" + std::to_string(i) + "-", padding);
    purged.push_back(task_with("CANARY-" + std::to_string(i) + "-", padding));
  }
  ASSERT_TRUE(on_disk("CANARY-"));

  for (const auto& ref : purged) ASSERT_TRUE(wait_for(store_->purge(ref)).has_value());

  EXPECT_FALSE(on_disk("CANARY-"));
  EXPECT_TRUE(on_disk("KEEP-39-"));
}

TEST_F(SqliteStoreTest, PurgedContentIsGoneThoughPagesWereRebalanced) {
  open();
  boost::asio::io_context context(1);
  const auto executor = context.get_executor();
  constexpr std::size_t kTasks = 400;
  std::mt19937 random(7);
  std::vector<TaskRef> refs;
  const auto text_of = [&](std::size_t task) {
    const auto canary = "CANARY-" + std::to_string(task) + ";";
    const std::size_t size = random() % (random() % 8 == 0 ? 9000 : 600);
    std::string text = "\"";
    while (text.size() < size + canary.size()) text += canary;
    return text + "\"";
  };
  for (std::size_t i = 0; i < kTasks; ++i) {
    auto task = new_task(i % 3 == 0 ? "acme" : "bolt", at_ms(0));
    task.request_body = text_of(i);
    refs.push_back(task.task.ref);
    store_->async_accept(std::move(task),
                         boost::asio::bind_executor(executor, [](Result<AcceptOutcome>) {}));
    StartAttempt start;
    start.ref = refs.back();
    start.fence = 1;
    store_->async_start(std::move(start),
                        boost::asio::bind_executor(executor, [](Result<LogPosition>) {}));
  }
  for (int round = 0; round < 5; ++round) {
    for (std::size_t i = 0; i < kTasks; ++i) {  // every insert falls between other tasks' rows
      Append append;
      append.ref = refs[i];
      append.fence = 1;
      append.events.push_back(draft(EventType::output_delta, at_ms(1), text_of(i)));
      store_->async_append(std::move(append),
                           boost::asio::bind_executor(executor, [](Result<LogPosition>) {}));
    }
  }
  for (const auto& ref : refs) {
    Finish finish;
    finish.ref = ref;
    finish.fence = 1;
    finish.status = TaskStatus::success;
    finish.events.push_back(draft(EventType::task_success, at_ms(2)));
    store_->async_finish(std::move(finish),
                         boost::asio::bind_executor(executor, [](Result<LogPosition>) {}));
  }
  context.run();
  context.restart();

  for (std::size_t i = 0; i < kTasks; i += 2)
    boost::asio::co_spawn(context, store_->purge(refs[i]), [](std::exception_ptr, auto) {});
  context.run();

  const auto bytes = backend_.raw_bytes();
  for (std::size_t i = 0; i < kTasks; ++i) {
    const bool found = bytes.find("CANARY-" + std::to_string(i) + ";") != std::string::npos;
    EXPECT_EQ(found, i % 2 == 1) << i;
  }
  store_.reset();
  EXPECT_EQ(integrity(), "ok");
}

TEST_F(SqliteStoreTest, RetentionLeavesNoTraceEither) {
  open();
  for (int i = 0; i < 10; ++i) task_with("CANARY-" + std::to_string(i) + "-", 3000);

  ASSERT_EQ(wait_for(store_->purge_expired(at_ms(2000), 100)).value(), 10);

  EXPECT_TRUE(eventually([this] { return !on_disk("CANARY-"); }));
}

// A kill between a purge and the truncation of the log: the next start finishes it.
TEST_F(SqliteStoreTest, AStartErasesWhatAKillLeftOfAPurge) {
  open();
  task_with("EARLIER-", 100);
  ASSERT_EQ(wait_for(store_->purge_expired(at_ms(2000), 100)).value(), 1);
  ASSERT_TRUE(eventually([this] { return !on_disk("EARLIER-"); }));
  task_with("CANARY-", 3000);
  // The log was truncated a moment ago: it is not again for a quarter of a second.
  ASSERT_EQ(wait_for(store_->purge_expired(at_ms(2000), 100)).value(), 1);
  SqliteBackend after;
  for (const char* suffix : {"", "-wal"})
    std::filesystem::copy_file(backend_.path() + suffix, after.path() + suffix);
  const bool was_cut_off = after.raw_bytes().find("CANARY-") != std::string::npos;

  const auto opened = after.open();

  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  EXPECT_EQ(after.raw_bytes().find("CANARY-"), std::string::npos);
  if (!was_cut_off) GTEST_SKIP() << "this machine was too slow to come between the two";
}

TEST_F(SqliteStoreTest, KeysAndUrlsAreNotKeptInClear) {
  open();
  auto task = new_task("acme", at_ms(0));
  task.idempotency = claim_of("KEY-CANARY", 1, at_ms(1000));
  ASSERT_TRUE(accept(std::move(task)).has_value());

  store_->close();

  EXPECT_FALSE(on_disk("KEY-CANARY"));
}

TEST_F(SqliteStoreTest, FullQueueRefusesAtOnce) {
  auto options = backend_.options();
  options.queue_limit = 4;
  options.batch_limit = 1;
  auto opened = open_sqlite(options);
  ASSERT_TRUE(opened.has_value());
  store_ = std::move(*opened);
  boost::asio::io_context context(1);
  int accepted = 0;
  int overloaded = 0;
  const auto count = [&](Result<AcceptOutcome> outcome) {
    accepted += outcome.has_value();
    overloaded += !outcome && outcome.error().code() == Errc::overloaded &&
                  outcome.error().retry_after().has_value();
  };
  for (int i = 0; i < 500; ++i)
    store_->async_accept(new_task("acme", at_ms(i)),
                         boost::asio::bind_executor(context.get_executor(), count));
  context.run();

  EXPECT_EQ(accepted + overloaded, 500);
  EXPECT_GT(accepted, 0);
  EXPECT_GT(overloaded, 0);
}

// --- a disk that fails ------------------------------------------------------------------------

class FailingDisk : public SqliteStoreTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override { open(); }
  void TearDown() override { store_.reset(); }

  void fail() {
    if (std::string(GetParam()) == "Sync")
      vfs_.fail_syncs(SQLITE_IOERR_FSYNC);
    else
      vfs_.fail_writes(std::string(GetParam()) == "Full" ? SQLITE_FULL : SQLITE_IOERR_WRITE);
  }
  void heal() {
    vfs_.fail_syncs(SQLITE_OK);
    vfs_.fail_writes(SQLITE_OK);
  }

  FaultyVfs vfs_;
};

TEST_P(FailingDisk, FailsWritesAndGoesOnReading) {
  const auto before = new_task("acme", at_ms(0));
  ASSERT_TRUE(accept(before).has_value());
  fail();

  const auto lost = new_task("acme", at_ms(1));
  const auto outcome = accept(lost);
  const auto refused = accept(new_task("acme", at_ms(2)));

  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code(), Errc::storage);
  EXPECT_EQ(outcome.error().retry_after(), std::chrono::seconds(1));
  EXPECT_EQ(code_of(refused), Errc::storage);
  EXPECT_FALSE(store_->health().writable);
  EXPECT_FALSE(store_->health().reason.empty());
  EXPECT_TRUE(wait_for(store_->get(before.task.ref)).has_value());
  EXPECT_EQ(code_of(wait_for(store_->get(lost.task.ref))), Errc::not_found);
  EXPECT_TRUE(listener_.events_of(lost.task.ref).empty());
}

TEST_P(FailingDisk, ComesBackWhenTheDiskDoes) {
  fail();
  auto lost = new_task("acme", at_ms(1));
  lost.idempotency = claim_of("key", 1, at_ms(9000));
  ASSERT_FALSE(accept(lost).has_value());
  heal();

  ASSERT_TRUE(eventually([this] { return store_->health().writable; }));

  // The key of the failed accept was not kept in memory: the retry is a task of its own.
  const auto retried = accept(lost);
  ASSERT_TRUE(retried.has_value());
  EXPECT_EQ(retried->kind, AcceptKind::created);
  store_.reset();
  open();
  EXPECT_TRUE(wait_for(store_->get(lost.task.ref)).has_value());
}

// The files as a kill at this moment would leave them.
TEST_P(FailingDisk, WhatWasRefusedIsNotThereAfterAKill) {
  const auto kept = new_task("acme", at_ms(0));
  ASSERT_TRUE(accept(kept).has_value());
  fail();
  const auto refused = new_task("acme", at_ms(1));
  ASSERT_FALSE(accept(refused).has_value());

  SqliteBackend after;
  for (const char* suffix : {"", "-wal"})
    std::filesystem::copy_file(backend_.path() + suffix, after.path() + suffix);
  heal();
  auto opened = after.open();

  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  EXPECT_TRUE(wait_for((*opened)->get(kept.task.ref)).has_value());
  EXPECT_EQ(code_of(wait_for((*opened)->get(refused.task.ref))), Errc::not_found);
}

TEST_P(FailingDisk, FailsEveryCommandOfTheBatch) {
  boost::asio::io_context context(1);
  int failed = 0;
  const auto count = [&](Result<AcceptOutcome> outcome) {
    failed += !outcome && outcome.error().code() == Errc::storage;
  };
  fail();
  for (int i = 0; i < 100; ++i)
    store_->async_accept(new_task("acme", at_ms(i)),
                         boost::asio::bind_executor(context.get_executor(), count));
  context.run();

  EXPECT_EQ(failed, 100);
  heal();
  ASSERT_TRUE(eventually([this] { return store_->health().writable; }));
  ListFilter filter;
  filter.tenant = "acme";
  EXPECT_TRUE(wait_for(store_->list(filter)).value().tasks.empty());
}

INSTANTIATE_TEST_SUITE_P(Faults,
                         FailingDisk,
                         ::testing::Values("Full", "Write", "Sync"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace taskgate::store::contract
