#include "store/sqlite/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace taskgate::store::sqlite {
namespace {

std::string pid_in(int descriptor) {
  std::array<char, 32> text{};
  const auto length = ::pread(descriptor, text.data(), text.size(), 0);
  if (length <= 0) return "unknown";
  const std::string_view read(text.data(), static_cast<std::size_t>(length));
  return std::string(read.substr(0, read.find('\n')));
}

void write_pid(int descriptor) {
  const std::string text = std::to_string(::getpid()) + "\n";
  // Only for the message that a second process prints: the lock holds without it.
  if (::ftruncate(descriptor, 0) != 0) return;
  [[maybe_unused]] const auto written = ::pwrite(descriptor, text.data(), text.size(), 0);
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::string& database_path) {
  const std::string path = database_path + "-lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    const int reason = errno;
    return Error(Errc::storage, "cannot open the lock file " + path + ": " +
                                    std::system_category().message(reason));
  }
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return Error(Errc::storage,
                 "the database " + database_path + " is in use by another process (pid " +
                     pid_in(descriptor) +
                     "): stop it first, or ask it over HTTP (POST /keys makes keys)");
  }
  write_pid(descriptor);
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  // The file stays: removing it would let two processes lock two files of one name.
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace taskgate::store::sqlite
