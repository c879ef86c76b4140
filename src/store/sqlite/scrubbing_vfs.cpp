#include "store/sqlite/scrubbing_vfs.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace taskgate::store::sqlite {

struct ScrubbingVfs::State {
  sqlite3_vfs vfs{};
  sqlite3_vfs* under = nullptr;
  std::string name;
};

namespace {

// An open database file: ours first, the underlying file's bytes behind it.
struct ScrubbedFile {
  sqlite3_file base;
  std::vector<unsigned char>* page;  // where a page is scrubbed
};

ScrubbedFile* scrubbed(sqlite3_file* file) {
  return reinterpret_cast<ScrubbedFile*>(file);
}

sqlite3_file* under(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(scrubbed(file) + 1);
}

constexpr int kMinPage = 512;
constexpr int kMaxPage = 65536;
constexpr std::size_t kFileHeader = 100;

// Overflow and freelist pages begin with a page number. As long as that is below 2^25, its first
// byte is none of the four that begin a b-tree page, and the kinds cannot be mistaken: up to
// 256 GiB of 8 KiB pages. Past that nothing is scrubbed.
constexpr sqlite3_int64 kMostPages = sqlite3_int64{1} << 25;

bool is_page_write(int size, sqlite3_int64 offset) {
  const bool is_page = size >= kMinPage && size <= kMaxPage && (size & (size - 1)) == 0;
  return is_page && offset % size == 0 && offset / size < kMostPages;
}

int write_scrubbed(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  auto* real = under(file);
  if (!is_page_write(size, offset)) return real->pMethods->xWrite(real, data, size, offset);
  auto& page = *scrubbed(file)->page;
  const auto* bytes = static_cast<const unsigned char*>(data);
  page.assign(bytes, bytes + size);
  scrub_page(page, offset == 0);
  return real->pMethods->xWrite(real, page.data(), size, offset);
}

int close_scrubbed(sqlite3_file* file) {
  delete scrubbed(file)->page;
  return under(file)->pMethods->xClose(under(file));
}

sqlite3_io_methods make_methods() {
  sqlite3_io_methods methods{};
  methods.iVersion = 2;  // with shared memory for the WAL, without mmap, which is never used
  methods.xClose = close_scrubbed;
  methods.xWrite = write_scrubbed;
  methods.xRead = [](sqlite3_file* f, void* data, int size, sqlite3_int64 offset) {
    return under(f)->pMethods->xRead(under(f), data, size, offset);
  };
  methods.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
    return under(f)->pMethods->xTruncate(under(f), size);
  };
  methods.xSync = [](sqlite3_file* f, int flags) {
    return under(f)->pMethods->xSync(under(f), flags);
  };
  methods.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
    return under(f)->pMethods->xFileSize(under(f), size);
  };
  methods.xLock = [](sqlite3_file* f, int level) {
    return under(f)->pMethods->xLock(under(f), level);
  };
  methods.xUnlock = [](sqlite3_file* f, int level) {
    return under(f)->pMethods->xUnlock(under(f), level);
  };
  methods.xCheckReservedLock = [](sqlite3_file* f, int* out) {
    return under(f)->pMethods->xCheckReservedLock(under(f), out);
  };
  methods.xFileControl = [](sqlite3_file* f, int operation, void* argument) {
    return under(f)->pMethods->xFileControl(under(f), operation, argument);
  };
  methods.xSectorSize = [](sqlite3_file* f) { return under(f)->pMethods->xSectorSize(under(f)); };
  methods.xDeviceCharacteristics = [](sqlite3_file* f) {
    return under(f)->pMethods->xDeviceCharacteristics(under(f));
  };
  methods.xShmMap = [](sqlite3_file* f, int region, int size, int extend, void volatile** out) {
    return under(f)->pMethods->xShmMap(under(f), region, size, extend, out);
  };
  methods.xShmLock = [](sqlite3_file* f, int offset, int count, int flags) {
    return under(f)->pMethods->xShmLock(under(f), offset, count, flags);
  };
  methods.xShmBarrier = [](sqlite3_file* f) { under(f)->pMethods->xShmBarrier(under(f)); };
  methods.xShmUnmap = [](sqlite3_file* f, int remove) {
    return under(f)->pMethods->xShmUnmap(under(f), remove);
  };
  return methods;
}

const sqlite3_io_methods* scrubbing_methods() {
  static const sqlite3_io_methods methods = make_methods();
  return &methods;
}

int open_scrubbed(sqlite3_vfs* real, const char* name, sqlite3_file* file, int flags, int* out) {
  std::memset(static_cast<void*>(under(file)), 0, static_cast<std::size_t>(real->szOsFile));
  const int code = real->xOpen(real, name, under(file), flags, out);
  // A file that could not be opened may still want to be closed: it says so by its methods.
  file->pMethods = under(file)->pMethods != nullptr ? scrubbing_methods() : nullptr;
  if (file->pMethods != nullptr) scrubbed(file)->page = new std::vector<unsigned char>();
  return code;
}

std::size_t number_at(std::span<const unsigned char> page, std::size_t at) {
  return static_cast<std::size_t>(page[at]) << 8 | page[at + 1];
}

}  // namespace

void scrub_page(std::span<unsigned char> page, bool first) {
  const std::size_t header = first ? kFileHeader : 0;
  const auto kind = page[header];
  const bool is_interior = kind == 0x02 || kind == 0x05;
  if (!is_interior && kind != 0x0A && kind != 0x0D) return;
  const std::size_t pointers = header + (is_interior ? 12 : 8);
  const std::size_t gap = pointers + 2 * number_at(page, header + 3);
  std::size_t cells = number_at(page, header + 5);
  if (cells == 0) cells = kMaxPage;  // how 65536 is written in two bytes
  if (gap > cells || cells > page.size()) return;
  std::fill(page.begin() + static_cast<std::ptrdiff_t>(gap),
            page.begin() + static_cast<std::ptrdiff_t>(cells), static_cast<unsigned char>(0));
}

ScrubbingVfs::ScrubbingVfs() : state_(std::make_unique<State>()) {
  sqlite3_initialize();
  auto& state = *state_;
  state.under = sqlite3_vfs_find(nullptr);
  state.name = "taskgate-" + std::to_string(reinterpret_cast<std::uintptr_t>(this));
  state.vfs = *state.under;
  state.vfs.pNext = nullptr;
  state.vfs.zName = state.name.c_str();
  state.vfs.szOsFile = static_cast<int>(sizeof(ScrubbedFile)) + state.under->szOsFile;
  state.vfs.pAppData = &state;
  state.vfs.xOpen = [](sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                       int* out_flags) {
    auto* real = static_cast<State*>(vfs->pAppData)->under;
    // WAL and journal go straight to the underlying VFS: their bytes carry checksums.
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return real->xOpen(real, name, file, flags, out_flags);
    return open_scrubbed(real, name, file, flags, out_flags);
  };
  // These look at the VFS they are called on: it must be the one that knows them.
  state.vfs.xDelete = [](sqlite3_vfs* vfs, const char* name, int sync_directory) {
    auto* real = static_cast<State*>(vfs->pAppData)->under;
    return real->xDelete(real, name, sync_directory);
  };
  state.vfs.xAccess = [](sqlite3_vfs* vfs, const char* name, int flags, int* out) {
    auto* real = static_cast<State*>(vfs->pAppData)->under;
    return real->xAccess(real, name, flags, out);
  };
  state.vfs.xFullPathname = [](sqlite3_vfs* vfs, const char* name, int size, char* out) {
    auto* real = static_cast<State*>(vfs->pAppData)->under;
    return real->xFullPathname(real, name, size, out);
  };
  sqlite3_vfs_register(&state.vfs, 0);
}

ScrubbingVfs::~ScrubbingVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
}

const char* ScrubbingVfs::name() const {
  return state_->name.c_str();
}

}  // namespace taskgate::store::sqlite
