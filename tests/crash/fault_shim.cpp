// Loaded before the program's libraries (LD_PRELOAD): fails or delays system calls of the program
// under test and moves its wall clock, as told through fault_control.hpp. Never part of a program.

#include "crash/fault_control.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace {

using taskgate::crash::FaultControl;

FaultControl* map_control() {
  const char* path = std::getenv(taskgate::crash::kFaultFileVariable);
  if (path == nullptr) return nullptr;
  const int file = ::open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* mapped = ::mmap(nullptr, sizeof(FaultControl), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  return mapped == MAP_FAILED ? nullptr : static_cast<FaultControl*>(mapped);
}

FaultControl* control() {
  static FaultControl* const mapped = map_control();
  return mapped;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

// True: this call fails, errno says how.
bool fails(std::atomic<std::int32_t> FaultControl::*which) {
  if (control() == nullptr) return false;
  const int error = (control()->*which).load();
  if (error == 0) return false;
  control()->failures.fetch_add(1);
  errno = error;
  return true;
}

void delay_sync() {
  if (control() == nullptr) return;
  control()->syncs.fetch_add(1);
  const auto delay = control()->sync_delay_us.load();
  if (delay > 0) ::usleep(static_cast<useconds_t>(delay));  // lint: ok, the disk is to be slow
}

}  // namespace

extern "C" {

int fdatasync(int file) {
  static auto* const real = next<int(int)>("fdatasync");
  delay_sync();
  return fails(&FaultControl::sync_error) ? -1 : real(file);
}

int fsync(int file) {
  static auto* const real = next<int(int)>("fsync");
  delay_sync();
  return fails(&FaultControl::sync_error) ? -1 : real(file);
}

ssize_t pwrite64(int file, const void* data, size_t size, off64_t offset) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return fails(&FaultControl::write_error) ? -1 : real(file, data, size, offset);
}

ssize_t pwrite(int file, const void* data, size_t size, off_t offset) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return fails(&FaultControl::write_error) ? -1 : real(file, data, size, offset);
}

int accept(int listener, sockaddr* address, socklen_t* size) {
  static auto* const real = next<int(int, sockaddr*, socklen_t*)>("accept");
  return fails(&FaultControl::accept_error) ? -1 : real(listener, address, size);
}

int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
  static auto* const real = next<int(int, sockaddr*, socklen_t*, int)>("accept4");
  return fails(&FaultControl::accept_error) ? -1 : real(listener, address, size, flags);
}

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  static auto* const real = next<int(clockid_t, timespec*)>("clock_gettime");
  const int code = real(clock, out);
  if (code != 0 || clock != CLOCK_REALTIME || control() == nullptr) return code;
  const auto shift = control()->clock_shift_ms.load();
  out->tv_sec += shift / 1000;
  out->tv_nsec += (shift % 1000) * 1'000'000;
  if (out->tv_nsec < 0) {
    out->tv_nsec += 1'000'000'000;
    --out->tv_sec;
  } else if (out->tv_nsec >= 1'000'000'000) {
    out->tv_nsec -= 1'000'000'000;
    ++out->tv_sec;
  }
  return 0;
}

}  // extern "C"
