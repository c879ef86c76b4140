// A disk whose fdatasync takes two milliseconds at the least, as a library to be preloaded
// (LD_PRELOAD) into the program under test. The real one is done too.

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace {

constexpr long kLeastNs = 2'000'000;
constexpr long kSecondNs = 1'000'000'000;

int slowly(long call, int fd) {
  timespec until{};
  ::clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += kLeastNs;
  if (until.tv_nsec >= kSecondNs) {
    until.tv_nsec -= kSecondNs;
    ++until.tv_sec;
  }
  const auto result = static_cast<int>(::syscall(call, fd));
  const int error = errno;
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
  errno = error;
  return result;
}

}  // namespace

extern "C" {

int fdatasync(int fd) {
  return slowly(SYS_fdatasync, fd);
}

int fsync(int fd) {
  return slowly(SYS_fsync, fd);
}

}  // extern "C"
