#pragma once
// A disk that fails on demand: an SQLite VFS over the machine's own, made the default for as long
// as the object lives. Files opened before it existed are not affected.

#include <sqlite3.h>

#include <atomic>
#include <memory>

namespace taskgate::store::contract {

class FaultyVfs {
 public:
  FaultyVfs();
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  /// From now on every write returns this code, e.g. SQLITE_FULL; SQLITE_OK: the disk is well.
  void fail_writes(int code);
  /// Likewise for syncs, e.g. SQLITE_IOERR_FSYNC. The written bytes are in the file all the same.
  void fail_syncs(int code);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace taskgate::store::contract
