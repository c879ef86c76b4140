// Cuts the power at every operation of the disk, again and again, in every way in which a disk may
// lose what was not synced, and asks each time whether the store kept what it had acknowledged.
// Then shows that the question is asked well: with synchronous=NORMAL, and on a disk that lies
// about its syncs, losses must be found. Exit code 0: nothing was lost, and both controls lost
// something.
//
//   power_loss [--recoveries N] [--seed S]
//
// TASKGATE_RECOVERIES and TASKGATE_SEED do the same as the flags.

#include "crash/disk_lab.hpp"
#include "crash/disk_vfs.hpp"
#include "crash/store_checks.hpp"
#include "crash/store_life.hpp"
#include "support/program.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

namespace taskgate::crash {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kCommands = 30;  // of one life
constexpr int kSeedsAnOperation = 2;
constexpr std::size_t kShown = 5;

struct Recording {
  DiskTrace trace;
  StoreHistory history;
  Moment begin = 0;
};

using Prepare = std::function<void(DiskVfs&)>;

// Two lives on one database, the first from an empty disk on; both end in order.
Recording record_lives(std::uint64_t seed, const Prepare& prepare) {
  Recording recording;
  test::ScratchFolder folder(lab_root());
  DiskVfs disk;
  if (prepare) prepare(disk);
  const auto moment = [&disk] { return disk.noted(); };
  for (std::uint64_t number = 0; number < 2; ++number) {
    const auto store = open_store(folder.path() / "power.db");
    StoreLife life(*store, recording.history, moment, seed * 2 + number);
    life.recover();
    life.live(kCommands);
    store->close();
  }
  recording.trace = disk.take_trace();
  return recording;
}

struct Tally {
  std::size_t recoveries = 0;
  std::size_t operations = 0;
  std::size_t losses = 0;  // recoveries that had lost something
  std::size_t broken = 0;
  std::vector<std::string> shown;

  void add(const CrashFindings& found, const std::string& where) {
    ++recoveries;
    losses += !found.lost.empty();
    broken += !found.broken.empty();
    for (const auto* kind : {&found.lost, &found.broken}) {
      for (const auto& each : *kind) {
        if (shown.size() < kShown) shown.push_back(where + ": " + each);
      }
    }
  }
};

class PowerLoss {
 public:
  explicit PowerLoss(std::size_t recoveries) : wanted_(recoveries) {}

  bool is_done() const { return tally_.recoveries >= wanted_; }
  const Tally& tally() const { return tally_; }

  // A crash at every operation of a recording; at every so many when there are more than wanted.
  void try_all(const Recording& recording, std::uint64_t seed) {
    for (const auto& what : recording.history.contradictions) {
      CrashFindings found;
      found.broken.push_back(what);
      tally_.add(found, "while recording");
    }
    DiskReplay replay(recording.trace);
    const auto length = recording.trace.operations.size();
    const auto stride = std::max<std::size_t>(1, length * kSeedsAnOperation / wanted_);
    for (auto crash = seed % stride; crash <= length && !is_done(); crash += stride) {
      replay.advance_to(crash);
      ++tally_.operations;
      for (int number = 0; number < kSeedsAnOperation && !is_done(); ++number)
        try_one(replay, recording.history, crash, seed_of(seed, crash, number));
    }
  }

  // The power fails again while the store recovers from a first failure.
  void try_twice(const Recording& recording, std::uint64_t seed) {
    const auto crash = recording.trace.operations.size() / 2 + seed % 16;
    test::ScratchFolder folder(lab_root());
    DiskReplay replay(recording.trace);
    replay.advance_to(crash);
    replay.write_files(folder.path(), seed);
    Recording second;
    {
      DiskVfs disk;
      disk.start_with(folder.path());
      second.begin = disk.noted();
      const auto store = open_store(folder.path() / "power.db");
      (void)store->recover(test_time_of_recovery());
      store->close();
      second.trace = disk.take_trace();
    }
    DiskReplay again(second.trace);
    for (auto at = second.begin; at <= second.trace.operations.size() && !is_done(); ++at) {
      again.advance_to(at);
      ++tally_.operations;
      for (int number = 0; number < kSeedsAnOperation && !is_done(); ++number)
        try_one(again, recording.history, crash, seed_of(seed, at, number));
    }
  }

 private:
  static TimePoint test_time_of_recovery() { return TimePoint(std::chrono::hours(500'000)); }

  static std::uint64_t seed_of(std::uint64_t seed, std::size_t operation, int number) {
    // Every way of surviving comes up in turn at every operation.
    const auto chance = (seed * 1'000'003 + operation) * 7919;
    return chance * kSurvivals + (operation + static_cast<std::size_t>(number)) % kSurvivals;
  }

  void try_one(const DiskReplay& replay,
               const StoreHistory& history,
               Moment crash,
               std::uint64_t seed) {
    test::ScratchFolder folder(lab_root());
    replay.write_files(folder.path(), seed);
    tally_.add(check_store(folder.path() / "power.db", history, crash),
               "operation " + std::to_string(crash) + ", disk " + std::to_string(seed));
  }

  const std::size_t wanted_;
  Tally tally_;
};

Tally cut_power(std::size_t recoveries, std::uint64_t seed, const Prepare& prepare) {
  PowerLoss power(recoveries);
  for (auto life = seed; !power.is_done(); ++life) {
    const auto recording = record_lives(life, prepare);
    power.try_all(recording, life);
    if (!prepare) power.try_twice(recording, life);
  }
  return power.tally();
}

void print(std::string_view what, const Tally& tally) {
  std::cout << "  " << what << ": " << tally.recoveries << " recoveries at " << tally.operations
            << " operations, " << tally.losses << " with losses, " << tally.broken << " broken"
            << std::endl;
}

int run(const LabOptions& options) {
  const auto begun = Clock::now();
  silence_log();
  std::cout << "power_loss: " << options.count << " recoveries, seed " << options.seed << std::endl;
  const auto real = cut_power(options.count, options.seed, {});
  print("as shipped", real);
  for (const auto& each : real.shown) std::cout << "    " << each << '\n';

  const auto controls = std::max<std::size_t>(options.count / 10, 60);
  const auto normal =
      cut_power(controls, options.seed, [](DiskVfs& disk) { disk.weaken_to_normal(); });
  print("control, synchronous=NORMAL", normal);
  const auto lying =
      cut_power(controls, options.seed, [](DiskVfs& disk) { disk.lie_about_wal_syncs(); });
  print("control, a disk that lies about syncs", lying);

  const bool kept = real.losses == 0 && real.broken == 0;
  const bool caught = normal.losses > 0 && lying.losses > 0;
  if (!caught) std::cout << "  a control lost nothing: this test proves nothing" << std::endl;
  const auto seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  std::cout << "power_loss: " << real.recoveries << " recoveries, " << real.losses << " losses, "
            << real.broken << " broken; controls lost in " << normal.losses << " and "
            << lying.losses << " of " << controls << "; " << seconds << " s, seed " << options.seed
            << std::endl;
  return kept && caught ? 0 : 1;
}

}  // namespace
}  // namespace taskgate::crash

int main(int count, char** words) {
  try {
    return taskgate::crash::run(
        taskgate::crash::read_lab_options(count, words, "recoveries", TASKGATE_CRASH_RECOVERIES));
  } catch (const std::exception& error) {
    std::cout << "power_loss: FAILED: " << error.what() << std::endl;
    return 1;
  }
}
