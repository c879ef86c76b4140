#include "machine.hpp"

#include "histogram.hpp"
#include "sockets.hpp"

#include <fcntl.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <thread>

namespace taskgate::bench {
namespace {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string operating_system() {
  std::ifstream file("/etc/os-release");
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view kKey = "PRETTY_NAME=\"";
    if (line.starts_with(kKey)) return line.substr(kKey.size(), line.size() - kKey.size() - 1);
  }
  return "unknown";
}

std::string kernel() {
  utsname names{};
  ::uname(&names);
  return std::string(names.sysname) + " " + names.release;
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string load_average() {
  std::array<double, 3> loads{};
  if (::getloadavg(loads.data(), 3) != 3) return "unknown";
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.2f %.2f %.2f", loads[0], loads[1], loads[2]);
  return text.data();
}

/// A file system kept in memory makes every fsync free, and every figure meaningless.
std::string file_system(const std::filesystem::path& folder) {
  constexpr long kTmpfs = 0x01021994;  // statfs(2)
  constexpr long kExt = 0xEF53;
  constexpr long kXfs = 0x58465342;
  constexpr long kBtrfs = 0x9123683E;
  constexpr long kOverlay = 0x794c7630;
  struct statfs about {};
  if (::statfs(folder.c_str(), &about) != 0) return "unknown";
  switch (static_cast<long>(about.f_type)) {
    case kTmpfs:
      return "tmpfs (IN MEMORY: nothing here is durable)";
    case kExt:
      return "ext2/3/4";
    case kXfs:
      return "xfs";
    case kBtrfs:
      return "btrfs";
    case kOverlay:
      return "overlayfs";
    default:
      return "type " + std::to_string(about.f_type);
  }
}

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
  return text.data();
}

}  // namespace

std::vector<std::string> describe_machine(const std::filesystem::path& folder) {
  return {
      "date: " + now_utc(),
      "machine: " + std::to_string(std::thread::hardware_concurrency()) + " × " + processor_name(),
      "system: " + operating_system() + ", " + kernel(),
      "compiler: " + compiler() + ", " TASKGATE_BENCH_BUILD,
      "databases on: " + file_system(folder),
      "load average before the run: " + load_average()};
}

DiskLatency measure_fdatasync(const std::filesystem::path& folder, DiskWrite how, int writes) {
  constexpr off_t kPages = 256;
  const auto path = folder / "fdatasync.probe";
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.open()) throw_errno("open " + path.string());
  std::array<char, 4096> page{};
  page.fill('x');
  constexpr auto kSize = static_cast<ssize_t>(page.size());
  const auto write_page = [&](off_t number) {
    if (::pwrite(file.get(), page.data(), page.size(), number * kSize) != kSize) {
      throw_errno("write " + path.string());
    }
  };
  if (how == DiskWrite::over) {
    for (off_t i = 0; i < kPages; ++i) write_page(i);
    if (::fsync(file.get()) != 0) throw_errno("fsync " + path.string());
  }
  Histogram latencies;
  for (off_t i = 0; i < writes; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    write_page(how == DiskWrite::over ? i % kPages : i);
    if (::fdatasync(file.get()) != 0) throw_errno("fdatasync " + path.string());
    const auto took = std::chrono::steady_clock::now() - begun;
    latencies.add(static_cast<std::uint64_t>(took.count()));
  }
  std::filesystem::remove(path);
  return {latencies.quantile_us(0.50), latencies.quantile_us(0.99)};
}

}  // namespace taskgate::bench
