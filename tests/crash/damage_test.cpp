// Database files as no crash leaves them but bad hardware and people do: bits flipped, logs cut
// short, emptied, deleted, a folder that may not be written to. The store refuses with a reason or
// goes on with what is there; it never dies of it.

#include "crash/disk_lab.hpp"
#include "crash/store_calls.hpp"
#include "crash/store_checks.hpp"
#include "crash/store_life.hpp"
#include "support/fragile_client.hpp"
#include "support/program.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>

namespace taskgate::crash {
namespace {

using namespace std::chrono_literals;

constexpr Moment kEnd = kNever - 1;  // everything was submitted, all that was acknowledged counts

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

void put_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

// Whether pages of the log were copied into the database already: the log's index counts them
// (walformat of SQLite, WalCkptInfo.nBackfill, after two headers of 48 bytes).
bool is_checkpointed(const std::filesystem::path& database) {
  constexpr std::size_t kBackfill = 96;
  const auto index = text_of(database.string() + "-shm");
  std::uint32_t pages = 0;
  if (index.size() >= kBackfill + sizeof pages)
    std::memcpy(&pages, index.data() + kBackfill, sizeof pages);
  return pages > 0;
}

// A database as a kill leaves it: the file, and a log that was not yet checkpointed. (Damage to
// what was copied in part would be damage to the database.)
struct Victim {
  std::string database;
  std::string log;
  StoreHistory history;

  // A life that ends with a purge leaves no log, and on a slow machine the store may find the time
  // for a checkpoint: then another.
  explicit Victim(std::uint64_t seed) {
    constexpr std::size_t kSomeFrames = 60'000;
    for (; log.size() < kSomeFrames; seed += 100) live(seed);
  }

 private:
  void live(std::uint64_t seed) {
    history = StoreHistory();
    test::ScratchFolder folder(lab_root());
    const auto path = folder.path() / "victim.db";
    const auto store = open_store(path);
    Moment clock = 0;
    StoreLife life(
        *store, history, [&clock] { return ++clock; }, seed);
    life.recover();
    life.live(60);
    database = text_of(path);
    log = text_of(path.string() + "-wal");
    if (is_checkpointed(path) || database != text_of(path)) log.clear();
  }
};

class Damage : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "damaged.db"; }
  std::filesystem::path log_path() const { return path().string() + "-wal"; }

  void put(const std::string& database, const std::string& log) const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      std::filesystem::remove_all(entry.path());
    put_text(path(), database);
    put_text(log_path(), log);
  }

  // The log is at fault: what is there must be sound, though some of it may be lost.
  void expect_sound(const StoreHistory& history) const {
    const auto found = check_store(path(), history, kEnd);
    for (const auto& each : found.broken) ADD_FAILURE() << each;
  }

  // Anything may be gone or refused; nothing may end the process.
  void use(const StoreHistory& history) const {
    store::SqliteOptions options;
    options.path = path().string();
    options.reader_threads = 1;
    const auto opened = store::open_sqlite(options);
    if (!opened) {
      EXPECT_GT(opened.error().message().size(), path().string().size()) << "no reason is given";
      return;
    }
    auto& store = **opened;
    (void)store.recover(test_time(8000));
    for (const auto& task : history.tasks) {
      const auto& ref = task.request.task.ref;
      (void)complete(store.get(ref));
      (void)complete(store.events(ref, 0, 1000, 1U << 20));
      (void)complete(store.request_body(ref));
    }
    store::ListFilter tasks;
    tasks.tenant = "acme";
    (void)complete(store.list(tasks));
    store::DeliveryFilter deliveries;
    deliveries.tenant = "acme";
    (void)complete(store.list_deliveries(deliveries));
    (void)complete(store.keys());
    (void)complete(store.purge_expired(test_time(9'000'000'000), 100));
    store::NewTask fresh;
    fresh.task.ref = TaskRef{"acme", make_task_id(test_time(9000))};
    fresh.task.created_at = test_time(9000);
    (void)complete(store.accept(fresh));
    store.close();
  }

  test::ScratchFolder folder_{lab_root()};
};

void flip_bits(std::string& bytes, std::mt19937_64& random, int count) {
  for (int flip = 0; flip < count; ++flip)
    bytes[random() % bytes.size()] ^= static_cast<char>(1U << (random() % 8));
}

TEST_F(Damage, FlippedBitsInTheLogLoseItsEndAtMost) {
  const Victim victim(1);
  std::mt19937_64 random(1);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    auto log = victim.log;
    flip_bits(log, random, 1 + round % 4);
    put(victim.database, log);
    expect_sound(victim.history);
  }
}

TEST_F(Damage, ALogCutShortLosesItsEndAtMost) {
  const Victim victim(2);
  std::mt19937_64 random(2);
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(round);
    put(victim.database, victim.log.substr(0, random() % victim.log.size()));
    expect_sound(victim.history);
  }
}

TEST_F(Damage, ALogThatIsEmptyDeletedOrGarbageIsSurvived) {
  const Victim victim(3);
  put(victim.database, "");
  expect_sound(victim.history);
  put(victim.database, "");
  std::filesystem::remove(log_path());
  expect_sound(victim.history);
  put(victim.database, std::string(victim.log.size(), 'x'));
  expect_sound(victim.history);
}

TEST_F(Damage, FlippedBitsInTheDatabaseEndNothing) {
  const Victim victim(4);
  std::mt19937_64 random(4);
  for (int round = 0; round < 80; ++round) {
    SCOPED_TRACE(round);
    auto database = victim.database;
    flip_bits(database, random, 1 + round % 16);
    put(database, round % 2 == 0 ? victim.log : std::string());
    use(victim.history);
  }
}

TEST_F(Damage, ADatabaseCutShortEndsNothing) {
  const Victim victim(5);
  std::mt19937_64 random(5);
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(round);
    put(victim.database.substr(0, 1 + random() % victim.database.size()),
        round % 2 == 0 ? victim.log : std::string());
    use(victim.history);
  }
}

// SQLite would delete the log, and with it whatever it held.
TEST_F(Damage, ALogWithoutItsDatabaseIsRefused) {
  const Victim victim(6);
  for (const bool is_absent : {false, true}) {
    put("", victim.log);
    if (is_absent) std::filesystem::remove(path());
    store::SqliteOptions options;
    options.path = path().string();

    const auto opened = store::open_sqlite(options);

    ASSERT_FALSE(opened.has_value());
    EXPECT_NE(opened.error().message().find("-wal"), std::string::npos) << opened.error().message();
    EXPECT_EQ(text_of(log_path()), victim.log) << "the log was touched";
  }
}

TEST_F(Damage, AFolderThatMayNotBeWrittenToIsRefused) {
  const Victim victim(7);
  put(victim.database, victim.log);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0555));
  std::filesystem::permissions(path(), std::filesystem::perms(0444));
  const bool is_root = ::geteuid() == 0;
  if (is_root) ::setfsuid(65534);  // this thread's files only
  store::SqliteOptions options;
  options.path = path().string();

  const auto opened = store::open_sqlite(options);

  if (is_root) ::setfsuid(0);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().message().find("ermission"), std::string::npos)
      << opened.error().message();
}

// The whole program on such files: it says why it does not start, or it serves.
TEST_F(Damage, TheProgramRefusesOrServes) {
  const Victim victim(8);
  std::mt19937_64 random(8);
  int served = 0;
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE(round);
    auto database = victim.database;
    auto log = victim.log;
    flip_bits(round % 3 == 0 ? log : database, random, 1 + round);
    put(database, log);
    test::Program program(test::dev_program(TASKGATE_PROGRAM, path()));
    const auto port = program.wait_listening(60s);
    if (!port) {
      const auto end = program.wait_exit(60s);
      ASSERT_TRUE(end) << program.log_tail();
      EXPECT_GT(end->code, 0) << to_string(*end) << program.log_tail();
      continue;
    }
    ++served;
    test::FragileClient api(*port);
    for (const auto& task : victim.history.tasks) {
      const auto target = "/tasks/" + to_string(task.request.task.ref.id);
      EXPECT_TRUE(api.get(target)) << program.log_tail();
      EXPECT_TRUE(api.get(target + "/events")) << program.log_tail();
    }
    EXPECT_TRUE(api.get("/tasks")) << program.log_tail();
    program.send_signal(SIGTERM);
    const auto end = program.wait_exit(60s);
    ASSERT_TRUE(end) << program.log_tail();
    EXPECT_EQ(end->signal, 0) << program.log_tail();
  }
  EXPECT_GT(served, 0);
}

}  // namespace
}  // namespace taskgate::crash
