#pragma once
// Keeps a second process off the database: `<path>-lock`, held for the life of this object by
// flock(2), which the kernel releases however the process ends.

#include "taskgate/core/result.hpp"

#include <string>

namespace taskgate::store::sqlite {

class FileLock {
 public:
  /// Errc::storage: the lock file cannot be made, or another process (or another store of this one)
  /// holds it; the message names its pid.
  static Result<FileLock> acquire(const std::string& database_path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) noexcept : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace taskgate::store::sqlite
