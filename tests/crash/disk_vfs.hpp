#pragma once
// A disk under observation: an SQLite VFS over the machine's own, made the default for as long as
// the object lives. It notes every change (disk_trace.hpp), and fails operations on demand. Files
// opened before it existed are not affected; shared memory and locks are the machine's.

#include "crash/disk_trace.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <filesystem>
#include <limits>
#include <memory>

namespace taskgate::crash {

/// Operations that fail: those with a number in [first, first + count).
struct DiskFault {
  std::size_t first = 0;
  std::size_t count = 0;
  int code = SQLITE_OK;  ///< e.g. SQLITE_FULL; SQLITE_IOERR becomes the operation's own code
  static constexpr std::size_t kForEver = std::numeric_limits<std::size_t>::max() / 2;
};

struct DiskState;

/// Thread-safe.
class DiskVfs {
 public:
  DiskVfs();
  ~DiskVfs();
  DiskVfs(const DiskVfs&) = delete;
  DiskVfs& operator=(const DiskVfs&) = delete;

  /// Takes the files of a folder as they are for what stood on the disk from the beginning.
  void start_with(const std::filesystem::path& folder);
  /// Changes begun so far, failed ones included.
  std::size_t operations() const;
  /// Changes noted so far: the trace's length.
  std::size_t noted() const;
  /// Failed ones among them.
  std::size_t failures() const;
  void fail(DiskFault fault);
  void heal() { fail(DiskFault()); }
  /// Syncs of the WAL are reported done and not noted: a disk that lies.
  void lie_about_wal_syncs();
  /// Every connection opened from now on runs with PRAGMA synchronous=NORMAL, whatever it asks for.
  void weaken_to_normal();
  /// What has been noted. Only while no file is open.
  DiskTrace take_trace();

 private:
  std::unique_ptr<DiskState> state_;
};

}  // namespace taskgate::crash
