#pragma once
// The real program as a black box: started, listened to, sent signals, waited for. Its logs go to a
// file. For tests that kill it, and for whatever measures it from outside.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::test {

/// How a process ended.
struct ExitStatus {
  int code = -1;   ///< its exit code, or -1
  int signal = 0;  ///< the signal that killed it, or 0
  bool operator==(const ExitStatus&) const = default;
};
std::string to_string(const ExitStatus& status);

struct ProgramOptions {
  std::filesystem::path program;                   ///< e.g. TASKGATE_PROGRAM
  std::vector<std::string> arguments;              ///< without the program's name
  std::map<std::string, std::string> environment;  ///< added to this process's own
  std::filesystem::path log;                       ///< stderr is appended here
};

/// One run of the program. Killed and reaped at the end of the object's life; the kernel kills it
/// also when the thread that started it ends. Not thread-safe but for the const members.
class Program {
 public:
  /// Throws std::runtime_error when it cannot be started.
  explicit Program(const ProgramOptions& options);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Waits for the line {"listening":"http://127.0.0.1:PORT"}; the port, or nullopt when it ended
  /// or said something else or nothing within `patience`.
  std::optional<std::uint16_t> wait_listening(std::chrono::milliseconds patience);
  pid_t pid() const { return pid_; }
  void send_signal(int number) const;
  /// How it ended; nullopt when it still runs after `patience`.
  std::optional<ExitStatus> wait_exit(std::chrono::milliseconds patience);
  /// SIGKILL, and waits for it.
  ExitStatus kill();
  /// The end of its log.
  std::string log_tail(std::size_t bytes = 4000) const;

 private:
  std::filesystem::path log_;
  pid_t pid_ = -1;
  int out_ = -1;  // its stdout
  std::optional<ExitStatus> exit_;
};

/// `taskgate dev` on a free loopback port with that database.
ProgramOptions dev_program(const std::filesystem::path& program,
                           const std::filesystem::path& database);

/// A fresh folder, by default under the system's temporary one; removed with everything in it at
/// the end.
class ScratchFolder {
 public:
  explicit ScratchFolder(
      const std::filesystem::path& under = std::filesystem::temp_directory_path());
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  /// Leaves it on the disk, for people who look into a failure.
  void keep() { keep_ = true; }

 private:
  std::filesystem::path path_;
  bool keep_ = false;
};

}  // namespace taskgate::test
