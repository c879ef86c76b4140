#include "conformance/faulty_vfs.hpp"

#include <cstring>

namespace taskgate::store::contract {

struct FaultyVfs::State {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  std::atomic<int> write_code{SQLITE_OK};
  std::atomic<int> sync_code{SQLITE_OK};
};

namespace {

// An open file: ours first, the real one's bytes behind it.
struct FaultyFile {
  sqlite3_file base;
  const std::atomic<int>* write_code;
  const std::atomic<int>* sync_code;
};

FaultyFile* faulty(sqlite3_file* file) {
  return reinterpret_cast<FaultyFile*>(file);
}

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(faulty(file) + 1);
}

int close_file(sqlite3_file* file) {
  return real(file)->pMethods->xClose(real(file));
}

int write_file(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  const int code = faulty(file)->write_code->load();
  if (code != SQLITE_OK) return code;
  return real(file)->pMethods->xWrite(real(file), data, size, offset);
}

int sync_file(sqlite3_file* file, int flags) {
  const int code = faulty(file)->sync_code->load();
  if (code != SQLITE_OK) return code;
  return real(file)->pMethods->xSync(real(file), flags);
}

const sqlite3_io_methods* methods() {
  static const sqlite3_io_methods all = [] {
    sqlite3_io_methods m{};
    m.iVersion = 2;  // with shared memory, without mmap
    m.xClose = close_file;
    m.xRead = [](sqlite3_file* f, void* data, int size, sqlite3_int64 offset) {
      return real(f)->pMethods->xRead(real(f), data, size, offset);
    };
    m.xWrite = write_file;
    m.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
      return real(f)->pMethods->xTruncate(real(f), size);
    };
    m.xSync = sync_file;
    m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return real(f)->pMethods->xFileSize(real(f), size);
    };
    m.xLock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); };
    m.xUnlock = [](sqlite3_file* f, int level) {
      return real(f)->pMethods->xUnlock(real(f), level);
    };
    m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
      return real(f)->pMethods->xCheckReservedLock(real(f), out);
    };
    m.xFileControl = [](sqlite3_file* f, int op, void* argument) {
      return real(f)->pMethods->xFileControl(real(f), op, argument);
    };
    m.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
    m.xDeviceCharacteristics = [](sqlite3_file* f) {
      return real(f)->pMethods->xDeviceCharacteristics(real(f));
    };
    m.xShmMap = [](sqlite3_file* f, int region, int size, int extend, void volatile** out) {
      return real(f)->pMethods->xShmMap(real(f), region, size, extend, out);
    };
    m.xShmLock = [](sqlite3_file* f, int offset, int count, int flags) {
      return real(f)->pMethods->xShmLock(real(f), offset, count, flags);
    };
    m.xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); };
    m.xShmUnmap = [](sqlite3_file* f, int remove) {
      return real(f)->pMethods->xShmUnmap(real(f), remove);
    };
    return m;
  }();
  return &all;
}

}  // namespace

FaultyVfs::FaultyVfs() : state_(std::make_unique<State>()) {
  sqlite3_initialize();
  auto& state = *state_;
  state.real = sqlite3_vfs_find(nullptr);
  state.vfs = *state.real;
  state.vfs.pNext = nullptr;
  state.vfs.zName = "faulty";
  state.vfs.szOsFile = static_cast<int>(sizeof(FaultyFile)) + state.real->szOsFile;
  state.vfs.pAppData = &state;
  state.vfs.xOpen = [](sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                       int* out_flags) {
    auto& self = *static_cast<State*>(vfs->pAppData);
    faulty(file)->write_code = &self.write_code;
    faulty(file)->sync_code = &self.sync_code;
    std::memset(static_cast<void*>(real(file)), 0, static_cast<std::size_t>(self.real->szOsFile));
    const int code = self.real->xOpen(self.real, name, real(file), flags, out_flags);
    file->pMethods = code == SQLITE_OK ? methods() : nullptr;
    return code;
  };
  // These use pAppData of the VFS that they are given: hand them their own.
  state.vfs.xDelete = [](sqlite3_vfs* vfs, const char* name, int sync_directory) {
    auto* under = static_cast<State*>(vfs->pAppData)->real;
    return under->xDelete(under, name, sync_directory);
  };
  state.vfs.xAccess = [](sqlite3_vfs* vfs, const char* name, int flags, int* out) {
    auto* under = static_cast<State*>(vfs->pAppData)->real;
    return under->xAccess(under, name, flags, out);
  };
  state.vfs.xFullPathname = [](sqlite3_vfs* vfs, const char* name, int size, char* out) {
    auto* under = static_cast<State*>(vfs->pAppData)->real;
    return under->xFullPathname(under, name, size, out);
  };
  sqlite3_vfs_register(&state.vfs, 1);
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
  sqlite3_vfs_register(state_->real, 1);
}

void FaultyVfs::fail_writes(int code) {
  state_->write_code = code;
}

void FaultyVfs::fail_syncs(int code) {
  state_->sync_code = code;
}

}  // namespace taskgate::store::contract
