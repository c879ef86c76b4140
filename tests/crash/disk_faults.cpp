// Lets the disk fail at every operation of a store's life, with an I/O error or with no space left,
// once, for a while, or until it is well again, and asks each time: was anything acknowledged that
// is not there, is anything there that was refused, were reads served meanwhile, did the store come
// back? Exit code 0: it kept its promises.
//
//   disk_faults [--faults N] [--seed S]
//
// Each fault has its own place, kind and length; N of them, spread over the whole life.

#include "crash/disk_lab.hpp"
#include "crash/disk_vfs.hpp"
#include "crash/store_calls.hpp"
#include "crash/store_checks.hpp"
#include "crash/store_life.hpp"
#include "support/program.hpp"

#include <array>
#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace taskgate::crash {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kCommands = 25;  // while the disk may fail; half as many when it is well again
constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kShown = 8;

constexpr std::array<int, 2> kCodes{SQLITE_IOERR, SQLITE_FULL};
constexpr std::array<std::size_t, 3> kLengths{1, 7, DiskFault::kForEver};

struct Tally {
  std::size_t faults = 0;
  std::size_t failures = 0;  // operations that failed
  std::size_t refused = 0;   // commands that were told so
  std::size_t acknowledged = 0;
  std::size_t unopened = 0;  // starts that were refused with a reason
  std::size_t losses = 0;
  std::vector<std::string> violations;
};

class FaultyLife {
 public:
  FaultyLife(DiskFault fault, std::uint64_t seed, Tally& tally)
      : fault_(fault), seed_(seed), tally_(tally) {}

  void run() {
    disk_.fail(fault_);
    auto store = open();
    if (!store) return;
    const auto moment = [this] { return disk_.operations(); };
    StoreLife life(*store, history_, moment, seed_);
    live_through(life, *store);
    disk_.heal();
    if (!wait_until_well(*store)) violation("the store did not come back");
    StoreLife again(*store, history_, moment, seed_ + 1);
    again.live(kCommands / 2);
    store.reset();
    judge();
  }

 private:
  // A start on a sick disk may be refused; on a well one it must not be.
  std::unique_ptr<store::Store> open() {
    store::SqliteOptions options;
    options.path = database().string();
    options.reader_threads = 1;
    for (int attempt = 0; attempt < 2; ++attempt) {
      auto opened = store::open_sqlite(options);
      if (opened) return std::move(*opened);
      ++tally_.unopened;
      if (opened.error().message().empty()) violation("a start was refused without a reason");
      if (attempt == 1) violation("does not open: " + opened.error().message());
      disk_.heal();
    }
    return nullptr;
  }

  void live_through(StoreLife& life, store::Store& store) {
    const auto recovered = store.recover(test_time(6000));
    if (!recovered && recovered.error().code() != Errc::storage)
      violation("recovery: " + recovered.error().message());
    life.live(kCommands);
    // Whatever the disk does to writes, what was acknowledged can be read.
    for (const auto& task : history_.tasks) {
      const bool is_there = !task.steps.empty() && task.steps[0].span.acknowledged != kNever;
      if (is_there && !complete(store.get(task.request.task.ref)))
        violation(task.canary + " cannot be read while the disk is sick");
    }
    if (!store.health().writable && store.health().reason.empty())
      violation("the store is sick and says not why");
  }

  static bool wait_until_well(const store::Store& store) {
    const auto until = Clock::now() + kPatience;
    while (!store.health().writable) {
      if (Clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }

  void judge() {
    tally_.failures += disk_.failures();
    tally_.refused += history_.refused;
    tally_.acknowledged += history_.acknowledged;
    for (const auto& each : history_.contradictions) violation(each);
    const auto found = check_store(database(), history_, disk_.operations());
    tally_.losses += !found.lost.empty();
    for (const auto& each : found.lost) violation(each);
    for (const auto& each : found.broken) violation(each);
  }

  void violation(const std::string& what) {
    tally_.violations.push_back(
        "fault at " + std::to_string(fault_.first) + " for " + std::to_string(fault_.count) +
        " with " + std::to_string(fault_.code) + ", seed " + std::to_string(seed_) + ": " + what);
  }

  std::filesystem::path database() const { return folder_.path() / "faults.db"; }

  const DiskFault fault_;
  const std::uint64_t seed_;
  Tally& tally_;
  test::ScratchFolder folder_{lab_root()};
  DiskVfs disk_;
  StoreHistory history_;
};

// How many operations such a life has.
std::size_t measure(std::uint64_t seed) {
  test::ScratchFolder folder(lab_root());
  DiskVfs disk;
  StoreHistory history;
  const auto store = open_store(folder.path() / "faults.db");
  StoreLife life(
      *store, history, [&disk] { return disk.operations(); }, seed);
  life.recover();
  life.live(kCommands);
  store->close();
  return disk.operations();
}

int run(const LabOptions& options) {
  const auto begun = Clock::now();
  silence_log();
  const auto length = measure(options.seed);
  std::cout << "disk_faults: " << options.count << " faults over " << length << " operations, seed "
            << options.seed << std::endl;
  Tally tally;
  for (std::size_t number = 0; number < options.count; ++number) {
    DiskFault fault;
    fault.first = number * length / options.count;
    fault.count = kLengths[(number / kCodes.size()) % kLengths.size()];
    fault.code = kCodes[number % kCodes.size()];
    FaultyLife life(fault, options.seed + number % 5, tally);
    life.run();
    ++tally.faults;
  }
  for (std::size_t index = 0; index < std::min(tally.violations.size(), kShown); ++index)
    std::cout << "    " << tally.violations[index] << '\n';
  const auto seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  std::cout << "disk_faults: " << tally.faults << " faults, " << tally.failures
            << " failed operations, " << tally.refused << " commands refused, "
            << tally.acknowledged << " acknowledged, " << tally.unopened << " starts refused, "
            << tally.losses << " false acknowledgements, " << tally.violations.size()
            << " violations; " << seconds << " s, seed " << options.seed << std::endl;
  const bool tried = tally.failures >= tally.faults / 2 && tally.refused > 0;
  if (!tried) std::cout << "  too little failed: this test proves nothing" << std::endl;
  return tally.violations.empty() && tried ? 0 : 1;
}

}  // namespace
}  // namespace taskgate::crash

int main(int count, char** words) {
  try {
    return taskgate::crash::run(
        taskgate::crash::read_lab_options(count, words, "faults", TASKGATE_CRASH_FAULTS));
  } catch (const std::exception& error) {
    std::cout << "disk_faults: FAILED: " << error.what() << std::endl;
    return 1;
  }
}
