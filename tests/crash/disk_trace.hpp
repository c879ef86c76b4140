#pragma once
// What was done to a disk, operation by operation, and what a power failure may leave of it.
//
// A trace is made by DiskVfs. DiskReplay follows it up to any operation and then writes the files
// as they might be found: what was synced is there; of the rest, each write may have reached the
// disk whole, in part (by 512-byte sectors), in another order, or not at all, and a file's name
// belongs to the disk only once its directory was synced.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace taskgate::crash {

/// One change of the disk. Files are numbered by creation: a name may mean several in turn.
struct DiskOperation {
  enum class Kind : std::uint8_t { create, write, truncate, sync, remove };
  Kind kind = Kind::write;
  int file = 0;
  std::int64_t offset = 0;       ///< of a write; the new size of a truncation
  std::string bytes;             ///< of a write; the name of a file that is created or removed
  bool syncs_directory = false;  ///< sync and remove
};

struct DiskTrace {
  std::vector<DiskOperation> operations;
};

/// How much of what was not synced survives; a seed chooses one and all the rest.
enum class Survival : std::uint8_t {
  nothing,  ///< only what was synced
  everything,
  prefix,    ///< in order up to some point, the write there torn
  some,      ///< each write or not
  torn,      ///< each sector of each write or not, in any order
  scrambled  ///< likewise, and some of the sectors hold garbage
};
inline constexpr int kSurvivals = 6;

/// Follows a trace. The disk is empty at its beginning.
class DiskReplay {
 public:
  explicit DiskReplay(const DiskTrace& trace) : trace_(trace) {}

  /// Forward only.
  void advance_to(std::size_t operation);
  /// Writes what a power failure now leaves into an empty folder.
  void write_files(const std::filesystem::path& folder, std::uint64_t seed) const;

 private:
  struct File {
    std::string durable;
    std::vector<std::size_t> pending;  // writes and truncations since the last sync
  };
  struct NameChange {
    std::string name;
    int file;  // 0: removed
  };

  void apply(std::size_t index);
  void sync_directory();

  const DiskTrace& trace_;
  std::size_t at_ = 0;
  std::map<int, File> files_;
  std::map<std::string, int> names_;  // as the directory stands on the disk
  std::vector<NameChange> pending_names_;
};

}  // namespace taskgate::crash
