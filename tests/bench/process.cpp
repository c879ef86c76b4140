#include "process.hpp"

#include "numbers.hpp"
#include "sockets.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace taskgate::bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kStartPatience = 60s;
constexpr auto kStopPatience = 10s;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe2");
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
  }
  Descriptor read;
  Descriptor write;
};

/// True when the descriptor can be read (or is at its end) before `deadline`.
bool readable(const Descriptor& from, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  pollfd wait{from.get(), POLLIN, 0};
  return left.count() > 0 && ::poll(&wait, 1, static_cast<int>(left.count())) == 1;
}

/// Waits for the child's end; false when `deadline` came first.
bool reaped(pid_t id, Clock::time_point deadline, rusage* usage) {
  for (;;) {
    const pid_t done = ::wait4(id, nullptr, WNOHANG, usage);
    if (done == id || (done < 0 && errno == ECHILD)) return true;
    if (Clock::now() >= deadline) return false;
    ::poll(nullptr, 0, 2);
  }
}

void kill_and_reap(pid_t id) {
  ::kill(id, SIGKILL);
  while (::waitpid(id, nullptr, 0) < 0 && errno == EINTR) {
  }
}

[[noreturn]] void become(const Command& command, int out, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died in between
  const int errors =
      ::open(command.error_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ::dup2(out, STDOUT_FILENO);
  if (errors >= 0) ::dup2(errors, STDERR_FILENO);
  for (const auto& [name, value] : command.environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  for (const auto& each : command.arguments) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

std::string first_line(const Descriptor& from, Clock::time_point deadline) {
  std::string line;
  char byte = 0;
  while (readable(from, deadline) && ::read(from.get(), &byte, 1) == 1) {
    if (byte == '\n') return line;
    line += byte;
  }
  return {};
}

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The fields of /proc/ID/stat after the name, from field 3 (state) on; see proc(5).
std::vector<std::string> process_fields(pid_t id) {
  const std::string text = read_whole("/proc/" + std::to_string(id) + "/stat");
  const auto end = text.rfind(')');
  if (end == std::string::npos) return {};
  std::istringstream rest(text.substr(end + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

}  // namespace

ServerProcess::ServerProcess(const Command& command) : error_file_(command.error_file) {
  Pipe out;
  const pid_t parent = ::getpid();
  id_ = ::fork();
  if (id_ < 0) throw_errno("fork");
  if (id_ == 0) become(command, out.write.get(), parent);
  out.write.reset();
  const std::string line = first_line(out.read, Clock::now() + kStartPatience);
  const auto colon = line.rfind(':');
  if (line.find("\"listening\"") != std::string::npos && colon != std::string::npos) {
    const auto end = line.find_first_not_of("0123456789", colon + 1);
    port_ = parse_number<std::uint16_t>(std::string_view(line).substr(colon + 1, end - colon - 1));
  }
  if (port_ == 0) {
    stop();
    throw std::runtime_error(command.arguments[0] + " did not start: " + complaints());
  }
}

bool ServerProcess::alive() const {
  const auto fields = process_fields(id_);
  return id_ > 0 && !fields.empty() && fields[0] != "Z";
}

std::filesystem::path find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const auto file = std::filesystem::path(folder) / name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

std::chrono::duration<double> cpu_of(pid_t id) {
  constexpr std::size_t kUser = 11;  // proc(5): fields 14 and 15, counted from field 3
  const auto fields = process_fields(id);
  if (fields.size() <= kUser + 1) return {};
  const double ticks =
      parse_number<double>(fields[kUser]) + parse_number<double>(fields[kUser + 1]);
  return std::chrono::duration<double>(ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)));
}

std::int64_t ServerProcess::resident_bytes() const {
  std::ifstream file("/proc/" + std::to_string(id_) + "/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  file >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

void ServerProcess::stop() noexcept {
  if (id_ <= 0) return;
  ::kill(id_, SIGTERM);
  if (!reaped(id_, Clock::now() + kStopPatience, nullptr)) kill_and_reap(id_);
  id_ = -1;
}

void ServerProcess::kill() noexcept {
  if (id_ <= 0) return;
  kill_and_reap(id_);
  id_ = -1;
}

std::string ServerProcess::complaints() const {
  return tail_of(error_file_);
}

std::string tail_of(const std::filesystem::path& file) {
  constexpr std::size_t kEnd = 2000;
  const std::string text = read_whole(file);
  return text.size() <= kEnd ? text : text.substr(text.size() - kEnd);
}

ProgramEnd run_program(const Command& command, std::chrono::milliseconds limit) {
  Pipe out;
  const auto deadline = Clock::now() + limit;
  const pid_t parent = ::getpid();
  const pid_t id = ::fork();
  if (id < 0) throw_errno("fork");
  if (id == 0) become(command, out.write.get(), parent);
  out.write.reset();
  ProgramEnd end;
  std::array<char, 4096> buffer{};
  while (readable(out.read, deadline)) {
    const auto count = ::read(out.read.get(), buffer.data(), buffer.size());
    if (count <= 0) break;
    end.output.append(buffer.data(), static_cast<std::size_t>(count));
  }
  int status = 0;
  while (Clock::now() < deadline) {
    if (::waitpid(id, &status, WNOHANG) == id) {
      if (WIFEXITED(status)) end.status = WEXITSTATUS(status);
      return end;
    }
    ::poll(nullptr, 0, 2);
  }
  kill_and_reap(id);
  throw std::runtime_error(command.arguments[0] + " ran out of time");
}

namespace detail {
namespace {

constexpr std::size_t kMessage = 512;

/// In the child: one byte that says how it went, then the result or the message.
[[noreturn]] void work_and_exit(const Work& work, const Descriptor& out, std::size_t size) {
  std::vector<char> bytes(std::max(size, kMessage) + 1, '\0');
  try {
    work(bytes.data() + 1);
    bytes[0] = 1;
  } catch (const std::exception& failure) {
    std::snprintf(bytes.data() + 1, kMessage, "%s", failure.what());
  }
  const auto written = ::write(out.get(), bytes.data(), bytes.size());
  ::_exit(written == static_cast<ssize_t>(bytes.size()) ? 0 : 1);
}

}  // namespace

ChildReport run_forked(const Work& work,
                       void* result,
                       std::size_t size,
                       std::chrono::milliseconds limit) {
  Pipe pipe;
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  const pid_t id = ::fork();
  if (id < 0) throw_errno("fork");
  if (id == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    work_and_exit(work, pipe.write, size);
  }
  pipe.write.reset();
  const auto deadline = Clock::now() + limit;
  std::vector<char> bytes(std::max(size, kMessage) + 1, '\0');
  std::size_t have = 0;
  while (have < bytes.size() && readable(pipe.read, deadline)) {
    const auto count = ::read(pipe.read.get(), bytes.data() + have, bytes.size() - have);
    if (count <= 0) break;
    have += static_cast<std::size_t>(count);
  }
  rusage usage{};
  if (have < bytes.size()) ::kill(id, SIGKILL);
  if (!reaped(id, Clock::now() + kStopPatience, &usage)) kill_and_reap(id);
  if (have < bytes.size()) throw std::runtime_error("a load process died or ran out of time");
  if (bytes[0] != 1) throw std::runtime_error(bytes.data() + 1);
  std::memcpy(result, bytes.data() + 1, size);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return ChildReport{seconds(usage.ru_utime) + seconds(usage.ru_stime)};
}

}  // namespace detail

}  // namespace taskgate::bench
