#pragma once
// Keeps deleted content from surviving in unused parts of the database file.
//
// secure_delete zeroes what SQLite frees, but not what it moves: when pages are rebalanced, copies
// of moved cells stay behind in the gap between a page's pointers and its cells (btree.c,
// rebuildPage), out of reach of a later DELETE. Measured: 8 % of purged tasks left bytes so. This
// VFS lies over the machine's own and zeroes that gap in every page on its way into the database
// file; to SQLite the gap has no meaning (sqlite.org/fileformat2.html §1.6). The WAL has no such
// filter: it is truncated after a purge.

#include <sqlite3.h>

#include <cstddef>
#include <memory>
#include <span>

namespace taskgate::store::sqlite {

/// A VFS of its own for one connection, over the default one as it is now.
class ScrubbingVfs {
 public:
  ScrubbingVfs();
  /// Connections that were opened with it must be closed before.
  ~ScrubbingVfs();
  ScrubbingVfs(const ScrubbingVfs&) = delete;
  ScrubbingVfs& operator=(const ScrubbingVfs&) = delete;

  /// For sqlite3_open_v2.
  const char* name() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Zeroes the gap of a b-tree page; any other page is left alone. `first` says that it is the first
/// page of the file, which begins with the file's header.
void scrub_page(std::span<unsigned char> page, bool first);

}  // namespace taskgate::store::sqlite
