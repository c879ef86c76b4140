#include "crash/disk_vfs.hpp"

#include <atomic>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace taskgate::crash {

struct DiskState {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  std::atomic<bool> lies{false};
  std::atomic<bool> weak{false};

  mutable std::mutex mutex;  // guards what follows
  DiskTrace trace;
  std::map<std::string, int> files;  // by name, those that exist
  int created = 0;
  std::size_t operations = 0;
  std::size_t failures = 0;
  DiskFault fault;

  // SQLITE_OK, or how the next operation fails; with the mutex held. `own`: its own I/O error.
  int next_fate(int own) {
    const auto number = operations++;
    const bool fails =
        fault.code != SQLITE_OK && number >= fault.first && number - fault.first < fault.count;
    if (!fails) return SQLITE_OK;
    ++failures;
    return fault.code == SQLITE_IOERR ? own : fault.code;
  }
  void note(DiskOperation operation) { trace.operations.push_back(std::move(operation)); }
};

namespace {

using Kind = DiskOperation::Kind;

// An open file: ours first, the real one's bytes behind it.
struct WatchedFile {
  sqlite3_file base;
  DiskState* disk;
  int number;  // 0: a temporary file, not noted
  bool is_wal;
  bool is_new_log;  // its first sync syncs the directory too (os_unix.c, UNIXFILE_DIRSYNC)
};

WatchedFile* watched(sqlite3_file* file) {
  return reinterpret_cast<WatchedFile*>(file);
}

sqlite3_file* behind(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(watched(file) + 1);
}

std::string base_name(const char* path) {
  const std::string_view whole(path);
  return std::string(whole.substr(whole.rfind('/') + 1));
}

int watched_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  auto* self = watched(file);
  if (self->number == 0) return behind(file)->pMethods->xWrite(behind(file), data, size, offset);
  const std::lock_guard lock(self->disk->mutex);
  if (const int fate = self->disk->next_fate(SQLITE_IOERR_WRITE); fate != SQLITE_OK) return fate;
  const int code = behind(file)->pMethods->xWrite(behind(file), data, size, offset);
  DiskOperation operation;
  operation.kind = Kind::write;
  operation.file = self->number;
  operation.offset = offset;
  operation.bytes.assign(static_cast<const char*>(data), static_cast<std::size_t>(size));
  self->disk->note(std::move(operation));
  return code;
}

int watched_truncate(sqlite3_file* file, sqlite3_int64 size) {
  auto* self = watched(file);
  if (self->number == 0) return behind(file)->pMethods->xTruncate(behind(file), size);
  const std::lock_guard lock(self->disk->mutex);
  if (const int fate = self->disk->next_fate(SQLITE_IOERR_TRUNCATE); fate != SQLITE_OK) return fate;
  DiskOperation operation;
  operation.kind = Kind::truncate;
  operation.file = self->number;
  operation.offset = size;
  self->disk->note(std::move(operation));
  return behind(file)->pMethods->xTruncate(behind(file), size);
}

int watched_sync(sqlite3_file* file, int flags) {
  auto* self = watched(file);
  if (self->number == 0) return behind(file)->pMethods->xSync(behind(file), flags);
  const std::lock_guard lock(self->disk->mutex);
  if (const int fate = self->disk->next_fate(SQLITE_IOERR_FSYNC); fate != SQLITE_OK) return fate;
  if (self->is_wal && self->disk->lies) return SQLITE_OK;
  DiskOperation operation;
  operation.kind = Kind::sync;
  operation.file = self->number;
  operation.syncs_directory = std::exchange(self->is_new_log, false);
  self->disk->note(std::move(operation));
  return behind(file)->pMethods->xSync(behind(file), flags);
}

// Swallows what a weakened connection asks for later.
int watched_control(sqlite3_file* file, int operation, void* argument) {
  if (operation == SQLITE_FCNTL_PRAGMA && watched(file)->disk->weak) {
    auto** words = static_cast<char**>(argument);
    const bool asks_for_full = words[2] != nullptr && std::string_view(words[2]) == "FULL";
    if (std::string_view(words[1]) == "synchronous" && asks_for_full) return SQLITE_OK;
  }
  return behind(file)->pMethods->xFileControl(behind(file), operation, argument);
}

sqlite3_io_methods make_watched_methods() {
  sqlite3_io_methods m{};
  m.iVersion = 2;  // with shared memory, without mmap
  m.xClose = [](sqlite3_file* f) { return behind(f)->pMethods->xClose(behind(f)); };
  m.xRead = [](sqlite3_file* f, void* data, int size, sqlite3_int64 offset) {
    return behind(f)->pMethods->xRead(behind(f), data, size, offset);
  };
  m.xWrite = watched_write;
  m.xTruncate = watched_truncate;
  m.xSync = watched_sync;
  m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
    return behind(f)->pMethods->xFileSize(behind(f), size);
  };
  m.xLock = [](sqlite3_file* f, int level) { return behind(f)->pMethods->xLock(behind(f), level); };
  m.xUnlock = [](sqlite3_file* f, int level) {
    return behind(f)->pMethods->xUnlock(behind(f), level);
  };
  m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
    return behind(f)->pMethods->xCheckReservedLock(behind(f), out);
  };
  m.xFileControl = watched_control;
  m.xSectorSize = [](sqlite3_file* f) { return behind(f)->pMethods->xSectorSize(behind(f)); };
  m.xDeviceCharacteristics = [](sqlite3_file* f) {
    return behind(f)->pMethods->xDeviceCharacteristics(behind(f));
  };
  m.xShmMap = [](sqlite3_file* f, int region, int size, int extend, void volatile** out) {
    return behind(f)->pMethods->xShmMap(behind(f), region, size, extend, out);
  };
  m.xShmLock = [](sqlite3_file* f, int offset, int count, int flags) {
    return behind(f)->pMethods->xShmLock(behind(f), offset, count, flags);
  };
  m.xShmBarrier = [](sqlite3_file* f) { behind(f)->pMethods->xShmBarrier(behind(f)); };
  m.xShmUnmap = [](sqlite3_file* f, int remove) {
    return behind(f)->pMethods->xShmUnmap(behind(f), remove);
  };
  return m;
}

const sqlite3_io_methods* watched_methods() {
  static const sqlite3_io_methods methods = make_watched_methods();
  return &methods;
}

bool exists(sqlite3_vfs* real, const char* name) {
  int found = 0;
  return real->xAccess(real, name, SQLITE_ACCESS_EXISTS, &found) == SQLITE_OK && found != 0;
}

int open_watched(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
  auto& disk = *static_cast<DiskState*>(vfs->pAppData);
  const std::lock_guard lock(disk.mutex);
  auto* self = watched(file);
  file->pMethods = nullptr;
  const bool is_log = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
  const bool is_noted = name != nullptr && (is_log || (flags & SQLITE_OPEN_MAIN_DB) != 0);
  const bool creates = is_noted && (flags & SQLITE_OPEN_CREATE) != 0 && !exists(disk.real, name);
  if (creates) {
    if (const int fate = disk.next_fate(SQLITE_CANTOPEN); fate != SQLITE_OK) return fate;
  }
  std::memset(static_cast<void*>(behind(file)), 0, static_cast<std::size_t>(disk.real->szOsFile));
  const int code = disk.real->xOpen(disk.real, name, behind(file), flags, out);
  if (behind(file)->pMethods == nullptr) return code;
  file->pMethods = watched_methods();
  self->disk = &disk;
  self->is_wal = (flags & SQLITE_OPEN_WAL) != 0;
  self->is_new_log = is_log && (flags & SQLITE_OPEN_CREATE) != 0;
  self->number = 0;
  if (!is_noted) return code;
  auto& number = disk.files[base_name(name)];
  if (creates) {
    number = ++disk.created;
    DiskOperation operation;
    operation.kind = Kind::create;
    operation.file = number;
    operation.bytes = base_name(name);
    disk.note(std::move(operation));
  }
  self->number = number;
  return code;
}

int delete_watched(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  auto& disk = *static_cast<DiskState*>(vfs->pAppData);
  const std::lock_guard lock(disk.mutex);
  const auto known = disk.files.find(base_name(name));
  if (known != disk.files.end()) {
    if (const int fate = disk.next_fate(SQLITE_IOERR_DELETE); fate != SQLITE_OK) return fate;
    DiskOperation operation;
    operation.kind = Kind::remove;
    operation.bytes = known->first;
    operation.syncs_directory = sync_directory != 0;
    disk.note(std::move(operation));
    disk.files.erase(known);
  }
  return disk.real->xDelete(disk.real, name, sync_directory);
}

std::atomic<bool> weaken_connections{false};

int weaken_connection(sqlite3* handle, const char**, const void*) {
  if (!weaken_connections) return SQLITE_OK;
  return sqlite3_exec(handle, "PRAGMA synchronous=NORMAL", nullptr, nullptr, nullptr);
}

using AutoExtension = void (*)();

}  // namespace

DiskVfs::DiskVfs() : state_(std::make_unique<DiskState>()) {
  sqlite3_initialize();
  auto& state = *state_;
  state.real = sqlite3_vfs_find(nullptr);
  state.vfs = *state.real;
  state.vfs.pNext = nullptr;
  state.vfs.zName = "watched";
  state.vfs.szOsFile = static_cast<int>(sizeof(WatchedFile)) + state.real->szOsFile;
  state.vfs.pAppData = &state;
  state.vfs.xOpen = open_watched;
  state.vfs.xDelete = delete_watched;
  // These use pAppData of the VFS that they are given: hand them their own.
  state.vfs.xAccess = [](sqlite3_vfs* vfs, const char* name, int flags, int* out) {
    auto* real = static_cast<DiskState*>(vfs->pAppData)->real;
    return real->xAccess(real, name, flags, out);
  };
  state.vfs.xFullPathname = [](sqlite3_vfs* vfs, const char* name, int size, char* out) {
    auto* real = static_cast<DiskState*>(vfs->pAppData)->real;
    return real->xFullPathname(real, name, size, out);
  };
  sqlite3_vfs_register(&state.vfs, 1);
}

DiskVfs::~DiskVfs() {
  weaken_connections = false;
  sqlite3_vfs_unregister(&state_->vfs);
  sqlite3_vfs_register(state_->real, 1);
}

void DiskVfs::start_with(const std::filesystem::path& folder) {
  const std::lock_guard lock(state_->mutex);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (name.ends_with("-shm") || name.ends_with("-lock")) continue;
    const int number = ++state_->created;
    state_->files[name] = number;
    DiskOperation operation;
    operation.kind = Kind::create;
    operation.file = number;
    operation.bytes = name;
    state_->note(operation);
    operation.kind = Kind::write;
    std::ifstream file(entry.path(), std::ios::binary);
    operation.bytes.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    state_->note(operation);
    operation.kind = Kind::sync;
    operation.bytes.clear();
    operation.syncs_directory = true;
    state_->note(operation);
  }
}

std::size_t DiskVfs::noted() const {
  const std::lock_guard lock(state_->mutex);
  return state_->trace.operations.size();
}

std::size_t DiskVfs::operations() const {
  const std::lock_guard lock(state_->mutex);
  return state_->operations;
}

std::size_t DiskVfs::failures() const {
  const std::lock_guard lock(state_->mutex);
  return state_->failures;
}

void DiskVfs::fail(DiskFault fault) {
  const std::lock_guard lock(state_->mutex);
  state_->fault = fault;
}

void DiskVfs::lie_about_wal_syncs() {
  state_->lies = true;
}

void DiskVfs::weaken_to_normal() {
  state_->weak = true;
  weaken_connections = true;
  sqlite3_auto_extension(reinterpret_cast<AutoExtension>(weaken_connection));
}

DiskTrace DiskVfs::take_trace() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->trace, DiskTrace());
}

}  // namespace taskgate::crash
