#pragma once
// Processes of a run: servers that are started and stopped by their id, and pieces of the benchmark
// itself that run in a child of their own, so that their CPU is not the servers'. Every child dies
// with its parent.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace taskgate::bench {

/// What to start.
struct Command {
  std::vector<std::string> arguments;              ///< [0] is the program
  std::map<std::string, std::string> environment;  ///< added to this process's own
  std::filesystem::path error_file;                ///< where its stderr goes
};

/// Where a program of that name is, by PATH; empty when it is not.
std::filesystem::path find_program(const std::string& name);

/// User and system time that a process has used since its start; 0 when there is none.
std::chrono::duration<double> cpu_of(pid_t id);

/// A server process. Stopped (SIGTERM, after ten seconds SIGKILL) when it goes out of scope.
class ServerProcess {
 public:
  /// Starts it and waits for its first line, {"listening":"http://…:PORT"}. Throws with the end of
  /// its stderr when it dies or says nothing for a minute.
  explicit ServerProcess(const Command& command);
  ~ServerProcess() { stop(); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::uint16_t port() const { return port_; }
  pid_t id() const { return id_; }
  bool alive() const;
  std::chrono::duration<double> cpu() const { return cpu_of(id_); }
  std::int64_t resident_bytes() const;
  /// Idempotent. Throws nothing.
  void stop() noexcept;
  /// The same with SIGKILL.
  void kill() noexcept;
  /// The end of what it wrote to stderr.
  std::string complaints() const;

 private:
  pid_t id_ = -1;
  std::uint16_t port_ = 0;
  std::filesystem::path error_file_;
};

/// The end of a file's text; empty when there is none.
std::string tail_of(const std::filesystem::path& file);

struct ProgramEnd {
  int status = -1;     ///< exit status; -1: a signal ended it
  std::string output;  ///< its stdout
};

/// Runs a program to its end; kills it after `limit`. Throws when it cannot be started or had to be
/// killed.
ProgramEnd run_program(const Command& command, std::chrono::milliseconds limit);

/// What a forked piece of work tells its parent, beside its result.
struct ChildReport {
  double cpu_seconds = 0;
};

namespace detail {
using Work = std::function<void(void* result)>;  ///< fills the result; may throw
/// Runs `work` in a forked child and copies its result back over a pipe.
ChildReport run_forked(const Work& work,
                       void* result,
                       std::size_t size,
                       std::chrono::milliseconds limit);
}  // namespace detail

template <class T>
struct ChildResult {
  T value;
  ChildReport report;
};

/// Runs `work` (→ plain data) in a child process; kills it after `limit`. Throws what the child
/// threw, as std::runtime_error. Call only while this process has one thread.
template <class F>
auto in_child(std::chrono::milliseconds limit, const F& work) {
  using T = std::invoke_result_t<F>;
  static_assert(std::is_trivially_copyable_v<T>, "the result crosses a pipe");
  ChildResult<T> result{};
  result.report = detail::run_forked(
      [&work](void* out) {
        const T value = work();
        std::memcpy(out, &value, sizeof value);
      },
      &result.value, sizeof result.value, limit);
  return result;
}

}  // namespace taskgate::bench
